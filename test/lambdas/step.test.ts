import { beforeEach, describe, expect, it } from 'vitest';
import type { Ephemeral } from '../../core/ephemeral/environment.ts';
import { ForgeRefused, InvalidInput, Unavailable } from '../../core/errors.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import { stepFunction } from '../../lambdas/step.ts';
import { localEngine, type OpenEngine } from '../support/memory-engine.ts';
import { createWorld, project } from '../support/memory-world.ts';
import {
  contextOf,
  hostOf,
  type MemoryHostPorts,
  memoryHostPorts,
  REPOSITORY,
  type RecordedTelemetry,
  recordedTelemetry,
} from './support.ts';

const RUN = '0123456789abcdef0123';

const STANDS: Omit<Ephemeral, 'version' | 'environment' | 'state'> = {
  repository: REPOSITORY,
  ref: 'main',
  commit: null,
  pull: null,
  automatic: false,
  owner: 'alice',
  email: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:00.000Z',
  endsAt: null,
  projects: null,
  applied: {},
  outputs: {},
  left: {},
  runId: RUN,
};

let ports: MemoryHostPorts;
let telemetry: RecordedTelemetry;
let commit: string;

beforeEach(() => {
  ports = memoryHostPorts();
  telemetry = recordedTelemetry();
  commit = ports.repository.push('main', { 'app/main.tf': 'a = 1\n' });
});

function call(name: Parameters<typeof stepFunction>[0], payload: unknown) {
  return stepFunction(name)(hostOf(ports), telemetry)(payload, contextOf());
}

describe('a step', () => {
  const request = () => ({
    command: 'deploy',
    repository: REPOSITORY,
    environment: 'prod',
    commit,
    origin: { source: 'api', login: 'alice', trigger: 'api-alice-1' },
  });
  const input = () => ({
    runId: RUN,
    workflow: 'deploy',
    repository: REPOSITORY,
    environment: 'prod',
    request: request(),
  });

  it('does its work on the ports of its row', async () => {
    const answer = await call('ClaimRun', input());

    expect(answer).toEqual({ outcome: 'claimed', number: 1, commit, documents: 0 });
    expect(telemetry.begun).toEqual([{ runId: RUN }]);
  });

  it.each([
    ['nothing', null, /ClaimRun was called with something else/],
    ['a text', 'x', /object/],
    ['half of it', { runId: RUN, workflow: 'deploy' }, /repository/],
    ['a run that is none', { ...{ runId: '../x' } }, /runId/],
  ])('that is called with %s says what it takes', async (_, payload, says) => {
    const error = await call('ClaimRun', payload).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as Error).name).toBe('InvalidInput');
    expect((error as Error).message).toMatch(says);
  });

  it('fails under the name that workflows try again', async () => {
    ports.runs.claim = async () => {
      throw new Unavailable('the table is away');
    };

    const error = await call('ClaimRun', input()).catch((thrown: unknown) => thrown);

    expect((error as Error).name).toBe('Unavailable');
  });

  it('counts the locks that a sweep could not free', async () => {
    await call('ClaimRun', input());
    for (const environment of ['prod', 'stage']) {
      const claim = {
        runId: RUN,
        token: environment,
        command: 'deploy',
        commit,
        at: '2026-01-01T00:00:00.000Z',
      };
      await ports.locks.claim(REPOSITORY, environment, claim);
    }
    ports.jobs.running.set(RUN, ['apply-1-app']);

    const answer = await call('SweepLocks', {});

    expect(answer).toEqual({ released: 0, stuck: 2 });
    expect(telemetry.counted).toEqual(['StuckLocks x2']);
  });

  it('counts the environments of which something is left', async () => {
    for (const environment of ['eph-a', 'eph-b', 'eph-c']) {
      const state = environment === 'eph-c' ? ('ready' as const) : ('leaked' as const);
      await ports.ephemerals.claim({ ...STANDS, environment, state, commit }, 9);
    }

    const answer = await call('SweepEnvironments', { repositories: [REPOSITORY] });

    expect(answer).toMatchObject({ leaked: 2 });
    expect(telemetry.counted).toEqual(['Leaked x2']);
  });

  it('says once which repository GitHub does not let it look at, and goes on', async () => {
    ports.redelivery.failed = async () => {
      throw new ForgeRefused('Webhooks: write');
    };
    const handler = stepFunction('FetchMissedWebhooks')(hostOf(ports), telemetry);

    const answers = [
      await handler({ repositories: [REPOSITORY] }, contextOf()),
      await handler({ repositories: [REPOSITORY] }, contextOf()),
    ];

    expect(answers.map(({ refused }) => refused)).toEqual([[REPOSITORY], [REPOSITORY]]);
    expect(telemetry.logged.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

it('whole runs go well with every step as its function, on its own ports alone', async () => {
  const engine: OpenEngine = ({ steps, job }) => {
    const functions = Object.keys(steps)
      .filter(isFunction)
      .map((name) => {
        const handler = stepFunction(name)(
          async (log) => hostOf(world.ports as MemoryHostPorts)(log),
          telemetry,
        );
        return [name, (payload: unknown) => handler(payload, contextOf())] as const;
      });
    return localEngine({ steps: Object.fromEntries(functions), job });
  };
  const world = createWorld({ engine });
  try {
    await world.push({
      'cairn.yaml':
        'environments:\n  prod:\n    branch: main\n    rollback: automatic\n    approval: { approvers: [alice] }\n',
      ...project('app', { value: 'a1' }),
    });
    await world.settled();
    await world.approve();
    const [deployed] = await world.settled();
    await world.push(project('app', { value: 'a2', apply: 'fail' }));
    await world.settled();
    await world.approve();
    const [failed] = await world.settled();

    expect([deployed?.state, failed?.state]).toEqual(['succeeded', 'rolled-back']);
    expect(telemetry.counted).toEqual([]);
  } finally {
    await world.close();
  }
});

function isFunction(name: string): name is Parameters<typeof stepFunction>[0] {
  return FUNCTIONS[name as FunctionName]?.command === `step.${name}`;
}
