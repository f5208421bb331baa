import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JobResult } from '../../core/jobs/job.ts';
import { type JobOrder, jobOrder } from '../../core/jobs/order.ts';
import { runJob } from '../job.ts';
import { JobFailed, JobRefused } from '../outcome.ts';
import type { Stop } from '../stop.ts';
import { mirrorOf } from './binaries.ts';
import { claim, followOther, storedResult } from './claim.ts';
import { carryErrored, collect, storeResult } from './collect.ts';
import { type Laid, layCredentials } from './credentials.ts';
import type { JobEnvironment } from './environment.ts';
import { emulatorOf, fillJob } from './fill.ts';
import { readSecret } from './secrets.ts';
import type { StatePlace } from './states.ts';
import { openStore, type Store, s3Client } from './store.ts';
import { logStream } from './stream.ts';

interface Host {
  env: JobEnvironment;
  /** The executor's own environment. */
  variables: NodeJS.ProcessEnv;
  stop: Stop;
  artifacts: Store;
  states: Store;
  /** A line of the live log that is no job's. */
  say(text: string): void;
  /** Scrubbed text of the job's log. */
  tee(text: string): void;
  /** Command that prints the credentials of the job's role. */
  credentialProcess: string;
  /** How the job ended, once it has. */
  ran: JobResult | null;
}

/** Runs the job whose order stands at `CAIRN_JOB`. Answers the exit code: 0 if and only if its result is `ok`. */
export async function runOrdered(
  options: Pick<Host, 'env' | 'variables' | 'stop' | 'say' | 'tee' | 'credentialProcess'>,
): Promise<0 | 1> {
  const { env, say } = options;
  const client = s3Client(env.AWS_REGION);
  const host: Host = {
    ...options,
    artifacts: openStore(client, env.CAIRN_ARTIFACTS),
    states: openStore(client, env.CAIRN_STATES),
    ran: null,
  };
  try {
    const result = await attempt(host);
    if (result === null) return 1;
    say(`The job ended: ${result.status}.`);
    return result.status === 'ok' ? 0 : 1;
  } catch (error) {
    say(`The job ${env.CAIRN_JOB} cannot be run: ${(error as Error).message}`);
    if (!canBeRunAgain(host)) await leave(host, error as Error);
    return 1;
  }
}

/** The result, as it is stored; null if none is, so that the job can be run again. */
async function attempt(host: Host): Promise<JobResult | null> {
  const { env, stop, artifacts, say } = host;
  const [order] = await Promise.all([readOrder(host), noteStream(host)]);
  if (env.AWS_BATCH_JOB_ATTEMPT > 1) {
    const before = await storedResult(artifacts, order.prefix);
    if (before) return before;
  }
  const claimed = await claim(
    order,
    artifacts,
    env.AWS_BATCH_JOB_ID ?? env.CODEBUILD_BUILD_ID ?? randomUUID(),
  );
  if (claimed === 'same') {
    say('Another job runs this order; waiting for its result.');
    return followOther(order, artifacts, stop);
  }
  if (claimed === 'other') {
    const error = 'Another job has claimed this apply.';
    const result: JobResult = { version: 1, id: order.job.id, status: 'duplicate', started: false, error };
    await storeResult(artifacts, order.prefix, result);
    return result;
  }
  mkdirSync(env.CAIRN_JOB_DIR, { recursive: true });
  const { variables, profile } = layAws(order, host);
  const place = await fillJob(order, { ...host, profile, secrets: readSecret });
  const mirror = mirrorOf(host.variables['CAIRN_PROVIDER_MIRROR']);
  const own = { ...host.variables, CAIRN_PROVIDER_MIRROR: mirror };
  const { result } = await runJob(env.CAIRN_JOB_DIR, env.CAIRN_WORK_DIR, stop, own, {
    tee: host.tee,
    heading: headingOf(order),
    passed: order.trace ? { ...variables, _X_AMZN_TRACE_ID: order.trace } : variables,
  });
  host.ran = result;
  return conclude(order, place, result, host);
}

async function conclude(
  order: JobOrder,
  place: StatePlace,
  result: JobResult,
  host: Host,
): Promise<JobResult | null> {
  if (result.status !== 'interrupted' || !canBeRunAgain(host)) return collect(order, place, result, host);
  await carryErrored(order, place, host);
  host.say('Interrupted; nothing is stored, so that it can be run again.');
  return null;
}

/**
 * A plan or a check that was told to stop leaves no result, so that Batch may run it again: mostly it was a Spot
 * host that was taken back. What an apply did is told in any case, and a build is never repeated by Batch.
 */
function canBeRunAgain({ env, stop }: Host): boolean {
  return stop.reason === 'stopped' && env.CAIRN_STAGE !== 'apply' && env.CAIRN_STAGE !== 'build';
}

async function readOrder({ env, artifacts }: Host): Promise<JobOrder> {
  const key = `${env.CAIRN_JOB}/order.json`;
  const bytes = await artifacts.get(key);
  if (!bytes) throw new JobFailed(`The order ${key} is not there. Run it again.`);
  const parsed = jobOrder.safeParse(parseJson(bytes));
  if (!parsed.success) {
    throw new JobFailed(
      `The order ${key} was written by another version of Cairn than this image: deploy both together, and run it again.`,
      { cause: parsed.error },
    );
  }
  const { prefix, identity } = parsed.data;
  if (prefix !== env.CAIRN_JOB) throw new JobRefused(`The order ${key} says that it is ${prefix}.`);
  if (identity.stage !== env.CAIRN_STAGE) {
    throw new JobRefused(
      `The order ${key} is a ${identity.stage}, and this job definition is for ${env.CAIRN_STAGE}: nothing was run.`,
    );
  }
  return parsed.data;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

/** A later attempt has another stream. */
async function noteStream({ env, artifacts, say }: Host): Promise<void> {
  const stream = await logStream(env);
  if (!stream) return;
  const attempt = env.AWS_BATCH_JOB_ATTEMPT;
  const name = attempt > 1 ? `stream-${attempt}.json` : 'stream.json';
  try {
    await artifacts.putNew(`${env.CAIRN_JOB}/out/${name}`, JSON.stringify(stream));
  } catch (error) {
    say(`Where the log is cannot be told: ${(error as Error).message}`);
  }
}

function headingOf({ job, prefix, trace }: JobOrder): string {
  return `Run ${job.runId}, job ${prefix}, trace ${trace ?? '-'}.`;
}

/** What the job's commands get of AWS. */
function layAws(order: JobOrder, { env, variables, credentialProcess }: Host): Laid {
  const identity = {
    region: env.AWS_REGION,
    targetRole: env.CAIRN_TARGET_ROLE,
    externalId: env.CAIRN_EXTERNAL_ID,
    runId: order.job.runId,
    credentialProcess,
    emulator: emulatorOf(env) !== null,
  };
  return layCredentials(join(env.CAIRN_JOB_DIR, 'aws.config'), identity, variables);
}

/** A result for a job that never came to run, or whose own could not be stored, if one can be stored at all. */
async function leave({ env, artifacts, say, ran }: Host, error: Error): Promise<void> {
  const result: JobResult = {
    version: 1,
    id: env.CAIRN_JOB.split('/').at(-1) ?? env.CAIRN_JOB,
    status: error instanceof JobRefused ? 'refused' : 'failed',
    // What an apply has changed stays changed, whether it can be told or not.
    started: ran?.started ?? false,
    error: error.message,
  };
  try {
    await storeResult(artifacts, env.CAIRN_JOB, result);
  } catch (cause) {
    say(`Nor can its result be stored: ${(cause as Error).message}`);
  }
}
