import { beforeAll, expect, test } from 'vitest';
import type { Run } from '../../../core/requests/run.ts';
import { documentKey } from '../../../core/runs/store.ts';
import { STEPS } from '../../../core/steps/index.ts';
import type { PortName } from '../../../core/steps/step.ts';
import { watched } from '../../support/fakes/watched.ts';
import { createWorld, type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { interrupt } from '../../workflows/scenarios/drift-look.ts';
import { register, standing } from '../../workflows/scenarios/standing.ts';

/**
 * What a Lambda function may do on AWS follows from the ports that its step declares. The compiler refuses a
 * port that is used and not declared; here the other half: what is declared is used.
 */
type StepName = keyof typeof STEPS;

const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
    rollback: automatic
    verify: { url: "http://127.0.0.1:9/healthz" }
    build: { command: [make] }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

const touched = new Map<StepName, Set<PortName>>();

function newWorld(): World {
  return createWorld({
    touch(step, ports) {
      const seen = touched.get(step) ?? new Set();
      touched.set(step, seen);
      return watched(ports, seen);
    },
  });
}

function shop(network: Model, app: Model, config = CONFIG): Record<string, string> {
  return { 'cairn.yaml': config, ...project('network', network), ...project('app', app) };
}

/** Somebody who asks and is refused, and somebody who is heard: called as the API calls it. */
async function answers(world: World): Promise<void> {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();
  const origin = { source: 'api' as const, login: 'alice', trigger: 'no' };
  await world.call('AnswerApproval', {
    command: 'reject',
    repository: REPOSITORY,
    environment: 'prod',
    origin,
  });
  expect((await world.settled())[0]?.state).toBe('rejected');
}

async function deployed(world: World, files: Record<string, string | null>): Promise<void> {
  await world.push(files);
  await world.settled();
  await world.approve();
  await world.settled();
}

beforeAll(async () => {
  for (const scenario of [
    wayBack,
    newerPush,
    pulls,
    answers,
    lookAndSweep,
    failures,
    missed,
    drifts,
    freezes,
    launches,
    commands,
    ends,
    takesDown,
  ]) {
    const world = newWorld();
    await scenario(world).finally(() => world.close());
  }
}, 60_000);

/** Build, two waves, check, record; then applies that end badly, the way back and its revert pull request. */
async function wayBack(world: World): Promise<void> {
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }));
  await deployed(world, project('app', { value: 'a2', apply: 'unborn' }));
  await deployed(world, project('app', { value: 'a2', apply: 'killed' }));
  await deployed(world, project('app', { value: 'a2', apply: 'fail' }));
  expect(world.ports.pulls.all).toHaveLength(1);
}

/** One run waits for a person, the next for the lock; the third drops both. */
async function newerPush(world: World): Promise<void> {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  await world.settled();
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  const states = (await world.ports.runs.list({ repository: REPOSITORY, limit: 9 })).map(
    ({ state }) => state,
  );
  expect(states).toEqual(['waiting', 'superseded']);
}

/** A pull request whose older plan still runs, one from a fork, and one that is refused. */
async function pulls(world: World): Promise<void> {
  const { ports } = world;
  ports.repository.push('main', shop({ value: 'n0' }, { value: 'a0' }));
  ports.repository.push('change', project('app', { value: 'a1' }), { from: 'main' });
  const pull = await ports.pulls.open(REPOSITORY, { title: '', body: '', head: 'change', base: 'main' });
  await ports.runs.claim({ ...aRun(pull.number), id: 'f'.repeat(20) });
  const ask = (login: string, trigger: string) =>
    world.request({
      command: 'plan',
      repository: REPOSITORY,
      pull: pull.number,
      asked: true,
      origin: { source: 'comment', login, trigger },
    });

  await ask('alice', 'comment-1');
  await world.settled();
  await ask('mallory', 'comment-2');
  Object.assign(ports.pulls.all[0] ?? {}, { fork: true });
  await ask('alice', 'comment-3');
  const [fork] = await world.settled();

  expect(ports.jobs.stopped).toHaveLength(1);
  expect(fork).toMatchObject({ state: 'failed' });
  expect([...ports.reports.comments.values()][0]?.body).toContain('no write access');
}

/** What the clock calls: a push that nobody told of, of a commit that cannot be deployed; an execution that died. */
async function lookAndSweep(world: World): Promise<void> {
  const { ports } = world;
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }));
  ports.repository.push('main', project('app', { value: 'a2' }));
  await world.call('LookAtHeads', { repositories: [REPOSITORY] });
  await world.settled();
  const [run] = await ports.runs.list({ repository: REPOSITORY, limit: 1 });
  expect(run?.state).toBe('waiting');
  await world.ports.workflows.stop('deploy', run?.id ?? '', 'by hand');
  await world.call('SweepLocks', {});
  expect(await ports.locks.held()).toEqual([]);

  const staging = `${CONFIG.replace('environments:', 'environments:\n  staging: { branch: release }')}`;
  ports.repository.push('main', { 'cairn.yaml': staging });
  ports.repository.push('release', { 'cairn.yaml': 'nonsense: true\n' });
  await world.call('LookAtHeads', { repositories: [REPOSITORY] });
  const [next] = await world.settled();
  expect([...ports.reports.checks.values()].map(({ state }) => state)).toEqual(['failure']);
  expect(next?.state).toBe('waiting');
  await world.ports.workflows.stop('deploy', next?.id ?? '', 'by hand');
  await ports.locks.claim(REPOSITORY, 'prod', { ...aClaim(), runId: 'e'.repeat(20) });
  await world.call('ReleaseDeadRun', { runId: next?.id, reason: 'stopped' });
  expect((await ports.locks.held()).map(({ holder }) => holder?.token)).toEqual([aClaim().token]);
}

/** A webhook that the forge could not hand over. */
async function missed({ ports, call }: World): Promise<void> {
  const at = ports.clock.now().toISOString();
  ports.redelivery.missed.push({ id: '1', guid: 'a', event: 'push', at });
  await call('FetchMissedWebhooks', { repositories: [REPOSITORY] });
  expect(ports.redelivery.asked).toEqual(['1']);
}

/** Looks by schedule while a deploy waits, of an environment that goes away, and below a pull request of an ephemeral one. */
async function drifts(world: World): Promise<void> {
  const { ports } = world;
  const config = CONFIG.replace('rollback:', 'drift: { every: 6h, reconcile: true }\n    rollback:');
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }, config));
  world.state.set('app', 'by hand');
  const due = async () => {
    await world.call('StartDriftChecks', { repositories: [REPOSITORY] });
    return world.settled();
  };
  await due();
  expect(ports.issues.issues).toHaveLength(1);
  ports.clock.pass(6 * 3600);
  await due();
  await world.approve();
  await world.settled();
  interrupt(world, { leaves: false });
  ports.clock.pass(6 * 3600);
  expect((await due())[0]).toMatchObject({ workflow: 'drift', state: 'superseded' });

  const { environment } = await standing(world);
  ports.repository.push('change', { 'README.md': 'hello' }, { from: 'main' });
  const opened = { title: '', body: '', head: 'change', base: 'main' };
  const { number } = await ports.pulls.open(REPOSITORY, opened);
  const origin = { source: 'api' as const, login: 'alice', trigger: 'look' };
  await world.request({ command: 'drift', repository: REPOSITORY, environment, pull: number, origin });
  const runs = await world.settled();
  expect(runs[0]).toMatchObject({ workflow: 'drift', environment, state: 'succeeded' });
}

/** A deploy that waits for the end of a freeze while another one takes its place, and one that is refused. */
async function freezes(world: World): Promise<void> {
  const queue = CONFIG.replace('branch: main', 'branch: main\n    while_frozen: queue');
  const channel = 'notifications: { slack: { channel: C1 } }\n';
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }, `${queue}${channel}`));
  for (const step of ['RouteRequest', 'ChangeFreeze'] as const) {
    const ask = (command: 'freeze' | 'unfreeze') =>
      world.call(step, {
        command,
        repository: REPOSITORY,
        environment: 'prod',
        ...(command === 'freeze' ? { reason: 'release week', until: '3d' } : {}),
        origin: { source: 'api', login: 'alice', trigger: `${step} ${command}` },
      });
    await ask('freeze');
    await world.push(project('app', { value: `${step} 2` }));
    await world.settled();
    await world.push(project('app', { value: `${step} 3` }));
    const [newer, older] = await world.settled();
    expect([newer?.state, older?.state]).toEqual(['waiting', 'superseded']);
    await ask('unfreeze');
    await world.settled();
    expect((await world.ports.approvals.get(REPOSITORY, 'prod'))?.runId).toBe(newer?.id);
  }
}

/** A pull request's own environment, made by a push: built, with a state in a workspace; and one that is refused. */
async function launches(world: World): Promise<void> {
  const { ports } = world;
  const sandbox = 'ephemeral: { on_pull_request: true, build: { command: [make] } }\n';
  const backend = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n';
  const files = { ...shop({ value: 'n0' }, { value: 'a0' }, CONFIG + sandbox), 'app/main.tf': backend };
  ports.repository.push('main', files);
  ports.repository.push('change', project('app', { value: 'a1' }), { from: 'main' });
  ports.repository.push('change', { 'app/main.tf': backend });
  const { number, head } = await ports.pulls.open(REPOSITORY, {
    title: '',
    body: '',
    head: 'change',
    base: 'main',
  });
  const origin = { source: 'webhook' as const, login: 'bob', trigger: `${number}/${head.sha}/reopened` };
  await world.request({ command: 'plan', repository: REPOSITORY, pull: number, asked: false, origin });
  await world.settled();
  const [launch] = await ports.runs.list({ repository: REPOSITORY, workflow: 'ephemeral', limit: 1 });
  expect(launch).toMatchObject({ state: 'succeeded', environment: `eph-pr-${number}` });

  const sick = ports.repository.push('change', project('app', { value: 'a2', apply: 'fail' }));
  ports.repository.refs.set('refs/tags/sick', sick);
  await world.request({
    command: 'ephemeral',
    repository: REPOSITORY,
    ref: 'sick',
    origin: { source: 'cli', login: 'alice', trigger: 'up' },
  });
  await world.settled();
  const runs = await ports.runs.list({ repository: REPOSITORY, environment: 'eph-sick', limit: 9 });
  expect(runs.map(({ workflow }) => workflow)).toEqual(['destroy', 'ephemeral']);
}

/** Commands of terraform: one that reads, one that writes and is killed, and one that becomes a deployment. */
async function commands(world: World): Promise<void> {
  const allow = 'commands: { allow: [state list, state rm, apply -replace] }\n';
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }, `${CONFIG}${allow}`));
  const ask = async (words: string, environment = 'prod') => {
    const origin = { source: 'api' as const, login: 'bob', trigger: `${environment} ${words}` };
    const args = words.split(' ');
    await world.request({
      command: 'run',
      repository: REPOSITORY,
      environment,
      project: 'app',
      args,
      origin,
    });
    await world.settled();
    return world.approve();
  };
  await expect(ask('state list')).rejects.toThrow('Nothing waits');
  await ask('state rm terraform_data.killed');
  await world.settled();
  await ask('apply -replace=terraform_data.it');
  await world.settled();
  const { environment } = await standing(world);
  const text = `${await world.ports.source.file(REPOSITORY, 'main', 'cairn.yaml')}${allow}`;
  world.ports.repository.push('main', { 'cairn.yaml': text });
  await expect(ask('state rm terraform_data.it', environment)).rejects.toThrow('Nothing waits');
  expect(world.jobs.filter((job) => job === 'terraform app')).toHaveLength(3);
}

/** Ephemeral environments that are extended, warned of, swept up after, leaked and gone; a permanent one taken down. */
async function ends(world: World): Promise<void> {
  const { ports } = world;
  const origin = { source: 'api' as const, login: 'alice', trigger: 'x' };
  ports.repository.push('main', { 'README.md': 'hello' });
  ports.repository.push('change', { 'README.md': 'hello you' });
  const { number } = await ports.pulls.open(REPOSITORY, {
    title: '',
    body: '',
    head: 'change',
    base: 'main',
  });
  const { commit, endsAt } = await standing(world, { pull: number, network: { value: 'n1', destroy: 3 } });
  await register(world, commit ?? '', {
    environment: 'eph-own',
    pull: number,
    automatic: true,
    runId: 'b'.repeat(20),
  });
  const place = { repository: REPOSITORY, environment: 'eph-x' };
  await world.call('WarnOfEnd', { command: 'warn', ...place, endsAt, origin });
  await world.request({ command: 'warn', ...place, endsAt: endsAt ?? '', origin });
  await world.request({ command: 'extend', ...place, ttl: '1h', origin });
  await world.settled();
  await ports.schedules.remove((await ports.schedules.list())[0]?.name ?? '');
  const [own] = await ports.ephemerals.list(REPOSITORY);
  if (own) await ports.ephemerals.update({ ...own, state: 'launching' });
  await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
  await world.settled();
  await world.request({ command: 'destroy', ...place, reason: 'asked', origin });
  await world.settled();
  expect(await ports.ephemerals.get(REPOSITORY, 'eph-x')).toMatchObject({ state: 'leaked' });
  const again = { ...origin, trigger: 'y' };
  await world.request({ command: 'destroy', ...place, reason: 'asked', origin: again });
  await world.settled();
  expect(await ports.ephemerals.get(REPOSITORY, 'eph-x')).toBeNull();
  world.ports.clock.pass(2 * 86_400);
  await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
  await world.request({ command: 'closed', repository: REPOSITORY, pull: number, origin });
}

/** A permanent environment that stands is destroyed. */
async function takesDown(world: World): Promise<void> {
  await deployed(world, shop({ value: 'n1' }, { value: 'a1' }));
  await world.request({
    command: 'destroy',
    repository: REPOSITORY,
    environment: 'prod',
    confirm: 'prod',
    reason: 'asked',
    origin: { source: 'api', login: 'alice', trigger: 'take it down' },
  });
  await world.settled();
  await world.approve();
  const [run] = await world.settled();
  expect(run).toMatchObject({ workflow: 'destroy', state: 'succeeded' });
}

/** Ends that come when a step gave up, with a document and before there is one. */
async function failures(world: World): Promise<void> {
  await world.push(shop({ value: 'n1' }, { value: 'a1' }));
  const [run] = await world.settled();
  const input = world.inputOf(run?.id ?? '');
  const error = { Error: 'States.Runtime', Cause: 'no more' };
  await world.call('FailRun', { run: input, error });
  await world.call('FailRun', { run: input, doc: documentKey(run?.id ?? '', 1), error });
}

function aClaim() {
  return { token: 'the next', command: 'deploy', commit: null, at: '2026-01-01T00:00:00.000Z' };
}

function aRun(pull: number): Omit<Run, 'number' | 'id'> {
  return {
    workflow: 'plan',
    command: 'plan',
    repository: REPOSITORY,
    environment: 'prod',
    pull,
    commit: null,
    requester: 'bob',
    state: 'running',
    title: 'An older head',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
  };
}

test.each(Object.keys(STEPS) as StepName[])('%s touches the ports that it declares, all of them', (name) => {
  expect([...(touched.get(name) ?? [])].sort()).toEqual([...STEPS[name].ports].sort());
});
