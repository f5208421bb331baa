import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { PlanJob } from '../../core/jobs/job.ts';
import { kindOf, moved } from '../../core/plans/actions.ts';
import type { TerraformPlan } from '../../core/plans/plan.ts';
import { readJson } from '../../core/plans/read-json.ts';
import { redactPlan } from '../../core/plans/redact.ts';
import { remoteStatesOf, type StateJson, secretsOfPlan } from '../../core/plans/secrets.ts';
import { summarize } from '../../core/plans/summary.ts';
import { type Context, timed } from '../context.ts';
import { JobInterrupted } from '../outcome.ts';
import { formerReads } from '../secrets/former-reads.ts';
import { stateSecrets } from '../secrets/state-secrets.ts';
import { laidSecrets, upstreamSecrets } from '../secrets/upstream-secrets.ts';
import { sha256Of } from '../source/sha256.ts';
import { refuseForeignReads } from '../terraform/foreign-reads.ts';
import { readLockfile } from '../terraform/lockfile.ts';
import { failUnless, layWork, prepareTerraform } from '../terraform/prepare.ts';
import { onlyReads } from '../terraform/reads.ts';
import type { Terraform } from '../terraform/terraform.ts';
import { fileClock, packPlanWork } from './plan-work.ts';

/**
 * init, plan, show. No `validate`: it is 40 to 50 ms of the 150 that a small plan takes, `plan` makes the same
 * walk first, and its diagnostics name file and line just so.
 */
export async function runPlan(context: Context<PlanJob>): Promise<void> {
  const { job, dirs, log, result } = context;
  await layWork(context);
  const since = fileClock(join(dirs.work, 'unpacked'));
  const terraform = await prepareTerraform(context, (offered) => offered);
  refuseForeignReads(context, terraform.root);
  result.providers = readLockfile(join(terraform.root, '.terraform.lock.hcl'));

  const args = ['plan', '-input=false', '-no-color', '-detailed-exitcode', `-out=${dirs.planFile}`];
  if (job.destroy) args.push('-destroy');
  args.push(...(job.replace ?? []).map((address) => `-replace=${address}`));
  // What is never applied writes nothing, not even a lock that a deployment would have to wait for.
  args.push(onlyReads(job) ? '-lock=false' : `-lock-timeout=${lockTimeout(job.timeout)}`);
  log.line('Planning.');
  const planned = await timed(context, 'plan', () => terraform.run(args));
  if (planned.code !== 0 && planned.code !== 2) {
    // What terraform printed before it failed may hold what the plan or the state marks sensitive.
    log.hide(await secretsAfterFailure(context, terraform));
  }
  failUnless(planned, context, `${result.terraform?.binary ?? 'terraform'} plan`, '', [0, 2]);

  const shown = await timed(context, 'show', () => terraform.run(['show', '-json', dirs.planFile]));
  failUnless(shown, context, 'terraform show');
  const plan = readJson(shown.stdout.toString('utf8')) as TerraformPlan;
  const hidden = await timed(context, 'upstream', () => markedElsewhere(context, terraform, plan));
  await timed(context, 'redact', () => {
    const known = [...Object.values(context.secrets), ...hidden];
    const { changes, secrets } = redactPlan(plan, job.hashKey, known);
    log.hide(secrets);
    log.block(planned.stdout.toString('utf8'));
    writeFileSync(join(dirs.out, JOB_FILES.changes), JSON.stringify(changes));
    writeFileSync(join(dirs.out, JOB_FILES.summary), JSON.stringify(summarize(changes)));
  });
  await timed(context, 'pack', async () => {
    const note = { terraform: result.terraform, withoutWorkspace: terraform.withoutWorkspace, hidden };
    await packPlanWork(dirs.src, since, job.project.dir, note, join(dirs.out, JOB_FILES.planWork));
    const bytes = readFileSync(dirs.planFile);
    result.planSha256 = sha256Of(dirs.planFile);
    writeFileSync(join(dirs.out, JOB_FILES.plan), bytes, { mode: 0o600 });
    result.madeWith = {
      [JOB_FILES.source]: sha256Of(join(dirs.in, JOB_FILES.source)),
      [JOB_FILES.planWork]: sha256Of(join(dirs.out, JOB_FILES.planWork)),
    };
  });
  result.empty = planned.code === 0;
}

/** Half a job's time, five minutes at most. */
export function lockTimeout(timeout: number): string {
  return `${Math.min(300, Math.ceil(timeout / 2))}s`;
}

async function secretsAfterFailure(context: Context<PlanJob>, terraform: Terraform): Promise<string[]> {
  const { dirs, stop } = context;
  // Nothing is asked any more, so nothing is shown.
  if (stop.reason) throw new JobInterrupted();
  const state = await stateSecrets(terraform);
  const secrets = state?.secrets ?? [];
  const taken = state?.upstream ?? [];
  // Terraform writes the part of a plan that it got to.
  if (existsSync(dirs.planFile)) {
    const shown = await terraform.run(['show', '-json', dirs.planFile]);
    if (shown.code === 0) {
      const plan = readJson(shown.stdout.toString('utf8')) as TerraformPlan;
      secrets.push(...secretsOfPlan(plan));
      taken.push(...remoteStatesOf(plan.prior_state as StateJson | undefined));
    }
  }
  return [...secrets, ...(await upstreamSecrets(context, terraform, taken))];
}

/**
 * What other states mark sensitive of what this plan may show: of their values as it read them, and as they were when
 * the project was applied last, since a plan shows what it takes away too.
 */
async function markedElsewhere(
  context: Context<PlanJob>,
  terraform: Terraform,
  plan: TerraformPlan,
): Promise<string[]> {
  const taken = remoteStatesOf(plan.prior_state as StateJson | undefined);
  if (showsFormer(plan)) taken.push(...(await formerReads(context, terraform)));
  return [...new Set([...laidSecrets(context.dirs), ...(await upstreamSecrets(context, terraform, taken))])];
}

function showsFormer(plan: TerraformPlan): boolean {
  const resources = [...(plan.resource_changes ?? []), ...(plan.resource_drift ?? [])];
  const movedOnes = resources.filter(moved).map(({ change }) => change);
  const changes = [...resources.map(({ change }) => change), ...Object.values(plan.output_changes ?? {})];
  return [...movedOnes, ...changes.filter((change) => kindOf(change) !== 'none')].some(
    ({ before }) => before !== null && before !== undefined,
  );
}
