import type { AwsClients } from '../adapters/aws/clients/clients.ts';
import { lazyClients, madeClients, once } from '../adapters/aws/clients/lazy-clients.ts';
import type { ClientOptions } from '../adapters/aws/clients/settings.ts';
import { lazyPort } from '../adapters/aws/lazy-port.ts';
import { chatOfSecret, signingOfSecret } from '../adapters/aws/secrets/chat.ts';
import { forgeOfSecret } from '../adapters/aws/secrets/forge.ts';
import { cachedSecrets, type Secrets } from '../adapters/aws/secrets/secrets.ts';
import { pageLinks } from '../api/links.ts';
import type { Log } from '../core/log.ts';
import type { Clock, Ports } from '../core/ports.ts';
import type { LambdaEnvironment } from './environment.ts';
import { type HostPorts, type OwnPorts, systemClock } from './host.ts';

export interface AwsPortsOptions {
  env: LambdaEnvironment;
  /** Made already, for tests; by default each is loaded and made with the first call that needs it. */
  clients?: AwsClients;
  /** Told of each client that is made here. */
  onClient?: NonNullable<ClientOptions['onClient']>;
  /** For GitHub; the one of Node if absent. */
  fetch?: typeof fetch;
  /** Slack's API, for tests; its own if absent. */
  slackUrl?: string;
  clock?: Clock;
  log: Log;
}

/**
 * Core's ports on AWS, and what only hosts have. Nothing is read, and no SDK's code is loaded, before a port's
 * first call: a function pays for what it uses.
 */
export function awsPorts(options: AwsPortsOptions): HostPorts {
  const { env, log, onClient, clock = systemClock } = options;
  const clients = options.clients
    ? madeClients(options.clients)
    : lazyClients(onClient === undefined ? {} : { onClient });

  const items = once(async () =>
    (await import('../adapters/aws/table/items.ts')).dynamodbItems(await clients.dynamodb(), env.CAIRN_TABLE),
  );
  const eventBus = once(async () =>
    (await import('../adapters/aws/events/bus.ts')).eventBus(await clients.events(), env.CAIRN_BUS),
  );
  const secrets = cachedSecrets(
    async (reference) =>
      (await import('../adapters/aws/secrets/secret-value.ts')).secretValue(
        await clients.secrets(),
        reference,
      ),
    clock,
  );
  const secret = async (reference: string) => (await secrets.get(reference)).trim();

  const artifacts = lazyPort<Ports['artifacts']>(
    { get: true, put: true, putNew: true, has: true, list: true },
    once(async () =>
      (await import('../adapters/aws/artifacts/artifacts.ts')).s3Artifacts(
        await clients.s3(),
        env.CAIRN_ARTIFACTS,
      ),
    ),
  );

  return {
    clock,
    artifacts,
    runs: lazyPort<Ports['runs']>(
      { claim: true, get: true, list: true, events: true },
      once(async () => (await import('../adapters/aws/table/runs.ts')).dynamodbRuns(await items())),
    ),
    status: lazyPort<Ports['status']>(
      { emit: true },
      once(async () =>
        (await import('../adapters/aws/table/status.ts')).dynamodbStatus(await items(), async (events) =>
          (await eventBus()).publishStatus(events),
        ),
      ),
    ),
    locks: lazyPort<Ports['locks']>(
      { claim: true, get: true, release: true, held: true },
      once(async () => (await import('../adapters/aws/table/locks.ts')).dynamodbLocks(await items())),
    ),
    approvals: lazyPort<Ports['approvals']>(
      { put: true, replace: true, get: true, remove: true },
      once(async () => (await import('../adapters/aws/table/approvals.ts')).dynamodbApprovals(await items())),
    ),
    sent: lazyPort<Ports['sent']>(
      { get: true, put: true },
      once(async () => (await import('../adapters/aws/table/sent.ts')).dynamodbSent(await items())),
    ),
    schedules: lazyPort<Ports['schedules']>(
      { put: true, remove: true, list: true },
      once(async () =>
        (await import('../adapters/aws/events/schedules.ts')).eventBridgeSchedules({
          scheduler: await clients.scheduler(),
          publish: (await eventBus()).publish,
          clock,
          ...env.CAIRN_SCHEDULES,
        }),
      ),
    ),
    ephemerals: lazyPort<Ports['ephemerals']>(
      { claim: true, get: true, update: true, list: true, remove: true },
      once(async () =>
        (await import('../adapters/aws/table/ephemerals.ts')).dynamodbEphemerals(await items()),
      ),
    ),
    deliveries: lazyPort<OwnPorts['deliveries']>(
      { isDone: true, markDone: true },
      once(async () =>
        (await import('../adapters/aws/table/deliveries.ts')).dynamodbDeliveries(await items(), clock),
      ),
    ),
    bus: lazyPort<OwnPorts['bus']>({ publish: true }, eventBus),
    workflows: lazyPort<Ports['workflows']>(
      { start: true, succeed: true, fail: true, stop: true, status: true },
      once(async () =>
        (await import('../adapters/aws/workflows.ts')).stepFunctions(
          await clients.states(),
          env.CAIRN_STATE_MACHINES,
        ),
      ),
    ),
    jobs: lazyPort<Ports['jobs']>(
      { active: true, stop: true, log: true },
      once(async () => {
        const { batchJobs } = await import('../adapters/aws/jobs/jobs.ts');
        const [batch, logs] = await Promise.all([clients.batch(), clients.logs()]);
        return batchJobs({ batch, logs, artifacts, logGroup: env.CAIRN_JOB_LOGS });
      }),
    ),
    keys: lazyPort<Ports['keys']>(
      { runKey: true },
      once(async () =>
        (await import('../adapters/aws/secrets/keys.ts')).masterKeys(() => secret(env.CAIRN_MASTER_KEY)),
      ),
    ),
    ...forgeOfSecret({
      secrets,
      reference: env.CAIRN_GITHUB_SECRET,
      github: {
        baseUrl: env.CAIRN_GITHUB_URL,
        clock,
        log: (message, fields) => log('warn', message, fields),
        ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
      },
    }),
    chat: chatOf(options, secrets),
    webhookSecret: { get: () => secret(env.CAIRN_WEBHOOK_SECRET) },
    slackSigning: {
      get: async () => {
        const reference = env.CAIRN_SLACK_SECRET;
        return reference === '' ? null : signingOfSecret({ secrets, reference });
      },
    },
    adminToken: { get: () => secret(env.CAIRN_ADMIN_TOKEN) },
    hcl: async (path, text) => (await import('../adapters/hcl.ts')).parseHcl(path, text),
    archives: {
      pack: async (tarball) => (await (await import('../adapters/archive.ts')).packSource(tarball)).archive,
      read: async (archive) => (await import('../adapters/archive.ts')).readSource(archive),
    },
    links: pageLinks(env.CAIRN_PUBLIC_URL),
    binaries: env.CAIRN_BINARIES,
    sizes: env.CAIRN_SIZES,
    ephemeralHosts: env.CAIRN_EPHEMERAL,
    isolated: true,
    get trace() {
      return traceId(process.env['_X_AMZN_TRACE_ID']);
    },
  };
}

/** Null where the installation has no Slack. */
function chatOf({ env, slackUrl }: AwsPortsOptions, secrets: Secrets): Ports['chat'] {
  const reference = env.CAIRN_SLACK_SECRET;
  if (reference === '') return null;
  return chatOfSecret({ secrets, reference, ...(slackUrl === undefined ? {} : { apiUrl: slackUrl }) });
}

/** The trace of this invocation: Lambda sets `Root=1-<time>-<id>;Parent=…;Sampled=…` anew for each. */
function traceId(header: string | undefined): string | null {
  return /(?:^|;)Root=([^;]+)/.exec(header ?? '')?.[1] ?? null;
}
