import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHistory, readRecord } from '../../core/record/read.ts';
import { createWorld, type Model, project, REPOSITORY, type World } from '../support/memory-world.ts';

const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
    rollback: automatic
    verify: { url: "http://127.0.0.1:9/healthz" }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

let world: World;

beforeEach(() => {
  world = createWorld();
});

afterEach(async () => {
  await world.close();
});

function shop(network: Model, app: Model, config = CONFIG): Record<string, string> {
  return { 'cairn.yaml': config, ...project('network', network), ...project('app', app) };
}

async function firstDeploy(): Promise<string> {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

async function states(): Promise<string[]> {
  return (await world.ports.runs.list({ repository: REPOSITORY, limit: 20 })).map((run) => run.state);
}

test('a push is planned, waits, is approved, applied in waves, verified and recorded', async () => {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  const [waiting] = await world.settled();
  const before = [...world.state];
  await world.approve();
  const [run] = await world.settled();

  expect(waiting?.state).toBe('waiting');
  expect(before).toEqual([]);
  expect(run?.state).toBe('succeeded');
  expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
  expect(world.jobs.slice(0, 2).sort()).toEqual(['plan app', 'plan network']);
  expect(world.jobs.slice(2)).toEqual(['apply network', 'plan app', 'apply app', 'verify']);
  const record = await readRecord(world.ports, REPOSITORY, 'prod');
  expect(record).toMatchObject({ state: 'ok', commit, deployment: 1 });
  expect(await world.ports.locks.held()).toEqual([]);
});

test('only what changed is planned, and its dependents', async () => {
  await firstDeploy();

  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  await world.approve();
  await world.settled();

  expect(world.jobs).toEqual(['plan app', 'apply app', 'verify']);
  expect(world.state.get('app')).toBe('a2');
});

test('a push that changes nothing is recorded as a success, without a check', async () => {
  await firstDeploy();

  const commit = await world.push({ 'README.md': 'hello' });
  await world.settled();

  expect(world.jobs).toEqual([]);
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
});

test('a failing plan stops the deploy before anything is applied', async () => {
  const commit = await firstDeploy();

  await world.push({
    ...project('network', { value: 'n2', plan: 'fail' }),
    ...project('app', { value: 'a2' }),
  });
  const [run] = await world.settled();

  expect(run).toMatchObject({ state: 'failed', title: 'network: network: Invalid reference' });
  expect(world.jobs.sort()).toEqual(['plan app', 'plan network']);
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
  expect(await world.ports.locks.held()).toEqual([]);
});

test('a plan that can only fail because its upstream was never applied waits for it, and asks once it can be made', async () => {
  await world.push(shop({ value: 'n1' }, { value: 'a1', plan: 'fail' }));
  await world.settled();
  await world.approve();
  const [run] = await world.settled();

  // Nothing mends this plan: it fails after network was applied, and there is no good commit to go back to.
  expect(world.jobs.slice(2)).toEqual(['apply network', 'plan app']);
  expect(run?.state).toBe('failed');
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'broken', commit: null });
});

test('an apply that fails half way is taken back, and one revert pull request says so', async () => {
  const good = await firstDeploy();

  await world.push({
    ...project('network', { value: 'n2' }),
    ...project('app', { value: 'a2', apply: 'fail' }),
  });
  await world.settled();
  await world.approve();
  await world.settled();
  // The plan of app was made again after network was applied, and said the same: nobody is asked twice.
  const [run] = await world.settled();

  expect(run?.state).toBe('rolled-back');
  expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
  const record = await readRecord(world.ports, REPOSITORY, 'prod');
  expect(record).toMatchObject({ state: 'rollback', commit: good });
  expect(Object.keys(record?.failed ?? {})).toEqual(['app']);
  expect(world.ports.pulls.all).toHaveLength(1);
  expect(world.ports.pulls.all[0]?.title).toContain('app failed');
  const restored = world.ports.repository.read(world.ports.pulls.all[0]?.head.branch ?? '', 'app/model.json');
  expect(JSON.parse(restored ?? '')).toEqual({ value: 'a1' });
});

test('after a rollback: the same content is refused, other content goes ahead, the merged revert is recorded ok', async () => {
  await firstDeploy();
  await world.push(project('app', { value: 'a2', apply: 'fail' }));
  await world.settled();
  await world.approve();
  await world.settled();
  const [revert] = world.ports.pulls.all;

  await world.push({ 'README.md': 'unrelated' });
  const [refused] = await world.settled();
  const commit = world.ports.pulls.merge(revert?.number ?? 0);
  await world.request({
    command: 'push',
    repository: REPOSITORY,
    branch: 'main',
    before: '0'.repeat(40),
    commit,
    origin: { source: 'webhook', login: 'alice', trigger: `merge..${commit}` },
  });
  const [merged] = await world.settled();

  expect(refused).toMatchObject({ state: 'failed' });
  expect(refused?.title).toContain('revert pull request #1');
  expect(merged?.state).toBe('succeeded');
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
    state: 'ok',
    commit,
    failed: {},
  });
  expect(world.ports.pulls.all).toHaveLength(1);
});

test('a check that fails takes the environment back', async () => {
  await firstDeploy();

  await world.push(project('app', { value: 'sick' }));
  await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(run?.state).toBe('rolled-back');
  expect(world.state.get('app')).toBe('a1');
});

test('a check that fails for every commit ends as broken, with no second rollback', async () => {
  await firstDeploy();
  world.state.set('elsewhere', 'sick');

  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(run?.state).toBe('failed');
  const record = await readRecord(world.ports, REPOSITORY, 'prod');
  expect(record?.state).toBe('broken');
  expect(record?.broken).toContain('last good commit too');
  expect(world.ports.pulls.all).toHaveLength(0);
});

test('a later wave that plans differently than was approved asks again, and says how it differs', async () => {
  await firstDeploy();

  await world.push({ ...project('network', { value: 'n2' }), ...project('app', { value: 'uses $network' }) });
  await world.settled();
  await world.approve();
  const [again] = await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(again?.state).toBe('waiting');
  expect(run?.state).toBe('succeeded');
  expect(world.state.get('app')).toBe('uses n2');
});

test('a later wave that only fills in what was known after apply goes on without asking', async () => {
  await firstDeploy();

  await world.push({
    ...project('network', { value: 'n2' }),
    ...project('app', { value: 'uses $network', unknown: true }),
  });
  await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(run?.state).toBe('succeeded');
  expect(world.state.get('app')).toBe('uses n2');
});

test('an approval of another digest, of an outsider or of nobody named is refused', async () => {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();
  const answer = (login: string, digest: string) =>
    world.request({
      command: 'approve',
      repository: REPOSITORY,
      environment: 'prod',
      digest,
      origin: { source: 'api', login, trigger: `${login}-${digest}` },
    });
  const waiting = await world.ports.approvals.get(REPOSITORY, 'prod');

  await expect(answer('alice', 'deadbee')).rejects.toThrow(/the plan that waits is/);
  await expect(answer('bob', waiting?.digest ?? '')).rejects.toThrow(/not an approver/);
  await expect(answer('mallory', waiting?.digest ?? '')).rejects.toThrow(/no write access/);
  await expect(answer('operator', waiting?.digest ?? '')).rejects.toThrow(/not an approver/);
  expect(await states()).toEqual(['waiting']);
});

test('a rejection ends the run and leaves everything as it was', async () => {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();

  await world.request({
    command: 'reject',
    repository: REPOSITORY,
    environment: 'prod',
    reason: 'not today',
    origin: { source: 'api', login: 'alice', trigger: 'no' },
  });
  const [run] = await world.settled();

  expect(run).toMatchObject({ state: 'rejected' });
  expect(run?.title).toContain('not today');
  expect(world.state.size).toBe(0);
  expect(await world.ports.locks.held()).toEqual([]);
});

test('a newer push supersedes the run that waits for approval, and the one that waits for the lock', async () => {
  await firstDeploy();
  await world.push(project('app', { value: 'a2' }));
  await world.settled();

  await world.push(project('app', { value: 'a3' }));
  await world.settled();
  await world.approve();
  await world.settled();

  expect(await states()).toEqual(['succeeded', 'superseded', 'succeeded']);
  expect(world.state.get('app')).toBe('a3');
});

test('a configuration that waives approval does not do so in the push that brings it', async () => {
  await firstDeploy();
  const weak = CONFIG.replace('required: true', 'required: false');

  await world.push({ 'cairn.yaml': weak, ...project('app', { value: 'a2' }) });
  const [first] = await world.settled();
  await world.approve();
  await world.settled();
  await world.push(project('app', { value: 'a3' }));
  const [second] = await world.settled();

  expect(first?.state).toBe('waiting');
  expect(second?.state).toBe('succeeded');
  expect(world.state.get('app')).toBe('a3');
});

test('a root that is gone is reported; with removed: destroy it is destroyed after an approval', async () => {
  await firstDeploy();
  await world.push({
    'app/main.tf': null,
    'app/model.json': null,
    'cairn.yaml': CONFIG.replace(/ {2}- dir: app\n.*\n/, ''),
  });
  await world.settled();
  const kept = world.state.get('app');

  expect(kept).toBe('a1');
  expect(world.jobs).toEqual([]);
});

test('roll back by hand goes to the commit before, under approval, and opens a revert pull request', async () => {
  const first = await firstDeploy();
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  await world.approve();
  await world.settled();

  await world.request({
    command: 'rollback',
    repository: REPOSITORY,
    environment: 'prod',
    origin: { source: 'api', login: 'alice', trigger: 'back' },
  });
  const [waiting] = await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(waiting?.state).toBe('waiting');
  expect(run?.state).toBe('rolled-back');
  expect(world.state.get('app')).toBe('a1');
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
    state: 'rollback',
    commit: first,
  });
  expect(world.ports.pulls.all).toHaveLength(1);
});

test('rollback: manual leaves the environment broken and names the command that helps', async () => {
  const manual = CONFIG.replace('rollback: automatic', 'rollback: manual');
  await world.push(shop({ value: 'n1' }, { value: 'a1' }, manual));
  await world.settled();
  await world.approve();
  await world.settled();

  await world.push(project('app', { value: 'a2', apply: 'fail' }));
  await world.settled();
  await world.approve();
  const [run] = await world.settled();

  expect(run?.state).toBe('failed');
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'broken' });
  const history = await readHistory(world.ports, REPOSITORY, 'prod', 5);
  expect(history[0]).toMatchObject({ outcome: 'broken' });
});

test('a newer push does not drop a run that is half applied and asks again', async () => {
  await firstDeploy();
  await world.push({
    ...project('network', { value: 'n2' }),
    ...project('app', { value: 'uses $network' }),
  });
  await world.settled();
  await world.approve();
  await world.settled();

  await world.push(project('app', { value: 'a9' }));
  await world.settled();
  const between = await states();
  await world.approve();
  await world.settled();
  await world.approve();
  await world.settled();

  expect(between.slice(0, 2)).toEqual(['queued', 'waiting']);
  expect((await states()).slice(0, 2)).toEqual(['succeeded', 'succeeded']);
  expect(world.state.get('app')).toBe('a9');
});

test('a revert pull request that nobody merged is used again, also after good deployments', async () => {
  await firstDeploy();
  const bad = async (value: string) => {
    await world.push(project('app', { value, apply: 'fail' }));
    await world.settled();
    await world.approve();
    await world.settled();
  };
  await bad('a2');
  await world.push(project('app', { value: 'a3' }));
  await world.settled();
  await world.approve();
  await world.settled();

  await bad('a4');

  expect((await states()).slice(0, 3)).toEqual(['rolled-back', 'succeeded', 'rolled-back']);
  expect(world.ports.pulls.all).toHaveLength(1);
  const branch = world.ports.pulls.all[0]?.head.branch ?? '';
  expect(world.ports.repository.read(branch, 'app/model.json')).toContain('a3');
  expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ revert: { pull: 1 } });
});

test('rollback: off is not rolled back by hand either, and says what to do', async () => {
  await world.push(
    shop({ value: 'n1' }, { value: 'a1' }, CONFIG.replace('rollback: automatic', 'rollback: off')),
  );
  await world.settled();
  await world.approve();
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  await world.approve();
  await world.settled();

  await world.request({
    command: 'rollback',
    repository: REPOSITORY,
    environment: 'prod',
    origin: { source: 'api', login: 'alice', trigger: 'back' },
  });
  const [run] = await world.settled();

  expect(run?.state).toBe('failed');
  expect(run?.title).toContain('rollback: off');
  expect(world.state.get('app')).toBe('a2');
});
