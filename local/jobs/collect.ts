import { JOB_FILES } from '../../core/jobs/files.ts';
import { CARRIED, withProblems } from '../../core/jobs/hosting.ts';
import { type JobResult, jobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import type { Artifacts } from '../../core/ports.ts';
import { APPLYING, PUSHED } from '../../executor/files.ts';
import { forgetErrored, keepErrored } from './errored.ts';
import { type Attempt, type JobFolder, wasAskedToStop } from './folder.ts';
import { readJobFile } from './safe-read.ts';
import { retireState, stateHeader, writeState } from './states.ts';

interface CollectOptions {
  artifacts: Artifacts;
  states: string;
  /** Absolute path of the job's work folder, where a state may still stand if the executor was killed. */
  work: string;
  /** What the executor said of why it leaves no result. */
  problem: string | null;
}

/** Artifact that says which start of a job its files are of: written last. */
const ENDED = 'ended.json';

/** The result that was collected for this key before; null if it was not. */
export async function collected(
  artifacts: Artifacts,
  order: JobOrder,
  key: string,
): Promise<JobResult | null> {
  const ended = `${order.prefix}/out/${ENDED}`;
  if (!(await artifacts.has(ended))) return null;
  const text = Buffer.from(await artifacts.get(ended)).toString('utf8');
  const { key: of, result } = JSON.parse(text) as { key: string; result: unknown };
  return of === key ? jobResult.parse(result) : null;
}

/** Carries a job's files to the artifacts and its state home. Every line of it can be repeated. */
export async function collect(
  folder: JobFolder,
  attempt: Attempt,
  options: CollectOptions,
): Promise<JobResult> {
  const { order, uid } = folder;
  const { artifacts } = options;
  const read = (name: string): Buffer | null => readJobFile(attempt.path, ['out', name], uid);
  const result = resultOf(read(JOB_FILES.result), folder, read(APPLYING) !== null, options.problem);
  for (const name of [...CARRIED, JOB_FILES.erroredState]) {
    const bytes = read(name);
    if (bytes) await artifacts.put(`${order.prefix}/out/${name}`, bytes);
  }
  const problem = await carryState(folder, attempt, options, result);
  return finish(artifacts, folder, withProblems(result, problem ? [problem] : []));
}

/** Writes down how a job ended: `result.json` for people and steps, `ended.json` for this host. */
export async function finish(
  artifacts: Artifacts,
  { order, key }: JobFolder,
  result: JobResult,
): Promise<JobResult> {
  await artifacts.put(`${order.prefix}/out/${JOB_FILES.result}`, JSON.stringify(result));
  await artifacts.put(`${order.prefix}/out/${ENDED}`, JSON.stringify({ key, result }));
  return result;
}

function resultOf(
  bytes: Buffer | null,
  folder: JobFolder,
  applying: boolean,
  problem: string | null,
): JobResult {
  const id = folder.order.job.id;
  try {
    if (bytes) return { ...jobResult.parse(JSON.parse(bytes.toString('utf8'))), id };
  } catch {
    // As good as none.
  }
  const after = applying
    ? ' terraform apply had begun: look at what it changed before you deploy again. The state is kept as far as it was written.'
    : ' Nothing was applied by it.';
  const why = problem ?? 'its process was killed, ran out of memory, or the machine was restarted.';
  const stopped = wasAskedToStop(folder);
  return {
    version: 1,
    id,
    status: stopped ? 'interrupted' : 'failed',
    started: applying,
    error: stopped
      ? `The job was told to stop and ended without a result.${after}`
      : `The job ended without a result: ${why}${after}`,
  };
}

/** Answers what went wrong with the state, null if nothing did. */
async function carryState(
  { order, uid }: JobFolder,
  attempt: Attempt,
  { states, work, artifacts }: CollectOptions,
  result: JobResult,
): Promise<string | null> {
  const errored = readJobFile(attempt.path, ['out', JOB_FILES.erroredState], uid);
  if (readJobFile(attempt.path, ['out', PUSHED], uid)) await forgetErrored(states, order.folder);
  const { job } = order;
  if ((job.kind !== 'apply' && job.kind !== 'terraform') || !result.started) return null;
  if (!order.state) {
    if (errored) await keepErrored(states, order.folder, errored);
    return null;
  }
  if (!order.state.write) return null;
  const inWork =
    job.project.workspace === 'default' ? ['state'] : ['state', 'workspaces', job.project.workspace];
  const left =
    readJobFile(attempt.path, ['out', JOB_FILES.stateOut], uid) ??
    readJobFile(work, [...inWork, JOB_FILES.stateOut], uid);
  const newest = newer(left, errored);
  if (!newest) return null;
  try {
    await writeState(states, order.state.key, newest);
    // One state has one name: left under the former one it would be taken for the truth by a way back.
    if (order.state.former !== null) await retireState(states, order.state.former);
    return null;
  } catch (error) {
    const key = `${order.prefix}/out/${JOB_FILES.stateOut}`;
    await artifacts.put(key, newest);
    return `The state after this apply was not stored: ${(error as Error).message} It is kept as the artifact ${key}.`;
  }
}

function newer(a: Buffer | null, b: Buffer | null): Buffer | null {
  if (!a || !b) return a ?? b;
  try {
    return stateHeader(b, 'errored.tfstate').serial > stateHeader(a, 'terraform.tfstate').serial ? b : a;
  } catch {
    return a;
  }
}
