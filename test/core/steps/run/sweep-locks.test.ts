import { expect, test } from 'vitest';
import { createWorld, project, REPOSITORY } from '../../../support/memory-world.ts';

const CONFIG = 'environments:\n  prod: { branch: main, approval: { required: true } }\n';

test('a sweep counts the locks that it frees, and those that it cannot', async () => {
  const world = createWorld();
  const { ports } = world;
  await world.push({ 'cairn.yaml': CONFIG, ...project('app', { value: '1' }) });
  const [run] = await world.settled();
  const id = run?.id ?? '';
  await ports.workflows.stop('deploy', id, 'by hand');

  ports.jobs.running.set(id, ['apply-1-app']);
  const first = await world.call('SweepLocks', {});
  ports.jobs.running.clear();
  const second = await world.call('SweepLocks', {});
  await world.close();

  expect(run?.state).toBe('waiting');
  expect(first).toEqual({ released: 0, stuck: 1 });
  expect(second).toEqual({ released: 1, stuck: 0 });
  expect(await ports.locks.get(REPOSITORY, 'prod')).toMatchObject({ holder: null });
});
