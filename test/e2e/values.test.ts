import { afterEach, expect, test } from 'vitest';
import { config, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

afterEach(async () => {
  await world.close();
});

const SECRET = 'hunter2-correct-horse';

test('a secret reaches terraform and nothing that people read; a pull request does not choose which', async () => {
  world = await startRealWorld({ secrets: { 'db/prod': SECRET, 'other/key': 'not-for-this-project' } });
  const secret = (ref: string) =>
    config('', `projects:\n  - dir: app\n    secrets:\n      TF_VAR_password: { plan: ${ref} }\n`);
  const app = (value: string) =>
    root(world.log, 'app', { value: `${value} \${var.password}`, more: 'variable "password" {}\n' });
  const first = await world.push({ ...secret('db/prod'), ...app('a1') });
  await world.deploy({ commit: first });

  const head = await world.push({ ...secret('other/key'), ...app('a2') }, { branch: 'nosy' });
  const pull = await world.bob.openPull({ head: 'nosy' });
  const run = await world.ended({ pull: pull.number, commit: head });
  const comment = await world.until('the comment', async () =>
    (await world.bob.comments(pull.number)).find(({ body }) => body.includes('app')),
  );
  const { artifacts } = world.server.host.ports;
  const logs = [...(await artifacts.list('runs/')), ...(await artifacts.list('jobs/'))].filter((key) =>
    /\/(log\.txt|changes\.json|summary\.json|\d+\.json)$/.test(key),
  );
  const texts = await Promise.all(
    logs.map(async (key) => Buffer.from(await artifacts.get(key)).toString('utf8')),
  );
  const checks = [...(await world.bob.checks(first)), ...(await world.bob.checks(head))];

  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toEqual([`+ app a1 ${SECRET}`]);
  expect(logs.length).toBeGreaterThan(5);
  for (const text of [comment.body, ...texts, JSON.stringify(checks)]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('not-for-this-project');
  }
});

test('a secret that is not there fails the plan and says which and where, and never a value', async () => {
  world = await startRealWorld({ secrets: { 'db/prod': SECRET } });
  const commit = await world.push({
    ...config('', 'projects:\n  - dir: app\n    secrets:\n      TF_VAR_password: { plan: db/missing }\n'),
    ...root(world.log, 'app', { value: 'a1' }),
  });

  const run = await world.ended({ commit });

  expect(run.state).toBe('failed');
  expect(run.title).toContain('db/missing');
  expect(await world.applied()).toEqual([]);
});

test('variables of the environment and of the project reach terraform, the project wins', async () => {
  world = await startRealWorld();
  const more = 'variable "size" {}\nvariable "zone" {}\nvariable "cairn_environment" {}\n';
  const commit = await world.push({
    ...config('variables: { size: 1, zone: eu }\n', 'projects:\n  - dir: app\n    variables: { size: 2 }\n'),
    ...root(world.log, 'app', { value: '${var.cairn_environment} ${var.size} ${var.zone}', more }),
  });

  const run = await world.deploy({ commit });

  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toEqual(['+ app prod 2 eu']);
});
