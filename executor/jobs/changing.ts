import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { ApplyJob, TerraformJob } from '../../core/jobs/job.ts';
import type { Context } from '../context.ts';
import { APPLYING } from '../files.ts';
import { keptState } from '../terraform/prepare.ts';
import type { Terraform } from '../terraform/terraform.ts';

/** Does what changes a state: noted before it begins, and from then on the state is kept, whatever becomes of it. */
export async function changeState(
  context: Context<ApplyJob | TerraformJob>,
  terraform: Terraform,
  change: () => Promise<void>,
): Promise<void> {
  const { job, dirs, result } = context;
  writeFileSync(
    join(dirs.out, APPLYING),
    `terraform ${job.kind === 'apply' ? 'apply' : job.args[0]} was started\n`,
  );
  result.started = true;
  try {
    await change();
  } finally {
    saveState(context, terraform);
  }
}

function saveState({ job, dirs, log }: Context<ApplyJob | TerraformJob>, terraform: Terraform): void {
  const state = keptState(job, dirs);
  if (state && existsSync(state)) copyFileSync(state, join(dirs.out, JOB_FILES.stateOut));
  const errored = join(terraform.root, JOB_FILES.erroredState);
  if (!existsSync(errored)) return;
  copyFileSync(errored, join(dirs.out, JOB_FILES.erroredState));
  log.line('terraform could not write its state; it is kept, and pushed by the next job of this project.');
}
