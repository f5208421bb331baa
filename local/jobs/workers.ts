import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Attempt } from './folder.ts';
import type { Place } from './place.ts';
import { type ProcessId, startOf } from './process-id.ts';

export interface Launched {
  process: ProcessId;
  /** What kept the job from leaving a result, as far as its process could say. */
  ended: Promise<string | null>;
}

interface WorkersOptions {
  place: Pick<Place, 'spare' | 'discard'>;
  node: string;
  executor: string;
  providerMirror: string | null;
  /** Where a crash of Node's is written down. */
  crashLog: string;
}

export interface Workers {
  /** Runs an attempt in an executor of this identity; `alone` in one that runs nothing else, before or after. */
  start(
    attempt: Attempt,
    work: string,
    identity: string,
    uid: number | null,
    alone: boolean,
  ): Promise<Launched>;
  /** It was told to stop: nothing more is given to it. */
  retire(pid: number): void;
  /** Lets go of all: each ends after the job at hand, and none keeps this process. */
  close(): void;
}

interface Worker {
  child: ChildProcess;
  id: ProcessId;
  identity: string;
  jobs: number;
  retired: boolean;
  /** Settles the job at hand. */
  finish: ((problem: string | null) => void) | null;
  idle: NodeJS.Timeout | undefined;
}

/** Milliseconds that an executor waits for the next job of its identity. */
const IDLE = 1000;

/** Whatever a job may have left in an executor's memory, it does not add up. */
const MOST_JOBS = 50;

/**
 * Executors, each for one identity. A process is kept for the jobs that follow at once, the other projects of
 * a pull request mostly: starting Node costs about as much as a small plan. They share the user, and so
 * everything that they could take from one another, anyway.
 */
export function createWorkers(options: WorkersOptions): Workers {
  const workers = new Set<Worker>();
  let closed = false;

  function letGo(worker: Worker): void {
    clearTimeout(worker.idle);
    worker.retired = true;
    worker.child.stdin?.end();
  }

  function ended(worker: Worker, problem: string | null): void {
    const { finish } = worker;
    worker.finish = null;
    worker.jobs += 1;
    if (worker.jobs >= MOST_JOBS) letGo(worker);
    if (!worker.retired) worker.idle = setTimeout(() => letGo(worker), IDLE).unref();
    finish?.(problem);
  }

  function discard(spare: string | null): void {
    if (spare === null || closed) return;
    try {
      options.place.discard(spare);
    } catch {
      // On a full disk, say: the next start takes it away.
    }
  }

  async function spawnWorker(identity: string, uid: number | null, alone: boolean): Promise<Worker> {
    const spare = alone ? null : options.place.spare(uid);
    const child = await spawnExecutor(options, spare, uid).catch((error) => {
      discard(spare);
      throw error;
    });
    const pid = child.pid as number;
    const worker: Worker = {
      child,
      id: { pid, start: startOf(pid) },
      identity,
      jobs: 0,
      retired: false,
      finish: null,
      idle: undefined,
    };
    workers.add(worker);
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) ended(worker, problemIn(line));
    });
    // It may end between being asked and reading.
    child.stdin?.on('error', () => undefined);
    child.once('exit', () => {
      workers.delete(worker);
      letGo(worker);
      worker.finish?.(null);
      discard(spare);
    });
    return worker;
  }

  return {
    async start(attempt, work, identity, uid, alone) {
      const free = [...workers].find((one) => one.identity === identity && !one.finish && !one.retired);
      const worker = (alone ? undefined : free) ?? (await spawnWorker(identity, uid, alone));
      clearTimeout(worker.idle);
      const done = new Promise<string | null>((resolve) => {
        worker.finish = resolve;
      });
      if (alone) worker.retired = true;
      worker.child.stdin?.write(`${JSON.stringify([attempt.path, work])}\n`);
      if (alone) worker.child.stdin?.end();
      return { process: worker.id, ended: done };
    },
    retire(pid) {
      for (const worker of workers) if (worker.id.pid === pid) letGo(worker);
    },
    close() {
      closed = true;
      for (const worker of workers) {
        letGo(worker);
        worker.child.unref();
        (worker.child.stdout as unknown as { unref?(): void } | null)?.unref?.();
      }
    },
  };
}

/** Null, a sentence, or nothing that it could have said: then also null. */
function problemIn(line: string): string | null {
  try {
    const said: unknown = JSON.parse(line);
    return typeof said === 'string' ? said : null;
  } catch {
    return null;
  }
}

/**
 * In a session of its own: it outlives this server, and a Ctrl-C meant for the server does not reach it. Its
 * environment is built from nothing. With `uid`, Node gives up all groups of root's.
 */
function spawnExecutor(
  options: WorkersOptions,
  spare: string | null,
  uid: number | null,
): Promise<ChildProcess> {
  const { node, executor, providerMirror, crashLog } = options;
  const output = openSync(crashLog, 'a', 0o600);
  const env = {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    ...(providerMirror === null ? {} : { CAIRN_PROVIDER_MIRROR: providerMirror }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(node, [executor, '--more', ...(spare === null ? [] : [spare])], {
      // Work folders come and go.
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', output],
      env,
      ...(uid === null ? {} : { uid, gid: uid }),
    });
    closeSync(output);
    child.once('error', reject);
    child.once('spawn', () => resolve(child));
  });
}
