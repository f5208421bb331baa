import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packSource, readSource } from '../adapters/archive.ts';
import { parseHcl } from '../adapters/hcl.ts';
import { openDatabase } from '../adapters/local/database.ts';
import { sweepPlans } from '../adapters/local/retention.ts';
import { localStores } from '../adapters/local/stores.ts';
import { pageLinks } from '../api/links.ts';
import { CairnError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Clock, ForgePorts, Ports } from '../core/ports.ts';
import { tellGithub } from '../core/reports/github/sink-github.ts';
import { tellSlack } from '../core/reports/slack/sink-slack.ts';
import { STEPS } from '../core/steps/index.ts';
import { createEngine, type Engine, type EngineOptions, lambdaTask } from './engine/index.ts';
import { batchTask, buildTask } from './job-tasks.ts';
import { createLocalJobs, type LocalJobs } from './jobs/index.ts';
import { missedWebhooks } from './missed-webhooks.ts';
import { every } from './schedule.ts';
import { loadWorkflows, workflowsOf } from './workflows.ts';

interface HostOptions {
  /** Everything that one machine keeps: database, artifacts, states, keys. */
  dataDir: string;
  forge: ForgePorts;
  chat: Ports['chat'];
  /** Watched: their branch heads are looked at every five minutes. */
  repositories: string[];
  /** Address that people reach this server at, without a trailing slash. */
  publicUrl: string;
  /** Path of the bundled executor. */
  executor: string;
  /** terraform and tofu binaries that jobs may use, best first. */
  binaries: { path: string; version: string; name: 'terraform' | 'tofu' }[];
  providerMirror: string | null;
  /** Jobs at the same time. */
  concurrency: number;
  clock: Clock;
  log: Log;
  onCheckpoint?: EngineOptions['onCheckpoint'];
}

export interface Host {
  ports: Ports;
  engine: Engine;
  jobs: LocalJobs;
  stores: ReturnType<typeof localStores>;
  start(): void;
  close(): Promise<void>;
}

const FIVE_MINUTES = 5 * 60_000;
const HOUR = 3_600_000;

/** For what is in hand when the server ends, in ms. */
const GRACE = 3000;

/** Host 3: everything in one process, the same steps and workflows as on AWS. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { dataDir, clock, log, publicUrl } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const db = openDatabase(path.join(dataDir, 'cairn.db'));
  const sinks = {
    github: (event: Parameters<typeof tellGithub>[0]) => tellGithub(event, ports),
    ...(options.chat ? { slack: (event: Parameters<typeof tellSlack>[0]) => tellSlack(event, ports) } : {}),
  };
  const stores = localStores({ db, dir: dataDir, sinks, clock, log });
  const jobs = await createLocalJobs({
    dataDir,
    artifacts: stores.artifacts,
    secrets: (reference) => stores.secrets.get(reference),
    executor: options.executor,
    concurrency: options.concurrency,
    binaries: options.binaries,
    providerMirror: options.providerMirror,
    log,
  });

  const functions = Object.fromEntries(
    Object.entries(STEPS).map(([name, step]) => [
      name,
      logged(name, log, (payload) => step.run(payload, ports)),
    ]),
  );
  const engine: Engine = createEngine({
    db,
    workflows: loadWorkflows(),
    tasks: {
      'arn:aws:states:::lambda:invoke': lambdaTask(functions),
      'arn:aws:states:::batch:submitJob.sync': batchTask(jobs, stores.artifacts),
      'arn:aws:states:::codebuild:startBuild.sync': buildTask(jobs, stores.artifacts),
    },
    onEnd: async ({ name, status, error, cause }) => {
      if (status === 'succeeded') return;
      const reason = [error, cause].filter((part) => part).join(': ') || status;
      await STEPS.ReleaseDeadRun.run({ runId: name, reason }, ports);
    },
    onTrouble: (error) => log('error', 'the engine tries again', { error: String(error) }),
    ...(options.onCheckpoint ? { onCheckpoint: options.onCheckpoint } : {}),
  });

  const ports: Ports = {
    clock,
    ...options.forge,
    artifacts: stores.artifacts,
    runs: stores.runs,
    status: stores.status,
    locks: stores.locks,
    approvals: stores.approvals,
    sent: stores.sent,
    schedules: stores.schedules,
    ephemerals: stores.ephemerals,
    keys: stores.keys,
    workflows: workflowsOf(engine),
    jobs: jobs.port,
    chat: options.chat,
    hcl: parseHcl,
    archives: { pack: async (tarball) => (await packSource(tarball)).archive, read: readSource },
    links: pageLinks(publicUrl),
    binaries: options.binaries.map(({ name, version }) => `${name} ${version}`),
    isolated: jobs.isolated,
    sizes: null,
    ephemeralHosts: null,
    trace: null,
  };

  const timers = [
    every(FIVE_MINUTES, log, 'look at heads', () =>
      STEPS.LookAtHeads.run({ repositories: options.repositories }, ports),
    ),
    every(FIVE_MINUTES, log, 'sweep locks', () => STEPS.SweepLocks.run({}, ports)),
    every(FIVE_MINUTES, log, 'sweep environments', () =>
      STEPS.SweepEnvironments.run({ repositories: options.repositories }, ports),
    ),
    every(FIVE_MINUTES, log, 'start drift checks', () =>
      STEPS.StartDriftChecks.run({ repositories: options.repositories }, ports),
    ),
    every(FIVE_MINUTES, log, 'fetch missed webhooks', missedWebhooks(options.repositories, ports, log)),
    every(HOUR, log, 'sweep plan files', () =>
      sweepPlans(path.join(dataDir, 'artifacts'), ports.runs, clock),
    ),
  ];
  let requests: { stop(): Promise<void> } | null = null;

  return {
    ports,
    engine,
    jobs,
    stores,
    start() {
      engine.resume();
      stores.outbox.start();
      requests = stores.bus.consume(async (request) => {
        await STEPS.RouteRequest.run(request, ports);
      });
      stores.schedules.start();
      for (const timer of timers) timer.start();
    },
    async close() {
      for (const timer of timers) timer.stop();
      // What is in hand gets a moment: a forge that does not answer must not hold up the end. The letter stays.
      await stores.schedules.stop();
      await Promise.race([requests?.stop(), sleep(GRACE, undefined, { ref: false })]);
      jobs.close();
      await engine.close();
      await Promise.race([stores.outbox.stop(), sleep(GRACE, undefined, { ref: false })]);
      db.close();
    },
  };
}

/** A defect shows with its stack in the log; what people did wrong is told to them instead. */
function logged(name: string, log: Log, run: (payload: unknown) => Promise<unknown>) {
  return async (payload: unknown) => {
    try {
      return await run(payload);
    } catch (error) {
      if (!(error instanceof CairnError)) {
        log('error', 'a step has a defect', {
          step: name,
          stack: error instanceof Error ? error.stack : String(error),
        });
      }
      throw error;
    }
  };
}
