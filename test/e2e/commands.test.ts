import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHistory } from '../../core/record/read.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

async function reply(pull: number, has: string): Promise<string> {
  const found = await world.until(`a reply with ${has}`, async () =>
    (await world.bob.comments(pull)).find(({ body }) => body.includes(has)),
  );
  return found.body;
}

/** As many runs of it there are, the newest waiting to be approved. */
async function approveNewest(workflow: 'deploy' | 'run', count: number): Promise<void> {
  await world.until(`${count} runs of ${workflow}`, async () =>
    (await world.runs({ environment: 'prod', workflow })).length === count ? true : undefined,
  );
  await world.approve({ environment: 'prod', workflow });
}

test('commands in comments: one reads, one writes once it is approved, one becomes a deployment', async () => {
  const ALLOW = 'commands: { allow: [state list, state rm, apply -replace] }\n';
  const commit = await world.push({ ...config('', ALLOW), ...root(world.log, 'network', { value: 'n1' }) });
  await world.deploy({ commit });
  await world.push({ 'network/README.md': 'More.\n' }, { branch: 'more' });
  const { number } = await world.bob.openPull({ head: 'more' });

  await world.bob.comment(number, '/cairn run -p network -- state list');
  const listed = await reply(number, '### `terraform state list` in `network` of prod: went through');
  await world.bob.comment(number, '/cairn run -p network -- state list -state=/etc/passwd');
  const refused = await reply(number, 'not run with');
  const before = (await world.state('network'))?.resources[0]?.instances[0]?.attributes;

  await world.bob.comment(number, '/cairn run -p network -- apply -replace=terraform_data.it');
  await approveNewest('deploy', 2);
  const replaced = await world.ended({ environment: 'prod', workflow: 'deploy' });
  const after = (await world.state('network'))?.resources[0]?.instances[0]?.attributes;

  await world.bob.comment(number, '/cairn run -p network -- state rm terraform_data.it');
  await approveNewest('run', 4);
  const removed = await reply(
    number,
    '### `terraform state rm terraform_data.it` in `network` of prod: went through',
  );

  // What it printed is told before it is recorded.
  await world.ended({ environment: 'prod', workflow: 'run' });

  expect(listed).toContain('```text\nterraform_data.it\n```');
  expect(refused).toContain('it takes -id=…');
  expect(replaced.commit).toBe(commit);
  expect(after?.['id']).not.toBe(before?.['id']);
  expect(removed).toContain('Removed terraform_data.it');
  expect((await world.state('network'))?.resources).toEqual([]);
  const history = await readHistory(world.hosted.ports, REPOSITORY, 'prod', 3);
  expect(history.map(({ outcome, command }) => [outcome, command])).toEqual([
    ['ran', 'terraform state rm terraform_data.it in network'],
    ['deployed', null],
    ['deployed', null],
  ]);
});
