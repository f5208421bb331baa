import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../core/jobs/files.ts';
import type {
  ApplyJob,
  BuildJob,
  Job,
  JobResult,
  PlanJob,
  TerraformJob,
  VerifyJob,
} from '../core/jobs/job.ts';
import type { Context } from './context.ts';
import { jobDirs } from './files.ts';
import { runApply } from './jobs/apply.ts';
import { runBuild } from './jobs/build.ts';
import { runCommand } from './jobs/command.ts';
import { runPlan } from './jobs/plan.ts';
import { runVerify } from './jobs/verify.ts';
import { openLog } from './log.ts';
import { JobFailed, JobInterrupted, JobRefused } from './outcome.ts';
import type { Spare } from './source/spare.ts';
import { type Stop, stopMessage } from './stop.ts';

/** What a host adds for its own jobs. */
interface JobHost {
  /** Gets the scrubbed log as it is written. */
  tee?: (text: string) => void;
  /** First line of the log. */
  heading?: string;
  /** Variables of the host that what the job runs gets too. */
  passed?: Record<string, string>;
  /** Of a process that runs jobs one after the other. */
  spare?: Spare | null;
}

/** Runs one job in its folders and answers its result; never throws. */
export async function runJob(
  jobDir: string,
  workDir: string,
  stop: Stop,
  host: NodeJS.ProcessEnv,
  { tee, heading, passed = {}, spare = null }: JobHost = {},
): Promise<{ result: JobResult; kind: Job['kind'] | null }> {
  const dirs = jobDirs(jobDir, workDir);
  const result: JobResult = { version: 1, id: 'unknown', status: 'failed', started: false };
  const log = openLog(join(dirs.out, JOB_FILES.log), tee);
  if (heading) log.line(heading);
  let timer: NodeJS.Timeout | undefined;
  let timeout = 0;
  let kind: Job['kind'] | null = null;
  try {
    const job = readJob(join(dirs.in, JOB_FILES.job));
    result.id = job.id;
    timeout = job.timeout;
    kind = job.kind;
    timer = setTimeout(() => stop.now('timeout'), Math.min(timeout * 1000, 2 ** 31 - 1));
    const secrets = readSecrets(join(dirs.in, JOB_FILES.secrets), job);
    log.hide(Object.values(secrets));
    await runKind({ job, dirs, log, stop, secrets, host, passed, spare, result });
    result.status = 'ok';
  } catch (error) {
    result.status = statusOf(error, stop);
    const message =
      result.status === 'interrupted' && stop.reason ? stopMessage(stop.reason, timeout) : textOf(error);
    result.error = log.scrub(message);
    log.line(`${result.status}: ${message}`);
  } finally {
    clearTimeout(timer);
    log.close();
  }
  return { result, kind };
}

function runKind(context: Context): Promise<void> {
  switch (context.job.kind) {
    case 'plan':
      return runPlan(context as Context<PlanJob>);
    case 'apply':
      return runApply(context as Context<ApplyJob>);
    case 'verify':
      return runVerify(context as Context<VerifyJob>);
    case 'build':
      return runBuild(context as Context<BuildJob>);
    case 'terraform':
      return runCommand(context as Context<TerraformJob>);
  }
}

function statusOf(error: unknown, stop: Stop): JobResult['status'] {
  if (error instanceof JobInterrupted) return 'interrupted';
  if (error instanceof JobRefused) return 'refused';
  // Whatever fails because the job was told to stop: it was interrupted.
  return stop.reason ? 'interrupted' : 'failed';
}

function textOf(error: unknown): string {
  if (error instanceof JobFailed || error instanceof JobRefused) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC') return 'The disk of the job host is full. Free space, then run it again.';
  return error instanceof Error ? error.message : String(error);
}

/**
 * The host has parsed the job with its zod schema when it wrote it; here only what would make the executor do
 * something else than it was told is looked at (see files.ts for what zod costs).
 */
function readJob(path: string): Job {
  let job: Job;
  try {
    job = JSON.parse(readFileSync(path, 'utf8')) as Job;
  } catch (cause) {
    throw new JobFailed(`in/${JOB_FILES.job} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const problem = problemOf(job);
  if (problem)
    throw new JobFailed(`in/${JOB_FILES.job}: ${problem}. It was written by another version of Cairn.`);
  return job;
}

function problemOf(job: Job | null): string | null {
  if (job === null || typeof job !== 'object') return 'not an object';
  if (job.version !== 1) return `version ${JSON.stringify(job.version)} is not 1`;
  if (typeof job.id !== 'string' || job.id === '') return 'id is missing';
  if (!['plan', 'apply', 'verify', 'build', 'terraform'].includes(job.kind))
    return `kind ${JSON.stringify(job.kind)} is unknown`;
  if (!(job.timeout > 0)) return 'timeout is not a number of seconds';
  if (!Array.isArray(job.secrets)) return 'secrets is not a list of names';
  if (job.kind === 'verify' || job.kind === 'build') return null;
  if (typeof job.project?.state?.kind !== 'string') return 'project.state is missing';
  if (job.kind === 'terraform' && !(Array.isArray(job.args) && typeof job.writes === 'boolean')) {
    return 'args is not a list, or writes neither true nor false';
  }
  return null;
}

/** Those that the job names; a name without a value is an error rather than an empty variable. */
function readSecrets(path: string, job: Job): Record<string, string> {
  if (job.secrets.length === 0) return {};
  const values = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
  const secrets: Record<string, string> = {};
  for (const name of job.secrets) {
    const value = values[name];
    if (typeof value !== 'string')
      throw new JobFailed(`The secret ${name} has no value: look at where cairn.yaml says it is kept.`);
    secrets[name] = value;
  }
  return secrets;
}
