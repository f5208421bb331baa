import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

const POLICY = `ephemeral: { ttl: 8h }
commands: { allow: [state list, state rm] }
projects:
  - dir: network
`;

/** What is destroyed only once nobody holds it any more: as a bucket that is not empty. */
function held(name: string, by: string): string {
  return `
resource "terraform_data" "${name}" {
  input = "${by}"
  provisioner "local-exec" {
    when    = destroy
    command = "test ! -e '\${self.input}' || { echo 'DependencyViolation: it is in use' >&2; exit 1; }"
  }
}
`;
}

const known = (environment: string) => world.hosted.ports.ephemerals.get(REPOSITORY, environment);

test('what terraform cannot destroy is leaked, by address; resolved by hand it is destroyed by the next ask', async () => {
  const folder = path.join(world.dir, 'out', 'held');
  await mkdir(folder);
  // Jobs of other users look into it.
  await chmod(folder, 0o755);
  const [bucket, vault] = [path.join(folder, 'bucket'), path.join(folder, 'vault')];
  for (const file of [bucket, vault]) await writeFile(file, '');
  await world.push({
    ...config('', POLICY),
    ...root(world.log, 'network', { value: 'n1', more: held('bucket', bucket) + held('vault', vault) }),
  });
  await world.push({ 'README.md': 'a change' }, { branch: 'feature' });
  const { number } = await world.bob.openPull({ head: 'feature' });
  const name = `eph-pr-${number}`;
  const environment = name;
  await world.bob.comment(number, '/cairn up ttl=2h');
  await world.ended({ environment, workflow: 'ephemeral' });

  await world.bob.comment(number, '/cairn down');
  const first = await world.ended({ environment, workflow: 'destroy' });
  const leaked = await known(name);
  const told = await world.until('the comment that tells of it', async () =>
    (await world.bob.comments(number)).find(({ body }) => body.includes('Still there')),
  );
  const scheduled = await world.hosted.ports.schedules.list();
  // One way out: the cause is gone. The other one: it is nobody's to destroy any more.
  await rm(bucket);
  const line = {
    command: 'run',
    environment,
    project: 'network',
    args: ['state', 'rm', 'terraform_data.vault'],
  };
  await world.ask(line, world.bob.token);
  const removed = await world.ended({ environment, workflow: 'run' });
  await world.bob.comment(number, '/cairn down');
  await world.until('it to be gone', async () => ((await known(name)) === null ? true : undefined));
  const last = await world.ended({ environment, workflow: 'destroy' });

  expect(first).toMatchObject({ state: 'failed' });
  expect(leaked).toMatchObject({
    state: 'leaked',
    left: { network: ['terraform_data.bucket', 'terraform_data.vault'] },
  });
  expect(told.body).toContain('`terraform_data.bucket`');
  expect(told.body).toContain('/cairn down');
  expect(scheduled).toEqual([]);
  expect(removed.state).toBe('succeeded');
  expect(last.state).toBe('succeeded');
  expect(existsSync(vault)).toBe(true);
  expect((await world.state('network', name))?.resources).toEqual([]);
});

test('a permanent environment is destroyed by a comment with its name typed twice, once alice approved', async () => {
  const commit = await world.push({
    ...config('approval: { required: true, approvers: [alice] }', POLICY),
    ...root(world.log, 'network', { value: 'n1' }),
  });
  await world.deploy({ commit });
  await world.push({ 'README.md': 'a change' }, { branch: 'feature' });
  const { number } = await world.bob.openPull({ head: 'feature' });
  const destroy = { environment: 'prod', workflow: 'destroy' } as const;

  await world.bob.comment(number, '/cairn destroy prod');
  const refused = await world.until('what is to be typed', async () =>
    (await world.bob.comments(number)).find(
      ({ body, user }) => user.login === 'cairn[bot]' && body.includes('/cairn destroy '),
    ),
  );
  const nothing = await world.runs(destroy);
  await world.bob.comment(number, '/cairn destroy prod prod');
  const digest = await world.waiting(destroy);
  const stands = await world.applied();
  const no = await world.ask({ command: 'approve', environment: 'prod', digest }, world.bob.token);
  await world.alice.comment(number, `/cairn approve prod ${digest.slice(0, 7)}`);
  const run = await world.ended(destroy);

  expect(refused.body).toContain('prod');
  expect(nothing).toEqual([]);
  expect(stands).toEqual(['+ network n1']);
  expect(no.status).toBe(403);
  expect(run).toMatchObject({ state: 'succeeded', title: 'Destroyed prod', requester: 'bob' });
  expect((await world.applied()).slice(1)).toEqual(['- network n1']);
  expect(await world.record()).toMatchObject({ state: 'ok', commit: null, projects: {} });
});
