import type { Changes, PlanSummary } from '../plans/plan.ts';

/** What a pull request's comment, check and message show of one environment. Plain data. */
export interface PlanReport {
  kind: 'plan';
  repository: string;
  environment: string;
  pull: { number: number; title: string; url: string } | null;
  /** The plan is of the test merge of `headCommit` into `baseCommit`. */
  headCommit: string;
  baseCommit: string;
  runUrl: string;
  state: 'running' | 'finished' | 'failed' | 'superseded';
  /** Why the run as a whole failed or was superseded; a few lines at most. */
  message?: string;
  /** Sentences: what this pull request changes in the policy of `cairn.yaml`. */
  policyChanges: string[];
  projects: ReportedProject[];
  /** Roots that are gone and are only reported. */
  removed: string[];
  /** A sentence where the environment is frozen: by whom, and what a merge would come to. */
  frozen?: string;
  /** What will happen once it is merged. */
  deploy?: { approvalRequired: boolean };
}

export type ProjectStatus =
  | 'pending'
  | 'running'
  | 'planned'
  | 'empty'
  | 'waits'
  | 'failed'
  /** Deploys only. */
  | 'applying'
  | 'applied'
  /** Applied, where all of it is taken down. */
  | 'destroyed'
  | 'apply-failed'
  | 'restored'
  | 'skipped';

/** What a run has done to a project. */
export const DONE: readonly ProjectStatus[] = ['applied', 'destroyed', 'restored'];

export interface ReportedProject {
  name: string;
  dir: string;
  status: ProjectStatus;
  /** Planned with `-destroy`: its root was removed. */
  destroy?: boolean;
  /** The plan was made before, of the same content. */
  reused?: boolean;
  /** The project that must be applied first (`waits`). */
  waitsFor?: string;
  /** It depends on these, and they have changes: the plan is for information. */
  upstream?: string[];
  summary?: PlanSummary;
  changes?: Changes;
  /** Guards that this plan violates, as sentences. */
  violations?: string[];
  /** What terraform or Cairn said; scrubbed. */
  error?: string;
  /** The job's last lines; scrubbed. */
  logTail?: string;
  logUrl: string;
}
