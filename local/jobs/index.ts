import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { JobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import type { Artifacts, Jobs } from '../../core/ports.ts';
import { EngineClosed } from '../engine/index.ts';
import { collected } from './collect.ts';
import { readJobFolders } from './folder.ts';
import type { LocalJobsOptions } from './options.ts';
import { openPlace } from './place.ts';
import { createQueue } from './queue.ts';
import { createRunner, newRunning, type Running } from './runner.ts';
import { readJobFile } from './safe-read.ts';
import { openUsers } from './users.ts';
import { createWorkers } from './workers.ts';

export interface LocalJobs {
  /**
   * Runs a job to its end. `key` makes it one: a second call with it, also by a server that was started
   * after this one was killed, waits for the same process or answers its result. Aborting stops the job,
   * unless the engine closes.
   */
  run(order: JobOrder, key: string, signal?: AbortSignal): Promise<JobResult>;
  /** In it, a job's id is its order's prefix. */
  port: Jobs;
  /** False if jobs run as the server's own user and can read all that it can: forks must be refused. */
  isolated: boolean;
  /** Folder that holds jobs and work folders (not always the data folder). */
  root: string;
  /** Folder of the states that Cairn keeps; see states.ts. */
  states: string;
  /** Stops watching. Jobs go on by themselves, and runs that wait for them are never answered. */
  close(): void;
}

/** Jobs as processes of this machine, each of which outlives the server. */
export async function createLocalJobs(options: LocalJobsOptions): Promise<LocalJobs> {
  const { dataDir, artifacts, log } = options;
  const isolated = process.getuid?.() === 0;
  const place = await openPlace(dataDir, isolated, (message) => log('warn', message, {}));
  const states = options.states ?? join(dataDir, 'states');
  const closing = new AbortController();
  const workers = createWorkers({
    place,
    node: place.reachable(process.execPath),
    executor: place.reachable(options.executor),
    providerMirror: options.providerMirror,
    crashLog: join(place.root, 'executor.log'),
  });
  const runner = createRunner({
    ...options,
    place,
    states,
    queue: createQueue(options.concurrency),
    users: openUsers(join(dataDir, 'users.json')),
    closing: closing.signal,
    workers,
    binaries: options.binaries.map((binary) => ({ ...binary, path: place.reachable(binary.path) })),
  });
  const active = new Map<string, { running: Running; result: Promise<JobResult> }>();

  function track(key: string, running: Running, result: Promise<JobResult>): Promise<JobResult> {
    active.set(key, { running, result });
    const forget = () => active.delete(key);
    result.then(forget, forget);
    return result;
  }

  const { found, broken } = readJobFolders(join(place.root, 'jobs'));
  for (const folder of broken) place.discard(folder);
  for (const folder of found) {
    const running = newRunning(folder);
    const result = runner.adopt(running);
    // Never started: whoever runs it again begins anew.
    if (!result) runner.forget(folder);
    else
      track(folder.key, running, result).catch((error) =>
        log('error', 'a job was not collected', { job: folder.order.prefix, error: String(error) }),
      );
  }

  async function run(order: JobOrder, key: string, signal?: AbortSignal): Promise<JobResult> {
    const known = active.get(key);
    if (known) return stoppedBy(signal, known.running, known.result);
    const before = await collected(artifacts, order, key);
    if (before) return before;
    if (!(await claim(order, key))) {
      return {
        version: 1,
        id: order.job.id,
        status: 'duplicate',
        started: false,
        error: 'Another job has claimed this apply.',
      };
    }
    const again = active.get(key);
    if (again) return stoppedBy(signal, again.running, again.result);
    const running = newRunning(runner.open(key, order));
    return stoppedBy(signal, running, track(key, running, runner.run(running)));
  }

  /** True if this key holds the claim, from now or from before. */
  async function claim(order: JobOrder, key: string): Promise<boolean> {
    if (order.claim === null || (await artifacts.putNew(order.claim, key))) return true;
    return Buffer.from(await artifacts.get(order.claim)).toString('utf8') === key;
  }

  function stoppedBy(
    signal: AbortSignal | undefined,
    running: Running,
    result: Promise<JobResult>,
  ): Promise<JobResult> {
    const closed = new Promise<never>((_, reject) => {
      const aborted = () => {
        // The server goes down, the job does not: the next server finds it.
        if (signal?.reason instanceof EngineClosed) reject(signal.reason);
        else runner.stop(running, 'the step was stopped');
      };
      if (signal?.aborted) aborted();
      else signal?.addEventListener('abort', aborted, { once: true });
      const forget = () => signal?.removeEventListener('abort', aborted);
      result.then(forget, forget);
    });
    return Promise.race([result, closed]);
  }

  const jobsOf = (runId: string) =>
    [...active.values()]
      .map(({ running }) => running)
      .filter(({ folder }) => folder.order.job.runId === runId);

  const port: Jobs = {
    active: async (runId) => jobsOf(runId).map(({ folder }) => folder.order.prefix),
    async stop(runId, reason) {
      for (const running of jobsOf(runId)) runner.stop(running, reason);
    },
    async log(jobId, offset) {
      const live = [...active.values()].find(({ running }) => running.folder.order.prefix === jobId)?.running;
      const bytes = live?.attempt
        ? readJobFile(live.attempt.path, ['out', JOB_FILES.log], live.folder.uid)
        : await storedLog(artifacts, jobId);
      return bytes ? Buffer.from(bytes).subarray(offset).toString('utf8') : '';
    },
  };
  function close(): void {
    closing.abort();
    workers.close();
    place.close();
  }
  return { run, port, isolated, root: place.root, states, close };
}

async function storedLog(artifacts: Artifacts, prefix: string): Promise<Uint8Array | null> {
  const key = `${prefix}/out/${JOB_FILES.log}`;
  return (await artifacts.has(key)) ? artifacts.get(key) : null;
}
