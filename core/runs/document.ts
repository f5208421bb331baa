import type { PlanSummary } from '../plans/plan.ts';
import type { Policy } from '../projects/policy.ts';
import type { Project } from '../projects/project.ts';
import type { DeployRequest, PlanRequest, RollbackRequest } from '../requests/request.ts';

/**
 * All that a run knows, between two steps. A step reads document `n`, decides, and writes document `n + 1`:
 * documents are never changed, so a step that is repeated after a crash reads what it read before and writes
 * the same again. The workflow's state carries only the key of the newest one.
 */
export interface RunDocument {
  n: number;
  runId: string;
  runNumber: number;
  request: PlanRequest | DeployRequest | RollbackRequest;
  repository: string;
  environment: string;
  pull: PullPart | null;
  /** What is planned or deployed: a test merge for a pull request, else a commit of the branch. */
  commit: string;
  /** The environment's branch; null for a pull request's plan. */
  branch: string | null;
  /** Tree that changes are computed from: the pull request's base, or the last good commit (null: none yet). */
  base: string | null;
  /** In force for this run: what was approved before, not what this commit says. */
  policy: Policy;
  /** Sentences, for people. */
  policyChanges: string[];
  /** SHA-256 of cairn.yaml at `commit`; part of what an approval binds to. */
  configDigest: string;
  slackChannel: string | null;
  /** Logins that may not approve under `not_author`. */
  authors: string[];
  /** Fencing number of the environment's lock; 0 without a lock. */
  fence: number;
  /** Projects of the environment with a remote backend of their own: what others need to read their state. */
  backends: Record<string, { type: string; config: Record<string, unknown> }>;
  /** Roots that are gone and are only reported. */
  reported: string[];
  moved: { from: string; to: string }[];
  /** Artifact prefix of the build's job, and what it gave: variables of every plan of the run. */
  build: { job: string; outputs: Record<string, string> | null } | null;
  phase: 'deploy' | 'rollback';
  deploy: Pass;
  rollback: Pass | null;
  /** The environment was broken before: whether it is well again is asked even if nothing changes. */
  brokenBefore: boolean;
  /** Projects that the record says were applied once. */
  everApplied: string[];
  approval: { digest: string; until: string } | null;
  /** Why people are asked again, as sentences. */
  differences: string[];
  approvals: { digest: string; by: string; at: string }[];
  /** Job prefix of the check that ran last. */
  verify: { job: string; phase: RunDocument['phase']; ok: boolean | null } | null;
  /** What went wrong, in words; the first one stays. */
  failure: Failure | null;
  /** Why the environment could not be taken back. */
  broken: string | null;
  /** Projects that only the failed commit has and that a rollback leaves, by `removed: report`. */
  leftOver: string[];
  revert: { pull: number; url: string; branch: string; left: string[] } | null;
  /** By hand: content digests of what is taken away, by project; a deploy of one of them is refused later. */
  takenBack: Record<string, string>;
  outcome: Outcome | null;
}

export type Outcome =
  | 'planned'
  | 'deployed'
  | 'nothing'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'refused'
  | 'rolled-back'
  | 'broken'
  | 'superseded';

export interface PullPart {
  number: number;
  title: string;
  author: string;
  url: string;
  head: string;
  headBranch: string;
  base: string;
  baseBranch: string;
  /** Its head lives in another repository. */
  fork: boolean;
}

export interface Failure {
  /** Project, or null for the run as a whole. */
  project: string | null;
  stage: 'source' | 'build' | 'plan' | 'guard' | 'apply' | 'verify' | 'approval' | 'content';
  message: string;
  /** Artifact prefix of the job whose log tells more. */
  job: string | null;
}

/** Once through a set of projects, wave by wave: the deploy itself, and the way back if it failed. */
export interface Pass {
  /** Whose files are planned (a project that is destroyed names its own). */
  commit: string;
  waves: string[][];
  /** Index of the wave that is next to be planned or applied. */
  wave: number;
  /** `new`: nothing is planned; `planned`: the wave may be applied; `applied`: the wave is done. */
  stage: 'new' | 'planning' | 'planned' | 'applying' | 'applied';
  projects: Record<string, ProjectProgress>;
}

export interface ProjectProgress {
  project: Project;
  /** Commit whose files are used. */
  commit: string;
  destroy: boolean;
  /** Its own remote backend, or state that Cairn keeps. */
  state: 'own' | 'kept';
  address: string | null;
  /** Kept state of a project that was renamed: key under its former name, used while there is none under the new. */
  formerState: string | null;
  reasons: string[];
  /** Of its content alone: what a rollback remembers, and what tells whether anything changed. */
  content: string;
  /** Content and recorded deployments: what a plan may be reused by. */
  reuse: string;
  status: 'pending' | 'planned' | 'empty' | 'waits' | 'plan-failed' | 'applied' | 'apply-failed';
  waitsFor: string | null;
  reused: boolean;
  /** Artifact prefix of the plan's job that runs, ran last, or is used again. */
  planJob: string | null;
  plan: PlanPart | null;
  /** Guards that its plan violates, as sentences. */
  violations: string[];
  /** Artifact prefix of the plan that people approved. */
  approved: string | null;
  apply: { job: string; started: boolean } | null;
  error: string | null;
  /** Values of the run in which it was last applied, for a rollback that rebuilds nothing. */
  buildOutputs: Record<string, string>;
}

export interface PlanPart {
  job: string;
  digest: string;
  sha256: string;
  /** SHA-256 of the other files that its apply works with. */
  madeWith: Record<string, string>;
  summary: PlanSummary;
  terraform: { binary: string; version: string };
  providers: Record<string, string>;
}

export function currentPass(doc: RunDocument): Pass {
  return doc.phase === 'rollback' && doc.rollback ? doc.rollback : doc.deploy;
}

/** The document with its current pass replaced. */
export function withPass(doc: RunDocument, pass: Pass): RunDocument {
  return doc.phase === 'rollback' ? { ...doc, rollback: pass } : { ...doc, deploy: pass };
}

/** True once any job of the run reached `terraform apply`: from then on the world may have changed. */
export function touchedTheWorld(doc: RunDocument): boolean {
  return [doc.deploy, doc.rollback].some(
    (pass) => pass !== null && Object.values(pass.projects).some((p) => p.apply?.started),
  );
}

/** With what the run came to, once nothing is left to do. */
export function settled(doc: RunDocument): RunDocument {
  if (doc.phase === 'rollback' && doc.broken === null) return { ...doc, outcome: 'rolled-back' };
  if (doc.outcome !== null) return doc;
  return { ...doc, outcome: doc.request.command === 'rollback' ? 'rolled-back' : 'deployed' };
}
