import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { VerifyJob } from '../../core/jobs/job.ts';
import { type Context, processOptions } from '../context.ts';
import { baseEnv } from '../environment.ts';
import { JobFailed, JobInterrupted } from '../outcome.ts';
import { runProcess } from '../process.ts';
import type { Stop } from '../stop.ts';
import { layWork, rootFolder } from '../terraform/prepare.ts';

/** An answer that takes longer counts as none. */
const ANSWER_WITHIN = 10_000;

/** Tries until the check passes once, `attempts` times at most. */
export async function runVerify(context: Context<VerifyJob>): Promise<void> {
  const { job, dirs, log, stop } = context;
  if (existsSync(join(dirs.in, JOB_FILES.source))) await layWork(context);
  let last = '';
  for (let attempt = 1; attempt <= job.attempts; attempt += 1) {
    if (attempt > 1) await pause(job.interval * 1000, stop);
    const problem = await tryOnce(context);
    if (stop.reason) throw new JobInterrupted();
    log.line(`Attempt ${attempt} of ${job.attempts}: ${problem ?? 'passed'}`);
    if (problem === null) return;
    last = problem;
  }
  const times = job.attempts === 1 ? 'The check' : `Each of ${job.attempts} checks`;
  throw new JobFailed(`${times} failed; the last one: ${last}`);
}

function tryOnce(context: Context<VerifyJob>): Promise<string | null> {
  const { check } = context.job;
  return check.kind === 'http' ? askUrl(check, context.stop) : runCommand(context, check.command, check.dir);
}

async function askUrl(
  { url, status }: { url: string; status?: number | undefined },
  stop: Stop,
): Promise<string | null> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN);
  const forget = stop.onStop(() => abort.abort());
  try {
    // Where a certain status is wanted, a redirect may be it.
    const answer = await fetch(url, { redirect: status ? 'manual' : 'follow', signal: abort.signal });
    await answer.body?.cancel();
    if (status ? answer.status === status : answer.ok) return null;
    return `${url} answered ${answer.status}, wanted was ${status ?? '2xx'}`;
  } catch (error) {
    if (abort.signal.aborted) return `${url} did not answer within ${ANSWER_WITHIN / 1000} s`;
    const { cause, message } = error as Error;
    return `${url} cannot be reached: ${cause instanceof Error ? cause.message : message}`;
  } finally {
    clearTimeout(timer);
    forget();
  }
}

async function runCommand(
  context: Context<VerifyJob>,
  command: readonly string[],
  dir: string,
): Promise<string | null> {
  const { dirs, log } = context;
  const [file = '', ...args] = command;
  const env = baseEnv(context);
  const options = {
    ...processOptions(context, rootFolder(dirs.src, dir), env),
    stopSignal: 'SIGTERM' as const,
  };
  const done = await runProcess(file, args, options);
  log.block(done.stdout.toString('utf8'));
  log.block(done.stderr);
  if (done.code === 0) return null;
  return `${file} ended with ${done.signal ?? `code ${done.code}`}`;
}

function pause(milliseconds: number, stop: Stop): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, milliseconds);
    const forget = stop.onStop(() => {
      clearTimeout(timer);
      reject(new JobInterrupted());
    });
  });
}
