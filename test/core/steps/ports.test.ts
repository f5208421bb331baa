import { beforeAll, expect, test } from 'vitest';
import type { Run } from '../../../core/requests/run.ts';
import { documentKey } from '../../../core/runs/store.ts';
import { STEPS } from '../../../core/steps/index.ts';
import type { PortName } from '../../../core/steps/step.ts';
import { watched } from '../../support/fakes/watched.ts';
import { createWorld, type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';

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
  for (const scenario of [wayBack, newerPush, pulls, answers, lookAndSweep, failures]) {
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
