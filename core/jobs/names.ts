import { createHash } from 'node:crypto';
import { placeOf } from '../ephemeral/name.ts';
import type { Run } from '../requests/run.ts';
import { type JobOrder, STAGES } from './order.ts';

/**
 * The one place that names jobs: their artifacts, and what AWS calls them (names, never ARNs, travel in the
 * workflows). Permissions follow from these names, so the stacks make theirs with the same functions.
 */

export { STANDARD_SIZE } from '../projects/project.ts';

export type JobIdentity = JobOrder['identity'];
export type Stage = JobIdentity['stage'];

/** What AWS Batch takes as a name: 1-128 of letters, digits, `-`, `_`. */
const LONGEST_NAME = 128;

export function queueName(queue: 'plan' | 'apply'): `cairn-${typeof queue}` {
  return `cairn-${queue}`;
}

/**
 * Name of the job definition of an identity and a size, or of the build's project (builds have no sizes).
 * People read the first part; the hash keeps `a-b/c` and `a/b-c` apart, also where the rest was cut.
 */
export function definitionName(identity: JobIdentity, size: string): string {
  const { repository, environment, stage } = identity;
  const sized = stage === 'build' ? null : size;
  const all = JSON.stringify([repository, environment, stage, sized]);
  const hash = createHash('sha256').update(all).digest('hex').slice(0, 8);
  const end = [stage, ...(sized === null ? [] : [sized]), hash].join('-');
  const slug = clean(`${repository}-${environment}`).slice(0, LONGEST_NAME - 'cairn--'.length - end.length);
  return `cairn-${slug}-${end}`;
}

/** Name in the job list: all jobs of a run start with `<runId>-`. */
export function jobName(runId: string, jobId: string): string {
  return clean(`${runId}-${jobId}`).slice(0, LONGEST_NAME);
}

function clean(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-');
}

/** What a run's jobs are stored by. */
export type JobsOfRun = Pick<Run, 'id' | 'repository' | 'environment' | 'workflow'>;

/** What a job's id begins with -> its stage, by workflow. */
const DEPLOYS: ReadonlyMap<string, Stage> = new Map<string, Stage>([
  ['plan', 'deploy-plan'],
  ['apply', 'apply'],
  ['verify', 'verify'],
  ['build', 'build'],
]);
const STAGES_OF: Record<Run['workflow'], ReadonlyMap<string, Stage>> = {
  plan: new Map([['plan', 'pr-plan']]),
  deploy: DEPLOYS,
  ephemeral: DEPLOYS,
  destroy: new Map<string, Stage>([
    ['plan', 'deploy-plan'],
    ['apply', 'apply'],
    ['read', 'deploy-plan'],
  ]),
  extend: new Map(),
  run: new Map<string, Stage>([
    ['read', 'deploy-plan'],
    ['write', 'apply'],
  ]),
  drift: new Map([['plan', 'deploy-plan']]),
};

/** Between a plan's id and what keeps others from guessing its prefix; no project's name has it. */
export const UNGUESSED = '~';

/** Artifact prefix of a job; null for an id that no job of such a run has. */
export function jobPrefix(run: JobsOfRun, jobId: string): string | null {
  const kind = /^([a-z]+)-\d+(?:-.|$)/.exec(jobId)?.[1] ?? '';
  const stage = STAGES_OF[run.workflow].get(kind);
  if (stage === undefined || jobId.includes('/')) return null;
  return `${stagePrefix(run, stage)}/${jobId}`;
}

/** Where a run's jobs are listed: one prefix per stage, each with a `/` at its end. */
export function jobPrefixes(run: JobsOfRun): string[] {
  const stages = new Set(STAGES_OF[run.workflow].values());
  return [...stages].map((stage) => `${stagePrefix(run, stage)}/`);
}

function stagePrefix({ id, repository, environment }: JobsOfRun, stage: Stage): string {
  return `jobs/${repository}/${placeOf(environment)}/${stage}/${id}`;
}

/**
 * What a job's artifact prefix says: it may be of another run than the one that names it. Null if it is none. Its
 * environment is the place of it: `ephemeral` for every ephemeral one.
 */
export function parseJobPrefix(prefix: string): (JobIdentity & { runId: string; jobId: string }) | null {
  const [root, owner, name, environment, stage, runId, jobId, ...more] = prefix.split('/');
  if (root !== 'jobs' || !owner || !name || !environment || !runId || !jobId || more.length > 0) return null;
  if (!isStage(stage)) return null;
  return { repository: `${owner}/${name}`, environment, stage, runId, jobId };
}

function isStage(text: string | undefined): text is Stage {
  return STAGES.some((stage) => stage === text);
}

/** Write-once key of what must happen once in a run. */
export function claimKey(run: Pick<JobsOfRun, 'id' | 'repository' | 'environment'>, what: string): string {
  return `claims/${run.repository}/${placeOf(run.environment)}/${run.id}/${what}`;
}

/** What a build pushes nobody takes back: asked for twice, it runs once. Where its role may write and no other's. */
export function buildClaim(prefix: string): string {
  return `${prefix}/out/claim.json`;
}
