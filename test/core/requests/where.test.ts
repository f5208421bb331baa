import { beforeEach, expect, test } from 'vitest';
import { InvalidInput, NotFound } from '../../../core/errors.ts';
import { inEnvironment } from '../../../core/requests/where.ts';
import { type MemoryPorts, memoryPorts } from '../../support/fakes/index.ts';

const CONFIG = `environments:
  prod: { branch: release }
  staging: { branch: main }
  demo: { branch: main }
`;
const asked = { repository: 'acme/shop', command: 'drift' };

let ports: MemoryPorts;
beforeEach(() => {
  ports = memoryPorts();
  ports.repository.push('main', { 'cairn.yaml': CONFIG });
});

async function pullInto(base: string): Promise<number> {
  const pull = { title: 'A change', body: '', head: 'change', base };
  for (const branch of ['change', base]) ports.repository.push(branch, { a: branch });
  return (await ports.pulls.open('acme/shop', pull)).number;
}

test('an environment that is named stands, whatever the pull request is about', async () => {
  const request = { ...asked, environment: 'prod', pull: 99 };

  expect(await inEnvironment(request, ports)).toEqual(request);
});

test('without one it is the only one on the base branch of the pull request', async () => {
  const pull = await pullInto('release');

  expect(await inEnvironment({ ...asked, pull }, ports)).toEqual({ ...asked, pull, environment: 'prod' });
});

test('several on that branch are listed', async () => {
  const pull = await pullInto('main');

  const placed = inEnvironment({ ...asked, pull }, ports);

  await expect(placed).rejects.toThrow(InvalidInput);
  await expect(placed).rejects.toThrow('on main there is staging, demo');
});

test('none on that branch is said', async () => {
  const pull = await pullInto('feature');

  await expect(inEnvironment({ ...asked, pull }, ports)).rejects.toThrow(NotFound);
});

test('neither environment nor pull request is a mistake', async () => {
  await expect(inEnvironment(asked, ports)).rejects.toThrow('Say which environment');
});
