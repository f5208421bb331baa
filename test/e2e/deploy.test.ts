import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

const NETWORK_THEN_APP = 'projects:\n  - dir: network\n  - dir: app\n    depends_on: [network]\n';

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

test('a push waits for approval, is applied wave by wave, and its state is kept over two deploys', async () => {
  const first = await world.push({
    ...config('', NETWORK_THEN_APP),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.waiting({ commit: first });
  const before = await world.applied();
  await world.approve({ commit: first });
  const run = await world.ended({ commit: first });
  const state = await world.state('network');
  const second = await world.push(files('network', { value: 'n2' }));
  await world.deploy({ commit: second });
  const later = await world.state('network');

  expect(before).toEqual([]);
  expect(run).toMatchObject({ state: 'succeeded' });
  expect(await world.applied()).toEqual(['+ network n1', '+ app a1', '- network n1', '+ network n2']);
  expect(later?.lineage).toBe(state?.lineage);
  expect(later?.serial).toBeGreaterThan(state?.serial ?? 0);
  expect(later?.outputs['value']).toMatchObject({ value: 'n2' });
  expect(await world.record()).toMatchObject({ state: 'ok', commit: second, deployment: 2 });
});

test('a later wave that plans differently once the earlier one is applied asks again', async () => {
  const commit = await world.push({
    ...config('', NETWORK_THEN_APP),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1', reads: 'network' }),
  });
  const first = await world.approve({ commit });
  const second = await world.waiting({ commit }, first);
  const between = await world.applied();
  const check = await world.until('the check to say so', async () => {
    const found = await world.bob.check(commit, 'cairn: deploy prod');
    return found?.summary.includes(second.slice(0, 7)) ? found : undefined;
  });
  await world.approve({ commit });
  const run = await world.ended({ commit });

  expect(between).toEqual(['+ network n1']);
  expect(check.summary).toContain('not the one that was approved');
  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toEqual(['+ network n1', '+ app a1 on n1']);
});

test('a second push supersedes the run that waits for a person', async () => {
  const first = await world.push({ ...config(), ...files('network', { value: 'n1' }) });
  const digest = await world.waiting({ commit: first });

  const second = await world.push(files('network', { value: 'n2' }));
  const old = await world.ended({ commit: first });
  await world.waiting({ commit: second });
  const late = await world.ask({ command: 'approve', environment: 'prod', digest }, world.alice.token);
  await world.deploy({ commit: second });

  expect(old.state).toBe('superseded');
  expect(late.status).toBe(403);
  expect(await world.applied()).toEqual(['+ network n2']);
});

test('a push during an apply waits for it, and is deployed then', async () => {
  const slow = { value: 'n1', also: 'sleep 2' };
  const first = await world.push({ ...config(), ...files('network', slow) });
  await world.approve({ commit: first });
  await world.until('the apply to begin', async () =>
    (await world.applied()).length > 0 ? true : undefined,
  );

  const second = await world.push(files('network', { value: 'n2' }));
  const queued = await world.run({ commit: second }, ['queued']);
  const run = await world.ended({ commit: first });
  const next = await world.deploy({ commit: second });

  expect(queued.state).toBe('queued');
  expect([run.state, next.state]).toEqual(['succeeded', 'succeeded']);
  expect(await world.applied()).toEqual(['+ network n1', '- network n1', '+ network n2']);
  expect(await world.record()).toMatchObject({ commit: second, deployment: 2 });
});

test('asking twice with one Idempotency-Key is one run', async () => {
  const first = await world.push({ ...config(), ...files('network', { value: 'n1' }) });
  await world.deploy({ commit: first });

  const ask = () =>
    world.ask({ command: 'deploy', environment: 'prod' }, world.bob.token, { 'idempotency-key': 'twice' });
  const [one, two] = [await ask(), await ask()];
  const reader = await world.ask({ command: 'deploy', environment: 'prod' }, world.carol.token);
  const run = await world.ended({ commit: first });

  expect(one.status).toBe(200);
  expect(two.body['started']).toEqual(one.body['started']);
  expect(reader.status).toBe(403);
  expect(await world.runs({ command: 'deploy' })).toHaveLength(2);
  expect(run).toMatchObject({ requester: 'bob', state: 'succeeded' });
});

test('a job that is told to stop in mid-apply writes its state, and the environment goes back', async () => {
  const first = await world.push({ ...config(), ...files('network', { value: 'n1' }) });
  await world.deploy({ commit: first });
  const second = await world.push(files('network', { value: 'n2', also: 'sleep 30' }));
  await world.approve({ commit: second });
  await world.until('the apply to begin', async () =>
    (await world.applied()).includes('+ network n2') ? true : undefined,
  );

  const [under] = await world.runs({ commit: second });
  await world.server.host.ports.jobs.stop(under?.id ?? '', 'the machine is needed');
  const run = await world.ended({ commit: second });

  expect(run.state).toBe('rolled-back');
  expect((await world.applied()).at(-1)).toBe('+ network n1');
  expect((await world.state('network'))?.outputs['value']).toMatchObject({ value: 'n1' });
  expect(await world.record()).toMatchObject({ state: 'rollback', commit: first });
});

test('without cairn.yaml every root of the default branch is deployed after an approval, and no other branch is', async () => {
  await world.push(files('network', { value: 'other' }), { branch: 'elsewhere' });
  const commit = await world.push(files('network', { value: 'n1' }));
  await world.waiting({ commit, environment: 'main' });
  const run = await world.deploy({ commit });

  expect(run).toMatchObject({ environment: 'main', state: 'succeeded' });
  expect(await world.applied()).toEqual(['+ network n1']);
  expect(await world.runs()).toHaveLength(1);
});
