import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A pid comes back for another process some day; with its time of start it names one for ever. */
export interface ProcessId {
  pid: number;
  /** Ticks after boot (/proc), or what `ps` prints where there is no /proc. */
  start: string | null;
}

/** False for a process that has ended, also if nobody has collected it yet, or that is another one by now. */
export function isAlive({ pid, start }: ProcessId): boolean {
  const now = startOf(pid);
  return now !== null && (start === null || now === start);
}

export function startOf(pid: number): string | null {
  if (process.platform !== 'linux') return startByPs(pid);
  try {
    // The name, in parentheses, may hold spaces: what follows the last one counts.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Null where it cannot be told. */
export function ownerOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return uid === undefined ? null : Number(uid);
  } catch {
    return null;
  }
}

function startByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** How often a process that is not our child is looked at. Milliseconds. */
const LOOK_EVERY = 100;

/** The end of a process that another server started. `stop` gives up waiting: then it never resolves. */
export function watch(target: ProcessId, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(target)) return;
      clearInterval(timer);
      resolve();
    }, LOOK_EVERY);
    stop.addEventListener('abort', () => clearInterval(timer), { once: true });
  });
}

export function terminate(target: ProcessId): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, 'SIGTERM');
  } catch {
    // It ended meanwhile.
  }
}
