import { JOB_FILES } from './files.ts';
import type { Job, JobResult } from './job.ts';
import type { JobOrder } from './order.ts';

/** What every host does with an order before its job runs, and with its result afterwards. */

/** What a job may leave beside its result and its state: stored as `<prefix>/out/<name>`. */
export const CARRIED = [
  JOB_FILES.log,
  JOB_FILES.output,
  JOB_FILES.changes,
  JOB_FILES.summary,
  JOB_FILES.plan,
  JOB_FILES.planWork,
] as const;

/** An order names the binaries only if it wants certain ones; else these are offered, best first. */
export function withBinaries(job: Job, offered: { path: string; version: string }[]): Job {
  if (job.kind !== 'plan' && job.kind !== 'apply' && job.kind !== 'terraform') return job;
  return { ...job, project: { ...job.project, binaries: job.project.binaries ?? offered } } as Job;
}

/** Values of the job's secrets, each read from where the order says it is. Null for a job without any. */
export async function secretsOf(
  { job, secrets }: JobOrder,
  read: (name: string, reference: string) => Promise<string>,
): Promise<Record<string, string> | null> {
  if (job.secrets.length === 0) return null;
  const values: Record<string, string> = {};
  for (const name of job.secrets) {
    const reference = secrets[name];
    if (reference !== undefined) values[name] = await read(name, reference);
  }
  return values;
}

/** A job whose files or state could not be stored did not end well, whatever it says itself. */
export function withProblems(result: JobResult, problems: readonly string[]): JobResult {
  if (problems.length === 0) return result;
  return {
    ...result,
    status: result.status === 'ok' ? 'failed' : result.status,
    error: [...(result.error ? [result.error] : []), ...problems].join('\n'),
  };
}
