import type { Context, SQSEvent } from 'aws-lambda';
import type { Run } from '../../core/requests/run.ts';
import type { LambdaEnvironment, LambdaVariables } from '../../lambdas/environment.ts';
import type { HostOf, HostPorts, OwnPorts } from '../../lambdas/host.ts';
import type { Telemetry } from '../../lambdas/telemetry.ts';
import { type MemoryPorts, memoryPorts } from '../support/fakes/index.ts';

export const REPOSITORY = 'acme/shop';
export const WEBHOOK_SECRET = 'a webhook secret of more than 32 characters';
export const SLACK_SIGNING = 'a signing secret of Slack in a test';
export const ADMIN = 'admin-token-of-a-test-with-many-characters';

export const ENVIRONMENT: LambdaEnvironment = {
  CAIRN_TABLE: 'cairn',
  CAIRN_ARTIFACTS: 'cairn-artifacts-123456789012-eu-west-1',
  CAIRN_BUS: 'cairn',
  CAIRN_STATE_MACHINES: 'arn:aws:states:eu-west-1:123456789012:stateMachine:cairn-',
  CAIRN_JOB_LOGS: '/cairn/jobs',
  CAIRN_PUBLIC_URL: 'https://cairn.example',
  CAIRN_REPOSITORIES: [REPOSITORY],
  CAIRN_GITHUB_URL: 'https://api.github.com',
  CAIRN_GITHUB_SECRET: 'cairn/github',
  CAIRN_WEBHOOK_SECRET: 'cairn/webhook',
  CAIRN_SLACK_SECRET: '',
  CAIRN_MASTER_KEY: 'cairn/master-key',
  CAIRN_ADMIN_TOKEN: 'cairn/admin-token',
  CAIRN_BINARIES: ['terraform 1.11.4'],
  CAIRN_SIZES: ['standard'],
  CAIRN_EPHEMERAL: [REPOSITORY],
  CAIRN_SCHEDULES: {
    group: 'cairn-requests',
    role: 'arn:aws:iam::123456789012:role/cairn-scheduler',
    bus: 'arn:aws:events:eu-west-1:123456789012:event-bus/cairn',
    deadLetters: 'arn:aws:sqs:eu-west-1:123456789012:cairn-schedules-dead',
  },
};

/** As the stacks give them to a function. */
export function variablesOf(environment: LambdaEnvironment): LambdaVariables {
  const texts = Object.entries(environment).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return Object.fromEntries(texts) as LambdaVariables;
}

export function contextOf(remaining = 60_000): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: 'cairn-Test',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:cairn-Test',
    memoryLimitInMB: '512',
    awsRequestId: '5f1c7f0e-0000-4000-8000-000000000000',
    logGroupName: '/aws/lambda/cairn-Test',
    logStreamName: 'stream',
    getRemainingTimeInMillis: () => remaining,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

export interface RecordedTelemetry extends Telemetry {
  logged: { level: string; message: string; fields: Record<string, unknown> }[];
  /** `Errors error=NotFound`, one for each count. */
  counted: string[];
  begun: Record<string, string>[];
}

export function recordedTelemetry(): RecordedTelemetry {
  const logged: RecordedTelemetry['logged'] = [];
  const counted: string[] = [];
  const begun: Record<string, string>[] = [];
  return {
    logged,
    counted,
    begun,
    log: (level, message, fields) => void logged.push({ level, message, fields }),
    count(name, dimensions, value = 1) {
      const parts = Object.entries(dimensions).map(([key, text]) => `${key}=${text}`);
      counted.push([name, ...parts, ...(value === 1 ? [] : [`x${value}`])].join(' '));
    },
    begin: (_, fields) => void begun.push(fields),
  };
}

export interface MemoryHostPorts extends MemoryPorts, OwnPorts {
  published: { request: unknown; key: string }[];
  done: Set<string>;
}

/** Core's ports in memory, and what only hosts have. */
export function memoryHostPorts(overrides: Partial<MemoryHostPorts> = {}): MemoryHostPorts {
  const published: MemoryHostPorts['published'] = [];
  const done = new Set<string>();
  return {
    ...memoryPorts(),
    published,
    done,
    bus: { publish: async (requests) => void published.push(...requests) },
    deliveries: {
      isDone: async (id) => done.has(id),
      markDone: async (id) => void done.add(id),
    },
    webhookSecret: { get: async () => WEBHOOK_SECRET },
    slackSigning: { get: async () => SLACK_SIGNING },
    adminToken: { get: async () => ADMIN },
    ...overrides,
  };
}

/** A deploy to prod that has begun. */
export function claimRun({ runs }: MemoryHostPorts, commit: string, of: Partial<Run> = {}): Promise<Run> {
  return runs.claim({
    id: '0123456789abcdef0123',
    workflow: 'deploy',
    command: 'deploy',
    repository: REPOSITORY,
    environment: 'prod',
    pull: null,
    commit,
    requester: 'alice',
    state: 'running',
    title: 'Deploy to prod',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
    ...of,
  });
}

export function hostOf(ports: HostPorts, env: Partial<LambdaEnvironment> = {}): HostOf<HostPorts> {
  return async () => ({ env: { ...ENVIRONMENT, ...env }, ports });
}

/** Messages of a queue, `m1`, `m2`, …; a text is a body as it is. */
export function batchOf(...events: (Record<string, unknown> | string)[]): SQSEvent {
  return {
    Records: events.map((event, index) => ({
      messageId: `m${index + 1}`,
      receiptHandle: 'handle',
      body: typeof event === 'string' ? event : JSON.stringify({ id: `e${index + 1}`, ...event }),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1767225600000',
        SenderId: 'sender',
        ApproximateFirstReceiveTimestamp: '1767225600000',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:cairn-requests',
      awsRegion: 'eu-west-1',
    })),
  };
}
