import { createHash } from 'node:crypto';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CairnError } from '../../core/errors.ts';
import type { JobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import { collect, collected, finish } from './collect.ts';
import { fillJob } from './fill.ts';
import {
  type Attempt,
  askToStop,
  executorOf,
  foldersOfUser,
  hasResult,
  type JobFolder,
  lastAttempt,
  nextAttempt,
  noteProcess,
  openJobFolder,
  wasAskedToStop,
} from './folder.ts';
import type { LocalJobsOptions } from './options.ts';
import type { Place } from './place.ts';
import { isAlive, type ProcessId, terminate, watch } from './process-id.ts';
import type { Queue, Release } from './queue.ts';
import type { Users } from './users.ts';
import type { Launched, Workers } from './workers.ts';

interface RunnerOptions extends LocalJobsOptions {
  place: Place;
  states: string;
  queue: Queue;
  users: Users;
  /** Aborted when the server ends. */
  closing: AbortSignal;
  workers: Workers;
}

/** A job that is under way, in this server's view. */
export interface Running {
  folder: JobFolder;
  process: ProcessId | null;
  attempt: Attempt | null;
  /** Aborted when it is told to stop: it leaves the queue. */
  stopping: AbortController;
}

export function newRunning(folder: JobFolder): Running {
  return { folder, process: null, attempt: null, stopping: new AbortController() };
}

/** One job from its order to its result, and the same again from wherever an earlier server was killed. */
export function createRunner(options: RunnerOptions) {
  const { place, artifacts, queue, users, workers, closing, log, states } = options;

  function open(key: string, order: JobOrder): JobFolder {
    const uid = place.isolated ? users.uidOf(order.identity) : null;
    return openJobFolder(join(place.root, 'jobs'), key, order, uid, place.isolated ? 0o711 : 0o700);
  }

  /** The work folder: one fixed path for each project, empty and owned by the job's user at each start. */
  function workOf({ order }: JobFolder): string {
    return join(place.root, 'work', createHash('sha256').update(order.folder).digest('hex').slice(0, 24));
  }

  async function run(running: Running): Promise<JobResult> {
    const { folder } = running;
    const release = await queue.take(folder.order.folder, running.stopping.signal);
    if (!release) return giveUp(folder, stopped(folder));
    try {
      const attempt = lastAttempt(folder);
      const before = attempt && executorOf(attempt, folder.uid);
      if (attempt && before) return await follow(running, attempt, before);
      // Just as its turn came, or before an earlier start of it failed.
      if (wasAskedToStop(folder)) return await giveUp(folder, stopped(folder));
      const next = nextAttempt(folder);
      let launched: Launched;
      try {
        launched = await begin(folder, next);
      } catch (error) {
        // A missing secret or archive stays missing; a store that does not answer is asked again by the engine.
        if (!(error instanceof CairnError) || error.fault === 'passing') throw error;
        return await giveUp(folder, refused(folder, error));
      }
      running.attempt = next;
      running.process = launched.process;
      // Asked for while the process was being started.
      if (wasAskedToStop(folder)) stop(running, 'asked while it was being started');
      const problem = await launched.ended;
      // From now on it may be at another job; what this one left is carried away meanwhile.
      running.process = null;
      release.place();
      return await conclude(running, next, problem);
    } finally {
      release();
    }
  }

  /** Takes up a job that another server started; null if that one never came to start it. */
  function adopt(running: Running): Promise<JobResult> | null {
    const { folder } = running;
    const attempt = lastAttempt(folder);
    const before = attempt && executorOf(attempt, folder.uid);
    if (!attempt || !before) return null;
    const release: Release = queue.hold(folder.order.folder);
    log('info', 'found a job of the server before', {
      runId: folder.order.job.runId,
      job: folder.order.prefix,
    });
    return follow(running, attempt, before).finally(release);
  }

  async function follow(running: Running, attempt: Attempt, found: ProcessId): Promise<JobResult> {
    running.attempt = attempt;
    if (!hasResult(running.folder, attempt) && isAlive(found)) {
      running.process = found;
      if (wasAskedToStop(running.folder)) terminate(found);
      await watch(found, closing);
      running.process = null;
    }
    return conclude(running, attempt, null);
  }

  async function begin(folder: JobFolder, attempt: Attempt): Promise<Launched> {
    const work = workOf(folder);
    place.discard(work);
    await fillJob(folder, attempt, { ...options, states, binaries: options.binaries });
    const { identity, job } = folder.order;
    mkdirSync(work, { mode: 0o700 });
    if (folder.uid !== null) chownSync(work, folder.uid, folder.uid);
    const name = `${identity.repository} ${identity.environment} ${identity.stage}`;
    const alone = job.kind === 'apply' || job.kind === 'build' || (job.kind === 'terraform' && job.writes);
    const launched = await workers.start(attempt, work, name, folder.uid, alone);
    noteProcess(attempt, launched.process);
    return launched;
  }

  /** Collects what a job left, once: a later job of the project may have written its state since. */
  async function conclude({ folder }: Running, attempt: Attempt, problem: string | null): Promise<JobResult> {
    const work = workOf(folder);
    const result =
      (await collected(artifacts, folder.order, folder.key)) ??
      (await collect(folder, attempt, { artifacts, states, work, problem }));
    clear(folder);
    return result;
  }

  /** Without a process there is nothing to collect. */
  async function giveUp(folder: JobFolder, result: JobResult): Promise<JobResult> {
    await finish(artifacts, folder, result);
    forget(folder);
    return result;
  }

  function clear(folder: JobFolder): void {
    place.discard(...foldersOfUser(folder), workOf(folder));
    place.discard(folder.path);
  }

  /** Without its work folder: of a job that was never started it may be another's. */
  function forget(folder: JobFolder): void {
    place.discard(...foldersOfUser(folder));
    place.discard(folder.path);
  }

  function stop(running: Running, reason: string): void {
    askToStop(running.folder, reason);
    running.stopping.abort();
    if (!running.process) return;
    workers.retire(running.process.pid);
    terminate(running.process);
  }

  return { open, run, adopt, stop, forget };
}

function stopped({ order }: JobFolder): JobResult {
  const error = 'The job was told to stop before it was started.';
  return { version: 1, id: order.job.id, status: 'interrupted', started: false, error };
}

function refused({ order }: JobFolder, error: CairnError): JobResult {
  return { version: 1, id: order.job.id, status: 'refused', started: false, error: error.message };
}
