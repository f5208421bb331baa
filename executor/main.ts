import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobResult } from '../core/jobs/job.ts';
import { FILES, STARTED } from './files.ts';
import { runJob } from './job.ts';
import { createStop, type Stop } from './stop.ts';

/** Freed for the result when the disk is full. */
const RESERVE = 64 * 1024;

/** `node executor.mjs JOB_DIR WORK_DIR`. Exits with 0 if and only if out/result.json says `ok`. */
async function main(args: readonly string[]): Promise<number> {
  const [jobDir, workDir] = args;
  if (!jobDir || !workDir) {
    console.error('usage: executor.mjs JOB_DIR WORK_DIR');
    return 2;
  }
  const stop = createStop();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.now('stopped'));
  return (await runOne(jobDir, workDir, stop)) ? 0 : 1;
}

async function runOne(jobDir: string, workDir: string, stop: Stop): Promise<boolean> {
  const out = join(jobDir, 'out');
  // A file's mode is what the job says it is, not what the server's umask makes of it.
  process.umask(0o022);
  if (!claimFolder(out)) return false;
  const result = await runJob(jobDir, workDir, stop, process.env);
  return writeResult(out, result) && result.status === 'ok';
}

/**
 * Takes the job's folder for this process, in one step: a server that was killed before it could note whom it
 * had started finds out here, or takes the folder itself and then knows that nobody ever will.
 */
function claimFolder(out: string): boolean {
  try {
    const draft = join(out, `.${STARTED}.${process.pid}`);
    writeFileSync(draft, JSON.stringify({ pid: process.pid, start: startTime() }));
    writeFileSync(join(out, `.${FILES.result}`), Buffer.alloc(RESERVE));
    linkSync(draft, join(out, STARTED));
    rmSync(draft);
    return true;
  } catch (error) {
    console.error(`executor: this job cannot be started: ${(error as Error).message}`);
    return false;
  }
}

/** Ticks after boot; with the pid it names one process for ever. Null where there is no /proc. */
function startTime(): string | null {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Last, and by rename: who sees a result sees all of it, and all that came before it. */
function writeResult(out: string, result: JobResult): boolean {
  const draft = join(out, `.${FILES.result}`);
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(result));
    renameSync(draft, join(out, FILES.result));
    return true;
  } catch (error) {
    console.error(`executor: the result cannot be written: ${(error as Error).message}`);
    return false;
  }
}

process.exitCode = await main(process.argv.slice(2));
// Nothing may keep the process: a pipe that a background service holds, a timer of a library.
process.exit();
