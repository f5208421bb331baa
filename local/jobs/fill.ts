import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES, type Job } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import type { Artifacts } from '../../core/ports.ts';
import { readErrored } from './errored.ts';
import type { Attempt, JobFolder } from './folder.ts';
import { readState } from './states.ts';

export interface FillOptions {
  artifacts: Artifacts;
  secrets(reference: string): Promise<string>;
  states: string;
  binaries: { path: string; version: string }[];
}

/** Fills `in/` from artifacts, kept states and secrets, and gives it and `out/` to the job's user. */
export async function fillJob(folder: JobFolder, attempt: Attempt, options: FillOptions): Promise<void> {
  const { order, uid } = folder;
  mkdirSync(attempt.path, { mode: 0o711 });
  chmodSync(attempt.path, 0o711);
  mkdirSync(attempt.in, { mode: 0o700 });
  const files: Record<string, Uint8Array | string> = {
    [JOB_FILES.job]: JSON.stringify(jobOf(order, options)),
  };
  for (const [name, key] of Object.entries(order.inputs)) files[name] = await options.artifacts.get(key);
  for (const [name, key] of Object.entries(order.upstream)) {
    const state = await readState(options.states, key);
    // None yet: terraform reads an empty one.
    if (state) files[name] = state;
  }
  if (order.state) {
    const { key, former } = order.state;
    const state =
      (await readState(options.states, key)) ?? (former ? await readState(options.states, former) : null);
    if (state) files[JOB_FILES.state] = state;
  }
  const errored = order.identity.stage === 'pr-plan' ? null : await readErrored(options.states, order.folder);
  if (errored && !order.state) files[JOB_FILES.erroredState] = errored;
  if (order.job.secrets.length > 0) files[JOB_FILES.secrets] = JSON.stringify(await resolve(order, options));
  for (const [name, body] of Object.entries(files)) {
    const path = join(attempt.in, name);
    writeFileSync(path, body, { mode: 0o600 });
    if (uid !== null) chownSync(path, uid, uid);
  }
  if (uid !== null) chownSync(attempt.in, uid, uid);
  // Last: an attempt without out/ was never started.
  mkdirSync(attempt.out, { mode: 0o700 });
  if (uid !== null) chownSync(attempt.out, uid, uid);
}

/** An order names the binaries only if it wants certain ones. */
function jobOf({ job }: JobOrder, { binaries }: FillOptions): Job {
  if (job.kind !== 'plan' && job.kind !== 'apply') return job;
  const offered = binaries.map(({ path, version }) => ({ path, version }));
  return { ...job, project: { ...job.project, binaries: job.project.binaries ?? offered } } as Job;
}

async function resolve(order: JobOrder, { secrets }: FillOptions): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const name of order.job.secrets) {
    const reference = order.secrets[name];
    if (reference !== undefined) values[name] = await secrets(reference);
  }
  return values;
}
