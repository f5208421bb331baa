import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { secretsOf, withBinaries } from '../../core/jobs/hosting.ts';
import type { Job } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import { JobFailed } from '../outcome.ts';
import { binariesOf } from './binaries.ts';
import type { JobEnvironment } from './environment.ts';
import { erroredObject, placeState, readState, type StatePlace } from './states.ts';
import type { Store } from './store.ts';

interface FillOptions {
  env: JobEnvironment;
  /** Profile for the states that Cairn keeps; null if terraform's default is the job's own role. */
  profile: string | null;
  artifacts: Store;
  states: Store;
  secrets(name: string, reference: string): Promise<string>;
}

/** Fills `in/` from artifacts, kept states and secrets. Answers where the state is. */
export async function fillJob(order: JobOrder, options: FillOptions): Promise<StatePlace> {
  const { env, artifacts, states } = options;
  const folder = join(env.CAIRN_JOB_DIR, 'in');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(join(env.CAIRN_JOB_DIR, 'out'), { recursive: true, mode: 0o700 });
  const write = (name: string, body: Uint8Array | string) =>
    writeFileSync(join(folder, name), body, { mode: 0o600 });

  const inputs = Object.entries(order.inputs).map(async ([name, key]) => {
    const body = await artifacts.get(key);
    if (!body) throw new JobFailed(`The artifact ${key} (${name}) is not there any more. Run it again.`);
    write(name, body);
  });
  const upstream = Object.entries(order.upstream).map(async ([name, key]) => {
    const state = await readState(states, key);
    // None yet: terraform reads an empty one.
    if (state) write(name, state);
  });
  await Promise.all([...inputs, ...upstream]);

  const emulator = emulatorOf(env) ?? {};
  const place = await placeState(order, states, {
    region: env.AWS_REGION,
    profile: options.profile,
    emulator,
  });
  if (place.target.kind === 'file' && place.key) {
    const state = await readState(states, place.key);
    if (state) write(JOB_FILES.state, state);
  }
  if (order.identity.stage === 'deploy-plan' || order.identity.stage === 'apply') {
    const errored = await states.get(erroredObject(order, place.key));
    if (errored) write(JOB_FILES.erroredState, errored);
  }
  const secrets = await secretsOf(order, options.secrets);
  if (secrets) write(JOB_FILES.secrets, JSON.stringify(secrets));
  const job = withBinaries(withState(order.job, place), binariesOf(env.CAIRN_BINARIES_DIR));
  write(JOB_FILES.job, JSON.stringify(job));
  return place;
}

function withState(job: Job, { target }: StatePlace): Job {
  if (job.kind !== 'plan' && job.kind !== 'apply' && job.kind !== 'terraform') return job;
  // Kept nowhere: what its own backend is told stays.
  if (target.kind === 'own') return job;
  return { ...job, project: { ...job.project, state: target } } as Job;
}

/** Settings of an emulator; null on AWS. */
export function emulatorOf({
  CAIRN_S3_BACKEND_EXTRA: extra,
}: JobEnvironment): Record<string, unknown> | null {
  if (extra === undefined) return null;
  try {
    return JSON.parse(extra) as Record<string, unknown>;
  } catch (cause) {
    throw new JobFailed(`CAIRN_S3_BACKEND_EXTRA is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/** What the job left in `out/`; null if it left no such file. */
export function readOut(env: JobEnvironment, name: string): Buffer | null {
  try {
    return readFileSync(join(env.CAIRN_JOB_DIR, 'out', name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
