import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { ApplyJob } from '../../core/jobs/job.ts';
import { planDigest } from '../../core/plans/digest.ts';
import type { TerraformPlan } from '../../core/plans/plan.ts';
import { readJson } from '../../core/plans/read-json.ts';
import { redactPlan } from '../../core/plans/redact.ts';
import { secretsOfPlan } from '../../core/plans/secrets.ts';
import { type Context, timed } from '../context.ts';
import { JobFailed, JobInterrupted, JobRefused } from '../outcome.ts';
import type { Ended } from '../process.ts';
import { cleanOutputs, stateSecrets } from '../secrets/state-secrets.ts';
import { upstreamSecrets } from '../secrets/upstream-secrets.ts';
import { sha256Of } from '../source/sha256.ts';
import { unpack } from '../source/unpack.ts';
import { readLockfile } from '../terraform/lockfile.ts';
import { ownLock } from '../terraform/own-lock.ts';
import { failUnless, layWork, prepareTerraform } from '../terraform/prepare.ts';
import { headsOf, progressOf } from '../terraform/progress.ts';
import type { Terraform } from '../terraform/terraform.ts';
import type { Binary } from '../terraform/version.ts';
import { forgetWorkspace } from '../terraform/workspace.ts';
import { changeState } from './changing.ts';
import { lockTimeout } from './plan.ts';
import { PLAN_NOTE, type PlanNote } from './plan-work.ts';

/**
 * Applies the stored plan, in the folder and with the version it was made with.
 *
 * The log: while terraform works, only its own progress lines are shown, without the ids in them. All the
 * rest may hold what is born in this apply (a provisioner that prints a password), so it is held back until the
 * state was read and its sensitive values are known; then the complete output follows.
 */
export async function runApply(context: Context<ApplyJob>): Promise<void> {
  const { job, dirs, log, result } = context;
  const plan = checkedPlan(context);
  await layWork(context);
  const { terraform: maker = null, withoutWorkspace = false, hidden = [] } = await layPlanWork(context);
  log.hide(hidden);
  const terraform = await prepareTerraform(context, (offered) => sameVersion(offered, maker));
  result.providers = readLockfile(join(terraform.root, '.terraform.lock.hcl'));
  if (withoutWorkspace) await planInWorkspace(context, terraform);
  else writeFileSync(dirs.planFile, plan, { mode: 0o600 });
  const shown = await timed(context, 'show', () => terraform.run(['show', '-json', dirs.planFile]));
  failUnless(shown, context, 'terraform show');
  const content = readJson(shown.stdout.toString('utf8')) as TerraformPlan;
  log.hide(secretsOfPlan(content));
  checkShown(context, content, { isNew: withoutWorkspace, hidden });

  log.line('Applying.');
  const args = [
    'apply',
    '-input=false',
    '-no-color',
    `-lock-timeout=${lockTimeout(job.timeout)}`,
    dirs.planFile,
  ];
  await changeState(context, terraform, async () => {
    const live = progressOf((line) => log.line(line));
    const applied = await timed(context, 'apply', () => terraform.run(args, live));
    await afterApply(context, terraform, applied);
  });
}

function checkedPlan({ job, dirs }: Context<ApplyJob>): Buffer {
  const path = join(dirs.in, JOB_FILES.plan);
  if (!existsSync(path)) throw new JobRefused('The stored plan is not there any more. Plan again.');
  const wanted = { [JOB_FILES.plan]: job.planSha256, ...job.madeWith };
  for (const [name, sha256] of Object.entries(wanted)) {
    const file = join(dirs.in, name);
    const found = existsSync(file) ? sha256Of(file) : 'missing';
    if (found === sha256) continue;
    const what = name === JOB_FILES.plan ? 'The stored plan' : `The stored ${name} of the plan`;
    throw new JobRefused(
      `${what} is not the one that was approved: its SHA-256 is ${found}, approved was ${sha256}. ` +
        'Nothing was applied. Plan again, and find out who can write the stored plans.',
    );
  }
  return readFileSync(path);
}

/**
 * What people approved was told by the job that planned, which runs the commit's own code. The plan file is what
 * is applied: read here, where none of that code ran, it must come to the digest that was shown.
 */
function checkShown(
  { job, secrets }: Context<ApplyJob>,
  content: TerraformPlan,
  { isNew, hidden }: { isNew: boolean; hidden: readonly string[] },
): void {
  if (!job.shown && isNew) cannotCompare(job);
  if (!job.shown) return;
  const found = planDigest(
    redactPlan(content, job.shown.hashKey, [...Object.values(secrets), ...hidden]).changes,
  );
  if (found === job.shown.digest) return;
  if (isNew) {
    throw new JobRefused(
      `Planned in its new workspace ${job.project.workspace}, it comes to the digest ${found}; shown was ${job.shown.digest}. ` +
        'Nothing was applied. The workspace is there now: run it again, and the plan that is shown is the one that is applied.',
    );
  }
  throw new JobRefused(
    `The stored plan is not what was shown for approval: its digest is ${found}, shown was ${job.shown.digest}. ` +
      'Nothing was applied. If Cairn was upgraded since, plan again; else look at what runs while this project is planned ' +
      '(providers, `external`) first.',
  );
}

function cannotCompare({ project }: ApplyJob): never {
  throw new JobRefused(
    `The workspace ${project.workspace} was new, and its plan cannot be compared with the one that was shown: a secret differs ` +
      'between plan and apply. Nothing was applied. The workspace is there now: run it again.',
  );
}

/**
 * The plan was made of nothing, since the workspace was not there and a plan makes none. Here it is made, and the
 * plan with it: it is applied only if it comes to what was shown.
 */
async function planInWorkspace(context: Context<ApplyJob>, terraform: Terraform): Promise<void> {
  const { job, dirs, log } = context;
  log.line(`Making the workspace ${job.project.workspace}.`);
  const args = ['plan', '-input=false', '-no-color', `-out=${dirs.planFile}`];
  const planned = await timed(context, 'plan', () =>
    terraform.run([...args, `-lock-timeout=${lockTimeout(job.timeout)}`]),
  );
  failUnless(planned, context, 'terraform plan');
}

/** What the plan left in the checkout, laid over the source. Answers how the plan was made. */
async function layPlanWork({ dirs }: Context<ApplyJob>): Promise<PlanNote> {
  const archive = join(dirs.in, JOB_FILES.planWork);
  if (!existsSync(archive)) return {};
  await unpack(archive, dirs.src);
  const note = join(dirs.src, PLAN_NOTE);
  if (!existsSync(note)) return {};
  const said = JSON.parse(readFileSync(note, 'utf8')) as PlanNote;
  rmSync(note);
  return said;
}

function sameVersion(offered: Binary[], maker: PlanNote['terraform'] | null): Binary[] {
  if (!maker) return offered;
  const same = offered.filter(({ binary, version }) => binary === maker.binary && version === maker.version);
  if (same.length > 0) return same;
  throw new JobRefused(
    `The plan was made with ${maker.binary} ${maker.version}, which this host does not offer any more. Plan again.`,
  );
}

async function afterApply(context: Context<ApplyJob>, terraform: Terraform, applied: Ended): Promise<void> {
  const { log, result } = context;
  const state = await timed(context, 'state', () => stateSecrets(terraform));
  const output = applied.stdout.toString('utf8');
  if (applied.code !== 0) {
    const lockId = await ownLock(context, terraform, applied);
    if (lockId) result.lockId = lockId;
  }
  if (!state) {
    log.line("The state could not be read afterwards, so terraform's complete output is withheld.");
    if (applied.code === 0) throw new JobFailed('terraform applied the plan, but its state cannot be read.');
    throw new JobFailed(
      `terraform apply failed; the details are withheld, since the state could not be read.\n${headsOf(applied.stderr)}`,
    );
  }
  log.hide(state.secrets);
  log.hide(await timed(context, 'upstream', () => upstreamSecrets(context, terraform, state.upstream)));
  log.line('Complete output:');
  log.block(output);
  if (applied.interrupted) {
    log.block(applied.stderr);
    throw new JobInterrupted();
  }
  result.outputs = cleanOutputs(state.outputs, log.scrub);
  failUnless(applied, context, `${result.terraform?.binary ?? 'terraform'} apply`);
  await forgetWorkspace(context, terraform, state.empty);
}
