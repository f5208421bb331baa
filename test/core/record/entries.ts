import type { RecordEntry } from '../../../core/record/entry.ts';

export const C1 = '1a2b3c4'.padEnd(40, '1');
export const C2 = '3f2a91c'.padEnd(40, '2');

/** A good deployment of `network` and `data` at `C2`, changed by what a test gives. */
export function entry(
  change: Partial<Omit<RecordEntry, 'after'>> & { after?: Partial<RecordEntry['after']> } = {},
): RecordEntry {
  return {
    environment: 'prod',
    at: '2026-01-02T12:34:56.000Z',
    runId: 'run-1',
    runUrl: 'https://cairn.test/runs/run-1',
    outcome: 'deployed',
    commit: C2,
    planDigest: 'd'.repeat(64),
    requestedBy: 'alice',
    approvedBy: ['bob', 'operator'],
    failure: null,
    failedProject: null,
    build: null,
    applied: ['network', 'data'],
    ...change,
    after: {
      state: 'ok',
      commit: C2,
      projects: { network: project('network'), data: project('data', ['network']) },
      removed: [],
      failed: {},
      revert: null,
      broken: null,
      ...change.after,
    },
  };
}

export function project(dir: string, dependsOn: string[] = []): RecordEntry['after']['projects'][string] {
  return {
    dir,
    workspace: 'default',
    dependsOn,
    commit: C2,
    digest: `content of ${dir}`,
    planDigest: `plan of ${dir}`,
    terraform: { binary: 'terraform', version: '1.11.4' },
    providers: {},
    address: null,
    buildOutputs: {},
  };
}

/** `app` failed and everything was taken back to `C1`. */
export function rolledBack(runId = 'run-2'): RecordEntry {
  return entry({
    runId,
    outcome: 'rolled-back',
    failedProject: 'app',
    failure: '\nError: local-exec provisioner error | exit 1\nmore of it',
    applied: [],
    after: {
      state: 'rollback',
      commit: C1,
      projects: {},
      failed: { app: 'bad content' },
      revert: { pull: 7, branch: 'cairn/revert-prod-3f2a91c' },
    },
  });
}
