import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { secretsOf, withBinaries } from '../../core/jobs/hosting.ts';
import type { Artifacts } from '../../core/ports.ts';
import { readErrored } from './errored.ts';
import type { Attempt, JobFolder } from './folder.ts';
import { readState } from './states.ts';

interface FillOptions {
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
  const offered = options.binaries.map(({ path, version }) => ({ path, version }));
  const files: Record<string, Uint8Array | string> = {
    [JOB_FILES.job]: JSON.stringify(withBinaries(order.job, offered)),
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
  const secrets = await secretsOf(order, (_, reference) => options.secrets(reference));
  if (secrets) files[JOB_FILES.secrets] = JSON.stringify(secrets);
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
