import type { WorkflowRun } from '../../../core/ports.ts';

export const COMMIT = 'c'.repeat(40);

/** A run of a GitHub Actions workflow that alice's push started. */
export const RUN: WorkflowRun = {
  actor: 'alice',
  attempt: 1,
  headRepository: 'acme/shop',
  branch: 'main',
  commit: COMMIT,
  status: 'in_progress',
  event: 'push',
  title: 'Deploy',
};
