import type { Job, JobResult } from '../core/jobs/job.ts';
import type { JobDirs } from './files.ts';
import type { Log } from './log.ts';
import type { ProcessOptions } from './process.ts';
import type { Spare } from './source/spare.ts';
import type { Stop } from './stop.ts';

/** What every kind of job works with. */
export interface Context<J extends Job = Job> {
  job: J;
  dirs: JobDirs;
  log: Log;
  stop: Stop;
  /** Values of in/secrets.json. */
  secrets: Record<string, string>;
  /** The executor's own environment, of which only what is named is passed on. */
  host: NodeJS.ProcessEnv;
  /** What the host passes on beside: on AWS, how terraform comes to its credentials. */
  passed: Record<string, string>;
  /** Null in a process that runs one job. */
  spare: Spare | null;
  /** The result so far: what is known stays in it, however the job ends. */
  result: JobResult;
}

/** Milliseconds that terraform has after SIGINT to write its state, before it is killed. */
export const GRACE = 60_000;

/**
 * Milliseconds after a SIGTERM by which everything that is asked of terraform has been asked: on Fargate SIGKILL
 * comes after 120 s, and what the job leaves has to be stored before.
 */
export const ASKED_BY = 95_000;

export async function timed<T>(context: Context, phase: string, work: () => Promise<T> | T): Promise<T> {
  const begun = performance.now();
  try {
    return await work();
  } finally {
    const timings = context.result.timings ?? {};
    timings[phase] = Math.round((timings[phase] ?? 0) + performance.now() - begun);
    context.result.timings = timings;
  }
}

export function processOptions(
  context: Context,
  cwd: string,
  env: Record<string, string>,
): Omit<ProcessOptions, 'onStdout'> {
  return {
    cwd,
    env,
    stop: context.stop,
    stopSignal: 'SIGINT',
    grace: GRACE,
    sweep: context.job.kind !== 'apply',
  };
}
