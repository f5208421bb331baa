import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { type JobOrder, jobOrder } from '../../core/jobs/order.ts';
import { STARTED } from '../../executor/files.ts';
import { ownerOf, type ProcessId } from './process-id.ts';
import { readJobFile } from './safe-read.ts';

/**
 * What the host keeps of a job while it is under way, in `jobs/<hash of the key>/`: `order.json`, and a
 * folder for each attempt to start it, `1/in`, `1/out`. The server may be killed between any two lines of
 * this code; the next one finds out here how far it came.
 */
export interface JobFolder {
  path: string;
  key: string;
  order: JobOrder;
  /** Null where all run as the server's user. */
  uid: number | null;
}

export interface Attempt {
  path: string;
  in: string;
  out: string;
}

const ORDER = 'order.json';
const STOP = 'stop';

/** Which process was started, by the host's own word. */
const NOTE = 'process.json';

export function openJobFolder(
  jobs: string,
  key: string,
  order: JobOrder,
  uid: number | null,
  mode: number,
): JobFolder {
  const path = join(jobs, createHash('sha256').update(key).digest('hex').slice(0, 24));
  mkdirSync(path, { recursive: true });
  // By hand: the server's umask would close it to the job's user.
  chmodSync(path, mode);
  const file = join(path, ORDER);
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, JSON.stringify({ key, order, uid }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return { path, key, order, uid };
}

/** The jobs that a server before this one had under way. */
export function readJobFolders(jobs: string): { found: JobFolder[]; broken: string[] } {
  const found: JobFolder[] = [];
  const broken: string[] = [];
  for (const name of readdirSync(jobs)) {
    const path = join(jobs, name);
    try {
      const kept = JSON.parse(readFileSync(join(path, ORDER), 'utf8')) as {
        key: string;
        order: unknown;
        uid: number | null;
      };
      found.push({ path, key: kept.key, order: jobOrder.parse(kept.order), uid: kept.uid });
    } catch {
      broken.push(path);
    }
  }
  return { found, broken };
}

export function lastAttempt(folder: JobFolder): Attempt | null {
  const numbers = readdirSync(folder.path).map(Number).filter(Number.isInteger);
  return numbers.length === 0 ? null : attemptOf(folder, Math.max(...numbers));
}

export function nextAttempt(folder: JobFolder): Attempt {
  const last = lastAttempt(folder);
  return attemptOf(folder, last ? Number(last.path.split('/').at(-1)) + 1 : 1);
}

function attemptOf(folder: JobFolder, number: number): Attempt {
  const path = join(folder.path, String(number));
  return { path, in: join(path, 'in'), out: join(path, 'out') };
}

/**
 * The process that runs an attempt; null if there is none and never will be: then the place where it would have
 * said so is taken by us, and one that is only now being started ends at once.
 */
export function executorOf(attempt: Attempt, uid: number | null): ProcessId | null {
  if (!existsSync(attempt.out)) return null;
  const noted = parseProcess(readJobFile(attempt.path, [NOTE], null));
  if (noted) return noted;
  try {
    writeFileSync(join(attempt.out, STARTED), '', { flag: 'wx', mode: 0o600 });
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const said = parseProcess(readJobFile(attempt.path, ['out', STARTED], uid));
  // What the job's folder says was written by the job: never take a process of another user for it.
  if (said && uid !== null && ownerOf(said.pid) !== null && ownerOf(said.pid) !== uid)
    return { pid: 0, start: 'gone' };
  return said;
}

function parseProcess(bytes: Buffer | null): ProcessId | null {
  if (!bytes || bytes.length === 0) return null;
  try {
    const { pid, start } = JSON.parse(bytes.toString('utf8')) as Partial<ProcessId>;
    return Number.isInteger(pid) && (pid as number) > 1 ? { pid: pid as number, start: start ?? null } : null;
  } catch {
    return null;
  }
}

export function noteProcess(attempt: Attempt, started: ProcessId): void {
  writeFileSync(join(attempt.path, NOTE), JSON.stringify(started), { mode: 0o600 });
}

/** True once the job has left its result: its process may be at another job by now. */
export function hasResult(folder: JobFolder, attempt: Attempt): boolean {
  return readJobFile(attempt.path, ['out', JOB_FILES.result], folder.uid) !== null;
}

/** Folders of the job that its own user owns. */
export function foldersOfUser(folder: JobFolder): string[] {
  return readdirSync(folder.path)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => [join(folder.path, name, 'in'), join(folder.path, name, 'out')]);
}

export function askToStop(folder: JobFolder, reason: string): void {
  writeFileSync(join(folder.path, STOP), reason, { mode: 0o600 });
}

export function wasAskedToStop(folder: JobFolder): boolean {
  return existsSync(join(folder.path, STOP));
}
