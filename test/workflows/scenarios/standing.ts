import { expect } from 'vitest';
import type { AppliedProject, Ephemeral } from '../../../core/ephemeral/environment.ts';
import { keepCommit } from '../../../core/ephemeral/forget.ts';
import { scheduleEnd } from '../../../core/ephemeral/schedules.ts';
import { recordNews } from '../../../core/record/ephemeral/ephemeral.ts';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import type { Request } from '../../../core/requests/request.ts';
import type { Run } from '../../../core/requests/run.ts';
import { type Model, REPOSITORY, type World } from '../../support/memory-world.ts';
import { shop } from './shop.ts';

export const HOUR = 3600;
export const MAKER = 'a'.repeat(20);

export const WITH_EPHEMERAL = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
ephemeral: { ttl: 8h, max_ttl: 1d, warn: 30m, limit: 200 }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

/** As a launch leaves it: known, scheduled, recorded, with a state for each of its projects. */
export async function standing(
  world: World,
  of: Partial<Ephemeral> & { app?: Model; network?: Model } = {},
): Promise<Ephemeral> {
  const { app = { value: 'a1' }, network = { value: 'n1' }, ...more } = of;
  const { ports } = world;
  const commit = ports.repository.push('main', shop(network, app, WITH_EPHEMERAL));
  return register(world, commit, more);
}

export async function register(
  world: World,
  commit: string,
  more: Partial<Ephemeral> = {},
): Promise<Ephemeral> {
  const made = await unrecorded(world, commit, more);
  const { environment, ref, endsAt, runId } = made;
  await recordNews(world.ports, REPOSITORY, {
    at: made.createdAt,
    event: 'made',
    environment,
    ref,
    commit,
    run: runId,
    by: 'alice',
    endsAt,
    failure: null,
  });
  return made;
}

/** The same, before the record knows of it. */
export async function unrecorded(
  world: World,
  commit: string,
  more: Partial<Ephemeral> = {},
): Promise<Ephemeral> {
  const { ports } = world;
  const now = ports.clock.now();
  const environment: Omit<Ephemeral, 'version'> = {
    repository: REPOSITORY,
    environment: 'eph-x',
    state: 'ready',
    ref: 'main',
    commit,
    pull: null,
    automatic: false,
    owner: 'alice',
    email: null,
    createdAt: now.toISOString(),
    startedAt: now.toISOString(),
    endsAt: new Date(now.getTime() + 8 * HOUR * 1000).toISOString(),
    projects: null,
    applied: { network: applied('network', commit, []), app: applied('app', commit, ['network']) },
    outputs: { 'app.url': 'https://x.test' },
    left: {},
    runId: MAKER,
    ...more,
  };
  await ports.ephemerals.claim(environment, 1000);
  for (const name of Object.keys(environment.applied)) {
    world.state.set(`${environment.environment}/${name}`, `${name} of ${environment.environment}`);
  }
  await scheduleEnd(ports, environment, HOUR / 2);
  await keepCommit(ports, environment, commit);
  await maker(world, environment);
  return { ...environment, version: 1 };
}

/** The run that made it, long over. */
async function maker(world: World, { environment, runId, pull, commit }: Omit<Ephemeral, 'version'>) {
  const run: Omit<Run, 'number'> = {
    id: runId,
    workflow: 'ephemeral',
    command: 'ephemeral',
    repository: REPOSITORY,
    environment,
    pull,
    commit,
    requester: 'alice',
    state: 'succeeded',
    title: `Make ${environment}`,
    startedAt: world.ports.clock.now().toISOString(),
    endedAt: world.ports.clock.now().toISOString(),
  };
  await world.ports.runs.claim(run);
}

export function applied(name: string, commit: string, dependsOn: string[]): AppliedProject {
  return {
    project: {
      name,
      dir: name,
      workspace: 'default',
      dependsOn,
      whenModified: [],
      variables: {},
      secrets: {},
      size: 'standard',
    },
    commit,
    state: 'kept',
    address: null,
    backendConfig: {},
    content: `content of ${name}`,
    buildOutputs: {},
  };
}

type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'repository' | 'origin'> : never) : never;

/** Somebody with write access asks through the API. */
export function ask(world: World, what: Asked, trigger = `asked-${what.command}`) {
  const origin = { source: 'api' as const, login: 'alice', trigger };
  return world.request({ ...what, repository: REPOSITORY, origin } as Request);
}

export function down(world: World, environment = 'eph-x', trigger = 'down') {
  return ask(world, { command: 'destroy', environment, reason: 'asked' }, trigger);
}

/** Nothing of it is left anywhere. */
export async function expectGone(world: World, environment = 'eph-x'): Promise<void> {
  const { ports } = world;
  expect([...world.state.keys()].filter((name) => name === `${environment}/app`)).toEqual([]);
  expect([...world.state.keys()].filter((name) => name === `${environment}/network`)).toEqual([]);
  expect(await ports.ephemerals.get(REPOSITORY, environment)).toBeNull();
  expect((await ports.schedules.list()).filter(({ name }) => name.includes(`-${environment}-`))).toEqual([]);
  expect(ports.repository.refs.has(`refs/cairn/ephemeral/${environment}`)).toBe(false);
  const record = await readEphemerals(ports, REPOSITORY);
  expect(Object.keys(record.rows)).not.toContain(environment);
  expect(record.history.find((line) => line.environment === environment)?.event).toBe('destroyed');
  expect(await ports.locks.held()).toEqual([]);
}

/** What was told under this kind. */
export function told(world: World, kind: string): string[] {
  return world.ports.emitted.filter((event) => event.kind === kind).map((event) => event.message);
}
