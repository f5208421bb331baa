import type { PlanSummary } from '../plans/plan.ts';
import type { Project } from './project.ts';

/** How far a project is in a pass of a run. */
export interface ProjectProgress {
  project: Project;
  /** Commit whose files are used. */
  commit: string;
  destroy: boolean;
  /** Its own remote backend, or state that Cairn keeps. */
  state: 'own' | 'kept';
  address: string | null;
  /** What its own backend is told at init beside its files: the key of an ephemeral environment. */
  backendConfig: Record<string, string>;
  /** Addresses whose resources are replaced. */
  replace: string[];
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

/** A project at the start of a pass. */
export function newProgress(
  project: Project,
  rest: Pick<
    ProjectProgress,
    | 'commit'
    | 'destroy'
    | 'state'
    | 'address'
    | 'formerState'
    | 'reasons'
    | 'content'
    | 'reuse'
    | 'buildOutputs'
  > &
    Partial<Pick<ProjectProgress, 'backendConfig' | 'replace'>>,
): ProjectProgress {
  return {
    project,
    backendConfig: {},
    replace: [],
    ...rest,
    status: 'pending',
    waitsFor: null,
    reused: false,
    planJob: null,
    plan: null,
    violations: [],
    approved: null,
    apply: null,
    error: null,
  };
}
