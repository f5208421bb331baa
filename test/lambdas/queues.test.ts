import { beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../core/errors.ts';
import type { WorkflowRun } from '../../core/ports.ts';
import type { StatusEvent } from '../../core/reports/event.ts';
import type { Request } from '../../core/requests/request.ts';
import { make as releaseDeadRun } from '../../lambdas/release-dead-run.ts';
import { make as routeRequest } from '../../lambdas/route-request.ts';
import { make as sinkGithub } from '../../lambdas/sink-github.ts';
import { make as sinkSlack } from '../../lambdas/sink-slack.ts';
import {
  batchOf,
  claimRun,
  contextOf,
  hostOf,
  type MemoryHostPorts,
  memoryHostPorts,
  REPOSITORY,
  type RecordedTelemetry,
  recordedTelemetry,
} from './support.ts';

const CONFIG = 'environments:\n  prod:\n    branch: main\n    approval: { approvers: [alice] }\n';
const RUN = '0123456789abcdef0123';

let ports: MemoryHostPorts;
let telemetry: RecordedTelemetry;
let head: string;

beforeEach(() => {
  ports = memoryHostPorts();
  telemetry = recordedTelemetry();
  head = ports.repository.push('main', { 'cairn.yaml': CONFIG, 'app/main.tf': 'a = 1\n' });
});

function published(request: Request) {
  return { source: 'cairn.requests', 'detail-type': request.command, detail: { request, key: 'k' } };
}

function pushed(): Request {
  const origin = { source: 'webhook' as const, login: 'alice', trigger: `${'0'.repeat(40)}..${head}` };
  return {
    command: 'push',
    repository: REPOSITORY,
    branch: 'main',
    before: '0'.repeat(40),
    commit: head,
    origin,
  };
}

describe('the queue of requests', () => {
  const take = (...events: Parameters<typeof batchOf>) =>
    routeRequest(hostOf(ports), telemetry)(batchOf(...events), contextOf());

  it('starts what is asked for', async () => {
    const answer = await take(published(pushed()));

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(ports.workflows.executions).toMatchObject([
      { workflow: 'deploy', input: { repository: REPOSITORY, environment: 'prod' } },
    ]);
  });

  it('gives back what failed, and only that', async () => {
    const answer = await take(published(pushed()), '{broken', published(pushed()), '"text"');

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm4' }] });
    expect(ports.workflows.executions).toHaveLength(1);
  });

  it('gives back what may pass', async () => {
    ports.source.file = async () => {
      throw new Unavailable('GitHub is away');
    };

    const answer = await take(published(pushed()));

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(telemetry.counted).toEqual(['Errors error=Unavailable']);
  });

  it('says loudly what can never be read, without a word of it', async () => {
    await take('{"password": "hush"', { source: 'cairn.requests', 'detail-type': 'push', detail: {} });
    await take({ source: 'com.example', 'detail-type': 'deploy', detail: { request: pushed(), key: 'k' } });

    expect(telemetry.logged.map(({ level }) => level)).toEqual(['error', 'error', 'error']);
    expect(telemetry.counted).toEqual(Array(3).fill('Errors error=UnreadableMessage'));
    expect(JSON.stringify(telemetry.logged)).not.toContain('hush');
    expect(JSON.stringify(telemetry.logged[1])).toContain('request');
    expect(ports.workflows.executions).toEqual([]);
  });

  it('begins nothing that it would not end in time', async () => {
    const batch = batchOf(published(pushed()), published(pushed()));

    const answer = await routeRequest(hostOf(ports), telemetry)(batch, contextOf(5000));

    expect(answer.batchItemFailures).toHaveLength(2);
    expect(ports.workflows.executions).toEqual([]);
  });

  describe('from GitHub Actions', () => {
    const run: WorkflowRun = {
      actor: 'alice',
      attempt: 1,
      headRepository: REPOSITORY,
      branch: 'main',
      commit: 'c'.repeat(40),
      status: 'in_progress',
      event: 'push',
      title: 'Deploy',
    };
    const event = (detailType: string, detail: Record<string, unknown>) => ({
      source: 'cairn.actions',
      'detail-type': detailType,
      detail,
    });

    it('is asked for in the name of whoever started the workflow run', async () => {
      const looked: unknown[] = [];
      ports.people.workflowRun = async (...asked) => {
        looked.push(asked);
        return run;
      };

      const answer = await take(event('deploy:acme/shop:main', { run_id: 42, environment: 'prod' }));

      expect(answer).toEqual({ batchItemFailures: [] });
      expect(looked).toEqual([[REPOSITORY, 42]]);
      expect(ports.workflows.executions).toMatchObject([
        { input: { request: { command: 'deploy', origin: { source: 'actions', login: 'alice' } } } },
      ]);
    });

    it('needs write access like a comment', async () => {
      ports.people.workflowRun = async () => ({ ...run, actor: 'mallory' });

      const answer = await take(event('deploy:acme/shop:main', { run_id: 42, environment: 'prod' }));

      expect(answer).toEqual({ batchItemFailures: [] });
      expect(ports.workflows.executions).toEqual([]);
      expect(telemetry.counted).toEqual(['Refused']);
      expect(telemetry.logged[0]?.fields['refused']).toContain('@mallory has no write access');
    });

    it.each([
      ['a command that is not theirs', 'push:acme/shop:main', { run_id: 42, environment: 'prod' }],
      ['a repository that is not watched', 'deploy:acme/bank:main', { run_id: 42, environment: 'prod' }],
      ['a run of another branch', 'deploy:acme/shop:release', { run_id: 42, environment: 'prod' }],
      ['no environment', 'deploy:acme/shop:main', { run_id: 42 }],
    ])('is turned down, once and for all, with %s', async (_, detailType, detail) => {
      ports.people.workflowRun = async () => run;

      const answer = await take(event(detailType, detail));

      expect(answer).toEqual({ batchItemFailures: [] });
      expect(ports.workflows.executions).toEqual([]);
      expect(telemetry.counted).toEqual(['Refused']);
      expect(telemetry.logged).toMatchObject([{ level: 'warn' }]);
    });

    it.each([
      ['what does not fit', 'deploy:acme/shop:main', { environment: '../prod' }, 'environment: '],
      ['what another branch may not', 'drift:acme/shop:main', { run: 'x', environment: '' }, 'environment: '],
      [
        'what a push may not',
        'approve:acme/shop:main',
        { environment: 'prod', digest: 'abcdef0' },
        'by hand',
      ],
      ['no command of theirs', 'push:acme/shop:main', {}, 'may ask for plan'],
    ])('tells a workflow that waits at once of %s, under its step', async (_, detailType, detail, said) => {
      ports.people.workflowRun = async () => run;

      await take(event(detailType, { run_id: 42, step: 'prod/ask', ...detail }));
      await take(event(detailType, { run_id: 42, step: 'prod/ask', ...detail }));

      const checks = [...ports.reports.checks.values()];
      expect(checks).toMatchObject([
        { commit: run.commit, state: 'failure', externalId: 'actions-42.1/prod/ask' },
      ]);
      expect(checks[0]?.title).toContain(said);
    });

    it.each<[string, WorkflowRun | null]>([
      ['of a fork', { ...run, headRepository: 'mallory/shop' }],
      ['of another branch', { ...run, branch: 'release' }],
      ['that is over', { ...run, status: 'completed' }],
      ['that is none', null],
    ])('tells nothing in the name of a workflow run %s', async (_, found) => {
      ports.people.workflowRun = async () => found;

      await take(event('deploy:acme/shop:main', { run_id: 42, step: 'prod/ask', environment: '' }));

      expect(ports.reports.checks.size).toBe(0);
      expect(telemetry.counted).toEqual(['Refused']);
    });

    it('waits for a GitHub that is away', async () => {
      ports.people.workflowRun = async () => {
        throw new Unavailable('GitHub is away');
      };

      const answer = await take(event('deploy:acme/shop:main', { run_id: 42, environment: 'prod' }));

      expect(answer.batchItemFailures).toHaveLength(1);
    });
  });
});

describe('the queue of executions that ended badly', () => {
  const ended = (change: Record<string, unknown> = {}) => ({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    detail: {
      executionArn: `arn:aws:states:eu-west-1:123456789012:execution:cairn-deploy:${RUN}`,
      name: RUN,
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'a path is missing',
      ...change,
    },
  });
  const take = (...events: Parameters<typeof batchOf>) =>
    releaseDeadRun(hostOf(ports), telemetry)(batchOf(...events), contextOf());

  it('frees the lock, and says why the run ended', async () => {
    await claimRun(ports, head);
    const claim = { runId: RUN, token: 't', command: 'deploy', commit: head, at: '2026-01-01T00:00:00.000Z' };
    await ports.locks.claim(REPOSITORY, 'prod', claim);

    const answer = await take(ended());

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await ports.locks.held()).toEqual([]);
    expect(ports.emitted.at(-1)?.message).toContain('States.Runtime: a path is missing');
  });

  it('comes again as long as a job of the run is there', async () => {
    await claimRun(ports, head);
    ports.jobs.running.set(RUN, ['apply-1-app']);

    const answer = await take(ended());

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(ports.emitted).toEqual([]);
  });

  it('says at least how it ended where nobody says why', async () => {
    await claimRun(ports, head);

    await take(ended({ status: 'TIMED_OUT', error: null, cause: null }));

    expect(ports.emitted.at(-1)?.message).toContain('TIMED_OUT');
  });

  it('cuts a cause that nobody would read', async () => {
    await claimRun(ports, head);

    await take(ended({ cause: 'x'.repeat(32_768) }));

    expect(ports.emitted.at(-1)?.message.length).toBeLessThan(1100);
  });
});

describe('the queues of the sinks', () => {
  const told = (change: Partial<StatusEvent> = {}) => ({
    source: 'cairn.status',
    'detail-type': 'run.started',
    detail: {
      id: 'run.started',
      runId: RUN,
      seq: 1,
      at: '2026-01-01T00:00:00.000Z',
      kind: 'run.started',
      message: 'Deploy to prod',
      doc: null,
      run: { commit: head },
      ...change,
    },
  });

  it('show an event on GitHub', async () => {
    await claimRun(ports, head);

    const answer = await sinkGithub(hostOf(ports), telemetry)(batchOf(told()), contextOf());

    expect(answer).toEqual({ batchItemFailures: [] });
    expect([...ports.reports.checks.values()]).toMatchObject([
      { commit: head, name: 'cairn: deploy prod', state: 'in_progress' },
    ]);
  });

  it('tell of a launch that was refused, on GitHub and in Slack', async () => {
    const config = 'environments: { prod: { branch: main } }\nnotifications: { slack: { channel: C1 } }\n';
    ports.repository.push('main', { 'cairn.yaml': config });
    await ports.pulls.open(REPOSITORY, { title: 'A change', body: '', head: 'main', base: 'main' });
    await claimRun(ports, head, { workflow: 'ephemeral', environment: 'eph-pr-1', pull: 1 });
    const refused = told({ kind: 'run.ended', message: 'It has no place.', run: { state: 'failed' } });

    const github = await sinkGithub(hostOf(ports), telemetry)(batchOf(refused), contextOf());
    const slack = await sinkSlack(hostOf(ports), telemetry)(batchOf(refused), contextOf());

    expect([github, slack]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    expect([...ports.reports.comments.values()].map(({ body }) => body)).toEqual([
      expect.stringContaining('It has no place'),
    ]);
    expect([...ports.chat.messages.values()]).toMatchObject([{ channel: 'C1' }]);
  });

  it('give back the event that failed, and name its run', async () => {
    await claimRun(ports, head);
    const missing = told({ doc: `runs/${RUN}/documents/000001.json` });

    const answer = await sinkGithub(hostOf(ports), telemetry)(batchOf(missing, told()), contextOf());

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(ports.reports.checks.size).toBe(1);
    expect(telemetry.logged).toMatchObject([{ fields: { runId: RUN, messageId: 'm1', receives: '1' } }]);
  });

  it('tell Slack nothing where there is none', async () => {
    await claimRun(ports, head);
    ports.chat = null as never;

    const answer = await sinkSlack(hostOf(ports), telemetry)(batchOf(told()), contextOf());

    expect(answer).toEqual({ batchItemFailures: [] });
  });

  it('are not read where Slack’s message is no status event', async () => {
    const strange = { ...told(), detail: { ...told().detail, kind: 'constructor' } };

    const answer = await sinkSlack(hostOf(ports), telemetry)(batchOf(strange, '[]'), contextOf());

    expect(answer.batchItemFailures).toHaveLength(2);
  });
});
