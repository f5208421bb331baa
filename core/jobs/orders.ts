import { isDeepStrictEqual } from 'node:util';
import { readsOwnOnly } from '../ephemeral/config.ts';
import { isEphemeral, placeOf } from '../ephemeral/name.ts';
import type { ProjectProgress } from '../projects/progress.ts';
import { STANDARD_SIZE } from '../projects/project.ts';
import { currentPass, type RunDocument, workflowOf } from '../runs/document.ts';
import { JOB_FILES } from './files.ts';
import type { ApplyJob, BuildJob, Job, PlanJob, TerraformJob, VerifyJob } from './job.ts';
import {
  buildClaim,
  claimKey,
  definitionName,
  type JobsOfRun,
  jobName,
  jobPrefix,
  queueName,
  UNGUESSED,
} from './names.ts';
import type { JobOrder } from './order.ts';

/** What a Map item or a `.sync` state needs to submit a job; names, never ARNs. */
export interface JobItem {
  /** Artifact prefix of the order. */
  job: string;
  /** Name in the job list. */
  name: string;
  queue: ReturnType<typeof queueName>;
  /** Name of the job definition, or of the build's project. */
  definition: string;
}

export const PLAN_TIMEOUT = 3600;
export const APPLY_TIMEOUT = 4 * 3600;

export function sourceKey(repository: string, commit: string): string {
  return `sources/${repository}/${commit}.tar.gz`;
}

/** A project's name as one path segment. */
export function segment(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}

/** An ephemeral environment's stands below `ephemeral/`, where its rights end. */
export function stateKey(
  { repository, environment }: { repository: string; environment: string },
  project: string,
): string {
  const place = isEphemeral(environment) ? `${placeOf(environment)}/${environment}` : environment;
  return `${repository}/${place}/${segment(project)}`;
}

export function itemOf(order: JobOrder): JobItem {
  return {
    job: order.prefix,
    name: jobName(order.job.runId, order.job.id),
    queue: queueName(order.identity.stage === 'apply' ? 'apply' : 'plan'),
    definition: definitionName(order.identity, order.size),
  };
}

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
  const upstream: Record<string, string> = {};
  for (const name of progress?.project.dependsOn ?? []) {
    if (upstreamBackend(doc, name)) continue;
    const other = currentPass(doc).projects[name];
    // A renamed project's state stays under its former name until it is applied under the new one.
    const former = other && other.status !== 'applied' ? other.formerState : null;
    upstream[upstreamFile(name)] = former ?? stateKey(doc, name);
  }
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
    upstream,
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

function projectPart(doc: RunDocument, progress: ProjectProgress): PlanJob['project'] {
  const { name, dir, workspace, variables, dependsOn } = progress.project;
  const upstream: PlanJob['project']['upstream'] = {};
  for (const other of dependsOn) {
    const backend = upstreamBackend(doc, other);
    upstream[other] = backend
      ? { kind: 'remote', backend: backend.type, config: backend.config }
      : { kind: 'file', file: upstreamFile(other) };
  }
  return {
    name,
    dir,
    workspace,
    state: progress.state === 'kept' ? { kind: 'file' } : { kind: 'own', config: progress.backendConfig },
    variables: { ...variables, ...buildOutputs(doc, progress), cairn_environment: doc.environment },
    upstream,
  };
}

/** A rollback plans with what the good deployment was built with; nothing is rebuilt. */
function buildOutputs(doc: RunDocument, progress: ProjectProgress): Record<string, string> {
  if (doc.phase === 'rollback' || progress.destroy) return progress.buildOutputs;
  return doc.build?.outputs ?? progress.buildOutputs;
}

function upstreamBackend(doc: RunDocument, name: string): RunDocument['backends'][string] | null {
  return doc.backends[name] ?? null;
}

function upstreamFile(name: string): string {
  return `upstream-${segment(name)}.tfstate`;
}

function folderOf(doc: RunDocument, progress: ProjectProgress): string {
  return `${doc.repository}/${doc.environment}/${progress.project.name}`;
}

/** Values of secrets are hidden from what people see: with other values something else would be hidden. */
function hasSameSecrets(progress: ProjectProgress): boolean {
  return isDeepStrictEqual(secretsFor(progress, 'plan'), secretsFor(progress, 'apply'));
}

function secretsFor(progress: ProjectProgress, stage: 'plan' | 'apply'): Record<string, string> {
  const refs: Record<string, string> = {};
  for (const [name, ref] of Object.entries(progress.project.secrets)) {
    const value = stage === 'apply' ? (ref.apply ?? ref.plan) : ref.plan;
    if (value) refs[name] = value;
  }
  return refs;
}
