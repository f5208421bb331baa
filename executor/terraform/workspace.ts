import { isEphemeral } from '../../core/ephemeral/name.ts';
import type { ApplyJob, PlanJob, TerraformJob } from '../../core/jobs/job.ts';
import type { Context } from '../context.ts';
import type { Ended } from '../process.ts';
import type { Terraform } from './terraform.ts';

type RootJob = PlanJob | ApplyJob | TerraformJob;

/** A root with a backend of its own, and one of its workspaces that may not be there. */
export function mayBeMissing({ project }: RootJob): boolean {
  return project.state.kind === 'own' && project.workspace !== 'default';
}

/** What `terraform workspace list` says. */
export function lists({ stdout }: Ended, workspace: string): boolean {
  const names = stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.replace(/^[*\s]+/, '').trim());
  return names.includes(workspace);
}

/**
 * After an apply that left nothing: the workspace of an ephemeral environment goes too, so that none collect.
 * One that stays is only untidy.
 */
export async function forgetWorkspace(
  { job, log }: Context<ApplyJob>,
  terraform: Terraform,
  isEmpty: boolean,
): Promise<void> {
  const { workspace } = job.project;
  if (!isEmpty || !mayBeMissing(job) || !isEphemeral(job.environment)) return;
  const done = await terraform.runInDefault(['workspace', 'delete', '-no-color', workspace]);
  if (done.code === 0) log.line(`Nothing is left in the workspace ${workspace}: it was deleted.`);
  else log.line(`The empty workspace ${workspace} could not be deleted; it does no harm.\n${done.stderr}`);
}
