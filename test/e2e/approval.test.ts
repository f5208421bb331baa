import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

/** A pull request that adds the root, merged; answers its number and the merge. */
async function merged(rest = ''): Promise<{ number: number; commit: string }> {
  await world.push(config(rest));
  await world.push(files('network', { value: 'n1' }), { branch: 'network' });
  const { number } = await world.bob.openPull({ head: 'network' });
  return { number, commit: await world.alice.merge(number) };
}

async function replyTo(number: number, login: string): Promise<string> {
  const found = await world.until(`a reply to @${login}`, async () =>
    (await world.bob.comments(number)).find(({ body }) => body.includes(`@${login} `)),
  );
  return found.body;
}

test('an approval of another digest is refused under the comment with the new one, which then works', async () => {
  const { number, commit } = await merged();
  const digest = await world.waiting({ commit });

  await world.alice.comment(number, '/cairn approve prod deadbee');
  const reply = await replyTo(number, 'alice');
  const still = await world.waiting({ commit });
  const before = await world.applied();
  await world.alice.comment(number, `/cairn approve prod ${digest.slice(0, 7)}`);
  const run = await world.ended({ commit });

  expect(reply).toContain(`/cairn approve prod ${digest.slice(0, 7)}`);
  expect(still).toBe(digest);
  expect(before).toEqual([]);
  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toEqual(['+ network n1']);
});

test('who may only read does not approve, and a rejection ends the run', async () => {
  const { number, commit } = await merged();
  const digest = await world.waiting({ commit });

  await world.carol.comment(number, `/cairn approve prod ${digest}`);
  const reply = await replyTo(number, 'carol');
  const still = await world.waiting({ commit });
  await world.alice.comment(number, '/cairn reject prod not before the holidays');
  const run = await world.ended({ commit });

  expect(reply).toContain('no write access');
  expect(still).toBe(digest);
  expect(run).toMatchObject({ state: 'rejected' });
  expect(run.title).toContain('not before the holidays');
  expect(await world.applied()).toEqual([]);
});

test.each([
  ['the plan', '/out/plan.tfplan'],
  ['what the plan left beside it', '/out/plan.work.tar.gz'],
  ['the source', '.tar.gz'],
])(
  '%s, changed by somebody after the approval was asked for, is refused: nothing is applied',
  async (_, end) => {
    const first = await world.push({ ...config(), ...files('network', { value: 'n1' }) });
    await world.deploy({ commit: first });
    const record = await world.record();
    const commit = await world.push(files('network', { value: 'n2' }));
    await world.waiting({ commit });
    const { artifacts } = world.server.host.ports;
    const [run] = await world.runs({ commit });
    const folder = end.startsWith('/')
      ? `jobs/${REPOSITORY}/prod/deploy-plan/${run?.id}/`
      : `sources/${REPOSITORY}/${commit}`;
    const [key = ''] = (await artifacts.list(folder)).filter((k) => k.endsWith(end));
    // Behind the end of an archive: it still unpacks.
    await artifacts.put(key, Buffer.concat([await artifacts.get(key), Buffer.from('\0')]));

    await world.approve({ commit });
    const after = await world.ended({ commit });

    expect(after.state).toBe('failed');
    expect(after.title).toContain('not the one that was approved');
    expect(await world.applied()).toEqual(['+ network n1']);
    expect(await world.record()).toMatchObject({ state: 'ok', commit: first, projects: record?.projects });
  },
);

test('a configuration that waives approval does not do so in the push that brings it, but in the next', async () => {
  const first = await world.push({
    ...config('approval: { required: false }\n'),
    ...files('network', { value: 'n1' }),
  });
  await world.waiting({ commit: first });
  await world.deploy({ commit: first });
  const strict = await world.push({ ...config(), ...files('network', { value: 'n2' }) });
  await world.ended({ commit: strict });

  const weak = await world.push({
    ...config('approval: { required: false }\n'),
    ...files('network', { value: 'n3' }),
  });
  await world.waiting({ commit: weak });
  const check = await world.until('the check', async () => {
    const found = await world.bob.check(weak, 'cairn: deploy prod');
    return found?.summary.includes('/cairn approve') ? found : undefined;
  });

  expect(check.summary).toMatch(/approval.required: true -.* false/);
  expect(await world.applied()).toEqual(['+ network n1', '- network n1', '+ network n2']);
});

test('not_author refuses who wrote part of the change, and not who merged it', async () => {
  const { number, commit } = await merged('approval: { not_author: true }\n');
  const digest = await world.waiting({ commit });

  await world.bob.comment(number, `/cairn approve prod ${digest}`);
  const reply = await replyTo(number, 'bob');
  const before = await world.applied();
  // alice merged it, which is no writing.
  await world.alice.comment(number, `/cairn approve prod ${digest}`);
  const run = await world.ended({ commit });

  expect(reply).toContain('not_author');
  expect(before).toEqual([]);
  expect(run.state).toBe('succeeded');
});

test('only approvers approve, and the operator only where the file names them', async () => {
  const first = await world.push({
    ...config('approval: { approvers: [bob] }\n'),
    ...files('network', { value: 'n1' }),
  });
  const digest = await world.waiting({ commit: first });
  const answer = (token: string) => world.ask({ command: 'approve', environment: 'prod', digest }, token);

  const [operator, alice] = [await answer(world.server.adminToken), await answer(world.alice.token)];
  const bob = await answer(world.bob.token);
  const run = await world.ended({ commit: first });

  expect([operator.status, alice.status, bob.status]).toEqual([403, 403, 200]);
  expect(run.state).toBe('succeeded');
});

test('nobody approves in time: the run expires, nothing is applied, the environment is free', async () => {
  const commit = await world.push({
    ...config('approval: { within: 1s }\n'),
    ...files('network', { value: 'n1' }),
  });

  const run = await world.ended({ commit });

  expect(run).toMatchObject({ state: 'rejected', title: 'Nobody approved in time.' });
  expect(await world.applied()).toEqual([]);
  expect(await world.server.host.ports.locks.held()).toEqual([]);
});
