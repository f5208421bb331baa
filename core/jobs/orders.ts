import { readsOwnOnly } from '../ephemeral/config.ts';
import { placeOf } from '../ephemeral/name.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import { STANDARD_SIZE } from '../projects/project.ts';
import { currentPass, type RunDocument, workflowOf } from '../runs/document.ts';
import { JOB_FILES } from './files.ts';
import type { ApplyJob, BuildJob, Job, PlanJob, TerraformJob, VerifyJob } from './job.ts';
import { segment, sourceKey, stateKey } from './keys.ts';
import { buildClaim, claimKey, type JobsOfRun, jobPrefix, UNGUESSED } from './names.ts';
import type { JobOrder } from './order.ts';
import { hasSameSecrets, projectPart, secretsFor, upstreamStates } from './project-part.ts';

export const PLAN_TIMEOUT = 3600;
export const APPLY_TIMEOUT = 4 * 3600;

export function planId(doc: Pick<RunDocument, 'n'>, project: string): string {
  return `plan-${doc.n}-${segment(project)}`;
}

/**
 * The order of a project's plan. `hashKey` is the run's key (hex), `secret` one that no job knows: jobs of one
 * identity may write below each other's prefixes, so that of a plan, which runs what nobody has approved yet,
 * cannot be guessed. `unlock` is a lock that a dead job left.
 */
export function planOrder(
  doc: RunDocument,
  progress: ProjectProgress,
  { hashKey, secret }: { hashKey: string; secret: string },
  unlock: string | null = null,
): JobOrder {
  const stage = doc.request.command === 'plan' ? 'pr-plan' : 'deploy-plan';
  const isApplied = stage === 'deploy-plan' && doc.request.command !== 'drift';
  const job: PlanJob = {
    ...common(doc, planId(doc, progress.project.name), PLAN_TIMEOUT),
    kind: 'plan',
    stage,
    project: projectPart(doc, progress),
    destroy: progress.destroy,
    replace: progress.replace,
    lock: isApplied,
    unlock: isApplied ? unlock : null,
    ...(readsOwnOnly(doc.ephemeral, progress) ? { ownStates: true } : {}),
    hashKey,
    secrets: Object.keys(secretsFor(progress, 'plan')),
  };
  return {
    ...orderOf(doc, job, stage, progress),
    prefix: hidden(doc, job.id, secret),
    // A plan that is never applied has a folder of its own, so that it runs beside others.
    folder: !isApplied ? `${doc.runId}/${job.id}` : folderOf(doc, progress),
    secrets: secretsFor(progress, 'plan'),
    claim: null,
  };
}

/** The order of an apply of the plan that stands in the document. `hashKey` is the run's key (hex). */
export function applyOrder(doc: RunDocument, progress: ProjectProgress, hashKey: string): JobOrder {
  const plan = progress.plan;
  if (!plan) throw new Error(`no plan to apply for ${progress.project.name}`);
  const pass = currentPass(doc);
  const job: ApplyJob = {
    ...common(doc, `apply-${doc.n}-${segment(progress.project.name)}`, APPLY_TIMEOUT),
    kind: 'apply',
    project: projectPart(doc, progress),
    planSha256: plan.sha256,
    madeWith: plan.madeWith,
    shown: hasSameSecrets(progress) ? { digest: plan.digest, hashKey } : null,
    fence: doc.fence,
    secrets: Object.keys(secretsFor(progress, 'apply')),
  };
  const order = orderOf(doc, job, 'apply', progress);
  return {
    ...order,
    inputs: {
      ...order.inputs,
      [JOB_FILES.plan]: `${plan.job}/out/${JOB_FILES.plan}`,
      [JOB_FILES.planWork]: `${plan.job}/out/${JOB_FILES.planWork}`,
    },
    folder: folderOf(doc, progress),
    secrets: secretsFor(progress, 'apply'),
    claim: claimKey(
      runOf(doc),
      `${passName(doc)}-${pass.wave}/${segment(progress.project.name)}/${doc.fence}`,
    ),
  };
}

/** A destroy goes through what is left again and again: each time is a pass of its own. */
function passName({ phase, destroy }: RunDocument): string {
  return destroy && destroy.attempt > 1 ? `${phase}-again-${destroy.attempt}` : phase;
}

export function commandId(doc: Pick<RunDocument, 'n'>, project: string, writes: boolean): string {
  return `${writes ? 'write' : 'read'}-${doc.n}-${segment(project)}`;
}

/**
 * The order of one terraform command. One that writes is claimed once for each time the lock is held, as an apply is.
 * `secret` as for a plan: what a command prints is not for the plans of one identity to read, or to make up.
 */
export function commandOrder(
  doc: RunDocument,
  progress: ProjectProgress,
  { args, writes, secret }: { args: string[]; writes: boolean; secret: string },
): JobOrder {
  const secrets = secretsFor(progress, writes ? 'apply' : 'plan');
  const job: TerraformJob = {
    ...common(doc, commandId(doc, progress.project.name, writes), PLAN_TIMEOUT),
    kind: 'terraform',
    project: projectPart(doc, progress),
    args,
    writes,
    fence: writes ? doc.fence : 0,
    secrets: Object.keys(secrets),
  };
  const order = {
    ...orderOf(doc, job, writes ? 'apply' : 'deploy-plan', progress),
    prefix: hidden(doc, job.id, secret),
    secrets,
  };
  if (!writes) return order;
  const claim = claimKey(runOf(doc), `write/${segment(progress.project.name)}/${doc.fence}`);
  return { ...order, folder: folderOf(doc, progress), claim };
}

/** The check that decides whether an environment is healthy. `url` is resolved already. */
export function verifyOrder(
  doc: RunDocument,
  check: VerifyJob['check'],
  times: { attempts: number; interval: number; timeout: number },
): JobOrder {
  const job: VerifyJob = {
    ...common(doc, `verify-${doc.n}`, times.timeout),
    kind: 'verify',
    check,
    attempts: times.attempts,
    interval: times.interval,
    secrets: [],
  };
  return orderOf(doc, job, 'verify', null);
}

export function buildOrder(
  doc: RunDocument,
  build: { command: string[]; dir: string },
  variables: Record<string, string>,
): JobOrder {
  const job: BuildJob = {
    ...common(doc, `build-${doc.n}`, PLAN_TIMEOUT),
    kind: 'build',
    command: build.command,
    dir: build.dir,
    variables,
    secrets: [],
  };
  const order = orderOf(doc, job, 'build', null);
  return { ...order, claim: buildClaim(order.prefix) };
}

function common(doc: RunDocument, id: string, timeout: number) {
  return {
    version: 1 as const,
    id,
    runId: doc.runId,
    repository: doc.repository,
    environment: doc.environment,
    timeout,
  };
}

function orderOf(
  doc: RunDocument,
  job: Job,
  stage: JobOrder['identity']['stage'],
  progress: ProjectProgress | null,
): JobOrder {
  return {
    prefix: prefixOf(doc, job.id),
    job,
    inputs: { [JOB_FILES.source]: sourceKey(doc.repository, progress?.commit ?? currentPass(doc).commit) },
    state:
      progress?.state === 'kept'
        ? {
            key: stateKey(doc, progress.project.name),
            write: stage === 'apply',
            former: progress.formerState,
          }
        : null,
    upstream: upstreamStates(doc, progress),
    secrets: {},
    identity: { repository: doc.repository, environment: placeOf(doc.environment), stage },
    size: progress?.project.size ?? STANDARD_SIZE,
    folder: `${doc.runId}/${job.id}`,
    claim: null,
    trace: null,
  };
}

function runOf({ runId, repository, environment, request }: RunDocument): JobsOfRun {
  return { id: runId, repository, environment, workflow: workflowOf(request.command) };
}

function prefixOf(doc: RunDocument, jobId: string): string {
  const prefix = jobPrefix(runOf(doc), jobId);
  if (prefix === null) throw new Error(`a ${doc.request.command} has no job ${jobId}`);
  return prefix;
}

/** A prefix that nobody guesses without the secret, and the same for a step that is repeated. */
function hidden(doc: RunDocument, jobId: string, secret: string): string {
  return prefixOf(doc, `${jobId}${UNGUESSED}${secret.slice(0, 16)}`);
}

function folderOf(doc: RunDocument, progress: ProjectProgress): string {
  return `${doc.repository}/${doc.environment}/${progress.project.name}`;
}
