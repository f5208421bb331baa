import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../core/jobs/files.ts';
import type { Job, JobResult } from '../core/jobs/job.ts';
import { jobDirs, STARTED } from './files.ts';
import { runJob } from './job.ts';
import { createSpare, type Spare } from './source/spare.ts';
import { createStop, type Stop } from './stop.ts';

/** Freed for the result when the disk is full. */
const RESERVE = 64 * 1024;

/**
 * `node executor.mjs JOB_DIR WORK_DIR` runs one job and exits with 0 if and only if its out/result.json says `ok`.
 *
 * `node executor.mjs --more [SPARE_DIR]` runs jobs one after the other, for one identity: each is a line of JSON on
 * standard input, `[jobDir, workDir]`, answered by a line of JSON on standard output: what kept it from
 * leaving a result, or null. Node's own start is half of what a small plan costs; this is paid once here, and in
 * SPARE_DIR a checkout is kept from one plan to the next. At the end of its input it ends, which is also what happens
 * when the server is killed: after the job at hand.
 */
async function main(args: readonly string[]): Promise<number> {
  let current: Stop | null = null;
  let stopped = false;
  const [first, second] = args;
  const spare = first === '--more' && second ? createSpare(second) : null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopped = true;
      if (current) current.now('stopped');
      else process.exit(1);
    });
  }
  const run = async (jobDir: string, workDir: string): Promise<Ran> => {
    current = createStop();
    const ran = await runOne(jobDir, workDir, current, spare);
    current = null;
    return ran;
  };
  if (first === '--more') {
    let last = true;
    for await (const [jobDir, workDir] of orders()) {
      const { ok, problem, kind } = await run(jobDir, workDir);
      last = ok;
      if (kind === 'plan') {
        spare?.keep(jobDirs(jobDir, workDir).src);
        clear(workDir);
      }
      // Nobody may be there to read it any more.
      process.stdout.write(`${JSON.stringify(problem)}\n`, () => undefined);
      if (stopped) break;
    }
    return last ? 0 : 1;
  }
  if (!first || !second) {
    console.error('usage: executor.mjs JOB_DIR WORK_DIR | --more [SPARE_DIR]');
    return 2;
  }
  const { ok, problem } = await run(first, second);
  if (problem) console.error(`executor: ${problem}`);
  return ok ? 0 : 1;
}

/** A plan leaves nothing that is still wanted; to clear it away from here costs the server no process. */
function clear(workDir: string): void {
  try {
    for (const name of readdirSync(workDir)) rmSync(join(workDir, name), { recursive: true, force: true });
  } catch {
    // The server takes it away itself.
  }
}

async function* orders(): AsyncGenerator<[string, string]> {
  process.stdout.on('error', () => undefined);
  let rest = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    rest += chunk as string;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      yield JSON.parse(line) as [string, string];
    }
  }
}

interface Ran {
  ok: boolean;
  /** Why there is no result. */
  problem: string | null;
  kind: Job['kind'] | null;
}

async function runOne(jobDir: string, workDir: string, stop: Stop, spare: Spare | null): Promise<Ran> {
  const out = join(jobDir, 'out');
  // A file's mode is what the job says it is, not what the server's umask makes of it.
  process.umask(0o022);
  const taken = claimFolder(out);
  if (taken !== null) return { ok: false, problem: taken, kind: null };
  const { result, kind } = await runJob(jobDir, workDir, stop, process.env, { spare });
  const problem = writeResult(out, result);
  return { ok: problem === null && result.status === 'ok', problem, kind };
}

/**
 * Takes the job's folder for this process, in one step: a server that was killed before it could note whom it
 * had started finds out here, or takes the folder itself and then knows that nobody ever will.
 */
function claimFolder(out: string): string | null {
  try {
    const draft = join(out, `.${STARTED}.${process.pid}`);
    writeFileSync(draft, JSON.stringify({ pid: process.pid, start: startTime() }));
    writeFileSync(join(out, `.${JOB_FILES.result}`), Buffer.alloc(RESERVE));
    linkSync(draft, join(out, STARTED));
    rmSync(draft);
    return null;
  } catch (error) {
    return `this job cannot be started: ${(error as Error).message}.`;
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
function writeResult(out: string, result: JobResult): string | null {
  const draft = join(out, `.${JOB_FILES.result}`);
  try {
    rmSync(draft, { force: true });
    writeFileSync(draft, JSON.stringify(result));
    renameSync(draft, join(out, JOB_FILES.result));
    return null;
  } catch (error) {
    return `its result cannot be written: ${(error as Error).message}.`;
  }
}

process.exitCode = await main(process.argv.slice(2));
// Nothing may keep the process: a pipe that a background service holds, a timer of a library.
process.exit();
