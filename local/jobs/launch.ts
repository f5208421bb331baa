import { spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Attempt, EXECUTOR_LOG } from './folder.ts';
import { isAlive, type ProcessId, startOf } from './process-id.ts';

export interface LaunchOptions {
  node: string;
  executor: string;
  providerMirror: string | null;
  work: string;
  uid: number | null;
  /** From then on the job does not keep the server's process. */
  closing: AbortSignal;
}

export interface Launched {
  process: ProcessId;
  ended: Promise<void>;
}

/** How often a process that is not our child is looked at. Milliseconds. */
const LOOK_EVERY = 100;

/**
 * Starts the executor in a session of its own: it outlives this server, and a Ctrl-C meant for the server
 * does not reach it. Its environment is built from nothing. Node gives up all groups of root's with `uid`.
 */
export function launch(attempt: Attempt, options: LaunchOptions): Promise<Launched> {
  const { node, executor, providerMirror, work, uid, closing } = options;
  mkdirSync(work, { mode: 0o700 });
  if (uid !== null) chownSync(work, uid, uid);
  const output = openSync(join(attempt.path, EXECUTOR_LOG), 'a', 0o600);
  const env = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    ...(providerMirror === null ? {} : { CAIRN_PROVIDER_MIRROR: providerMirror }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [executor, attempt.path, work], {
      cwd: work,
      detached: true,
      stdio: ['ignore', output, output],
      env,
      ...(uid === null ? {} : { uid, gid: uid }),
    });
    closeSync(output);
    child.once('error', reject);
    const ended = new Promise<void>((done) => {
      child.once('exit', () => done());
    });
    child.once('spawn', () => {
      const pid = child.pid as number;
      closing.addEventListener('abort', () => child.unref(), { once: true });
      resolve({ process: { pid, start: startOf(pid) }, ended });
    });
  });
}

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
