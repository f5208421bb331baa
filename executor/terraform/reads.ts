import type { Job } from '../../core/jobs/job.ts';

/** True for what leaves every state as it is: no lock, no new workspace, nothing that is pushed. */
export function onlyReads(job: Job): boolean {
  if (job.kind === 'plan') return job.lock === false || (job.lock === undefined && job.stage === 'pr-plan');
  return job.kind !== 'apply' && !(job.kind === 'terraform' && job.writes);
}
