import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsClients } from '../../adapters/aws/clients/clients.ts';
import { PERMISSIONS } from '../../adapters/aws/permissions.ts';
import type { PortName } from '../../adapters/aws/port-names.ts';
import { tableDefinition } from '../../adapters/aws/table/table.ts';
import { ForgeRefused, NotFound } from '../../core/errors.ts';
import { type AwsPortsOptions, awsPorts } from '../../lambdas/aws-ports.ts';
import type { LambdaEnvironment } from '../../lambdas/environment.ts';
import type { HostPorts } from '../../lambdas/host.ts';
import { iamAction } from '../support/aws/iam-action.ts';
import { CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from '../support/aws/moto.ts';
import { startStub } from '../support/aws/stub.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../support/forge.ts';
import { ENVIRONMENT } from './support.ts';

Object.assign(process.env, CREDENTIALS);

const SECRETS = {
  CAIRN_GITHUB_SECRET: 'cairn/github',
  CAIRN_WEBHOOK_SECRET: 'cairn/webhook',
  CAIRN_SLACK_SECRET: 'cairn/slack',
  CAIRN_MASTER_KEY: 'cairn/master-key',
  CAIRN_ADMIN_TOKEN: 'cairn/admin-token',
} as const;

const ENV: LambdaEnvironment = {
  ...ENVIRONMENT,
  ...SECRETS,
  CAIRN_ARTIFACTS: 'cairn-artifacts',
  CAIRN_REPOSITORIES: [REPOSITORY],
  CAIRN_GITHUB_URL: 'http://127.0.0.1:9',
};

const AT = '2026-01-01T00:00:00.000Z';
const log = () => undefined;

test('to make the ports asks for nothing', async () => {
  const stub = await startStub(() => 'cut');
  const clients = awsClients({ endpoint: stub.endpoint });

  const ports = awsPorts({ env: ENV, clients, log });

  expect([ports.isolated, ports.sizes, ports.binaries]).toEqual([true, ['standard'], ['terraform 1.11.4']]);
  expect(ports.links.run('r')).toBe('https://cairn.example/runs/r');
  expect(stub.asked).toEqual([]);
  await stub.close();
});

test('without a secret for Slack there is no chat, and no click fits', async () => {
  const ports = awsPorts({ env: { ...ENV, CAIRN_SLACK_SECRET: '' }, log });

  expect(ports.chat).toBeNull();
  expect(await ports.slackSigning.get()).toBeNull();
});

test('the trace is that of the invocation, not of the start', () => {
  const ports = awsPorts({ env: ENV, log });

  const before = ports.trace;
  process.env['_X_AMZN_TRACE_ID'] =
    'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const during = ports.trace;
  delete process.env['_X_AMZN_TRACE_ID'];

  expect([before, during]).toEqual([null, '1-5759e988-bd862e3fe1be46a994272793']);
});

test('HCL and archives are there', async () => {
  const ports = awsPorts({ env: ENV, log });

  expect(await ports.hcl('main.tf', 'a = 1')).toEqual({ a: 1 });
  await expect(ports.archives.read(new Uint8Array([1]))).rejects.toHaveProperty('name', 'InvalidInput');
});

describe.skipIf(NO_MOTO)(`ports on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let forge: TestForge;
  let slack: Awaited<ReturnType<typeof startStub>>;
  let env: LambdaEnvironment;

  beforeAll(async () => {
    [moto, forge, slack] = await Promise.all([
      startMoto(),
      startTestForge(),
      startStub(() => ({ status: 200, body: { ok: true, channel: 'C1', ts: '1.2' } })),
    ]);
    env = { ...ENV, CAIRN_GITHUB_URL: forge.forge.apiUrl };
    const { dynamodb, events, s3, secrets } = awsClients({ endpoint: moto.endpoint });
    await dynamodb.send(new CreateTableCommand({ TableName: 'cairn', ...tableDefinition }));
    await events.send(new CreateEventBusCommand({ Name: 'cairn' }));
    const CreateBucketConfiguration = { LocationConstraint: REGION } as const;
    await s3.send(new CreateBucketCommand({ Bucket: 'cairn-artifacts', CreateBucketConfiguration }));
    const values = {
      'cairn/github': JSON.stringify(await forge.forge.addApp('cairn')),
      'cairn/webhook': `${'w'.repeat(32)}\n`,
      'cairn/slack': JSON.stringify({ botToken: 'xoxb-1', signingSecret: 'signs clicks' }),
      'cairn/master-key': 'ab'.repeat(32),
      'cairn/admin-token': 'admin',
    };
    for (const [Name, SecretString] of Object.entries(values)) {
      await secrets.send(new CreateSecretCommand({ Name, SecretString }));
    }
  });
  afterAll(() => Promise.all([moto.close(), forge.close(), slack.close()]));

  /** Ports whose calls are noted. */
  function portsHere(options: Partial<AwsPortsOptions> = {}): { ports: HostPorts; asked: Set<string> } {
    const asked = new Set<string>();
    const watch = (service: string, operation: string) => asked.add(iamAction(service, operation));
    const clients = awsClients({ endpoint: moto.endpoint, watch });
    return { ports: awsPorts({ env, clients, log, slackUrl: slack.endpoint, ...options }), asked };
  }

  test('each port works on what the environment names', async () => {
    const { ports } = portsHere();
    const run = await ports.runs.claim(asked('run-1'));
    await ports.status.emit(event('run-1'));
    const lock = await ports.locks.claim(REPOSITORY, 'prod', {
      runId: 'run-1',
      token: 't',
      command: 'deploy',
      commit: null,
      at: AT,
    });
    await ports.artifacts.put('runs/run-1/documents/0001.json', '{}');
    await ports.deliveries.markDone('d-1');

    expect(run.number).toBe(1);
    expect((await ports.runs.get('run-1'))?.state).toBe('waiting');
    expect(lock.fence).toBe(1);
    expect(await ports.locks.held()).toEqual([lock]);
    expect(await ports.artifacts.list('runs/')).toEqual(['runs/run-1/documents/0001.json']);
    expect(await ports.deliveries.isDone('d-1')).toBe(true);
    expect(await ports.sent.put('thread', { id: 'C1:1', order: 1 })).toBe(true);
    expect(await ports.approvals.get(REPOSITORY, 'prod')).toBeNull();
    expect(await ports.keys.runKey('run-1')).toMatch(/^[0-9a-f]{64}$/);
    expect(await ports.workflows.status('deploy', 'none')).toBeNull();
    expect(await ports.source.head(REPOSITORY, 'main')).toBe(forge.seed);
    expect(await ports.webhookSecret.get()).toBe('w'.repeat(32));
    expect(await ports.adminToken.get()).toBe('admin');
    expect(await ports.slackSigning.get()).toBe('signs clicks');
    expect(await ports.chat?.post('#deploys', { text: 'hello', blocks: [] }, null)).toBe('C1:1.2');
  });

  test('a secret that was changed is in use at once where the old one is refused', async () => {
    // A new key: what the old one signs counts no more.
    const rotated = await forge.forge.addApp('cairn');
    const admin = awsClients({ endpoint: moto.endpoint }).secrets;
    const put = (SecretString: string) =>
      admin.send(new PutSecretValueCommand({ SecretId: 'cairn/github', SecretString }));

    const { ports } = portsHere();
    await expect(ports.people.permission(REPOSITORY, 'alice')).rejects.toBeInstanceOf(ForgeRefused);
    await put(JSON.stringify(rotated));

    expect(await ports.people.permission(REPOSITORY, 'alice')).toBe('admin');
  });

  test('a secret that has no value is said by its name', async () => {
    const { ports } = portsHere({ env: { ...env, CAIRN_ADMIN_TOKEN: 'cairn/none' } });

    await expect(ports.adminToken.get()).rejects.toBeInstanceOf(NotFound);
    await expect(ports.adminToken.get()).rejects.toThrow('cairn/none');
  });

  /** What a port does that asks AWS for something, of those that the contract suites do not know. */
  const USES: Partial<
    Record<PortName, { secret?: keyof typeof SECRETS; use(ports: HostPorts): Promise<unknown> }>
  > = {
    source: { secret: 'CAIRN_GITHUB_SECRET', use: ({ source }) => source.head(REPOSITORY, 'main') },
    pulls: { secret: 'CAIRN_GITHUB_SECRET', use: ({ pulls }) => pulls.findOpen(REPOSITORY, 'x') },
    reports: { secret: 'CAIRN_GITHUB_SECRET', use: ({ reports }) => reports.react(REPOSITORY, '1', 'eyes') },
    git: { secret: 'CAIRN_GITHUB_SECRET', use: ({ git }) => git.ref(REPOSITORY, 'refs/heads/main') },
    people: { secret: 'CAIRN_GITHUB_SECRET', use: ({ people }) => people.permission(REPOSITORY, 'bob') },
    chat: {
      secret: 'CAIRN_SLACK_SECRET',
      use: async ({ chat }) => chat?.post('#deploys', { text: 'hello', blocks: [] }, null),
    },
    keys: { secret: 'CAIRN_MASTER_KEY', use: ({ keys }) => keys.runKey('a') },
    webhookSecret: { secret: 'CAIRN_WEBHOOK_SECRET', use: ({ webhookSecret }) => webhookSecret.get() },
    slackSigning: { secret: 'CAIRN_SLACK_SECRET', use: ({ slackSigning }) => slackSigning.get() },
    adminToken: { secret: 'CAIRN_ADMIN_TOKEN', use: ({ adminToken }) => adminToken.get() },
    deliveries: {
      use: async ({ deliveries }) => [await deliveries.isDone('x'), await deliveries.markDone('x')],
    },
    bus: {
      use: ({ bus }) =>
        bus.publish([
          {
            request: {
              command: 'help',
              repository: REPOSITORY,
              pull: 1,
              text: 'x',
              origin: { source: 'comment', login: 'alice', trigger: '1' },
            },
            key: '1',
          },
        ]),
    },
  };

  test.each(Object.keys(USES) as (keyof typeof USES)[])(
    '%s asks for what its permissions say',
    async (port) => {
      const { secret, use } = USES[port] ?? { use: async () => undefined };
      const none = Object.fromEntries(Object.keys(SECRETS).map((name) => [name, 'cairn/none']));
      // Only its own secret is there: a port that reads another one fails.
      const own = { ...env, ...none, ...(secret ? { [secret]: SECRETS[secret] } : {}) };
      const { ports, asked } = portsHere({ env: own });

      // A reaction to a comment that is not there: by then the secret was read.
      await use(ports).catch((error: unknown) => {
        if (port !== 'reports' || !(error instanceof NotFound)) throw error;
      });

      const allowed = new Set(PERMISSIONS[port].flatMap(({ actions }) => actions));
      expect([...asked].sort()).toEqual([...allowed].sort());
      const on = PERMISSIONS[port].map((permission) => permission.on);
      if (secret) expect(on).toEqual([SECRETS[secret].replace('cairn/', 'secret:')]);
    },
  );
});

function asked(id: string) {
  return {
    id,
    workflow: 'deploy' as const,
    command: 'deploy' as const,
    repository: REPOSITORY,
    environment: 'prod',
    pull: null,
    commit: null,
    requester: 'alice',
    state: 'running' as const,
    title: `run ${id}`,
    startedAt: AT,
    endedAt: null,
  };
}

function event(runId: string) {
  return {
    id: 'one',
    runId,
    at: AT,
    kind: 'approval.wanted' as const,
    message: 'waits',
    doc: null,
    run: { state: 'waiting' as const },
  };
}
