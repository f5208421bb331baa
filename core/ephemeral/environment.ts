import type { ProjectProgress } from '../projects/progress.ts';

/** An environment made from a ref, with a time to live: what is known of it as long as it exists. */
export interface Ephemeral {
  repository: string;
  /** `eph-…` */
  environment: string;
  /** Grows by one with each write; who writes names the one that was read. */
  version: number;
  /**
   * `launching`: its first apply is under way; `ready`: it stands; `destroying`; `leaked`: a destroy failed for good
   * and its state holds what `left` names, until somebody resolves it.
   */
  state: 'launching' | 'ready' | 'destroying' | 'leaked';
  /** Branch, tag or commit, as it was asked for. */
  ref: string;
  commit: string | null;
  pull: number | null;
  /** Made for its pull request without being asked: updated by each push, gone when that closes. */
  automatic: boolean;
  owner: string | null;
  email: string | null;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** From when its time counts: the newest launch or update. */
  startedAt: string;
  /** Null: never, until somebody takes it down. */
  endsAt: string | null;
  /** Projects that were asked for; null: all. */
  projects: string[] | null;
  /** Every project that may hold state, written before anything of it is applied, with all that a destroy needs. */
  applied: Record<string, AppliedProject>;
  /** Chosen outputs, `project.output` -> text. */
  outputs: Record<string, string>;
  /** After a destroy that failed: addresses by project; null where they could not be told. */
  left: Record<string, string[] | null>;
  /** The run that changed it last. */
  runId: string;
  /** Runs that moved its end, the newest last: a step that is repeated moves nothing twice. */
  movedBy?: string[];
}

export type AppliedProject = Pick<
  ProjectProgress,
  'project' | 'commit' | 'state' | 'address' | 'backendConfig' | 'content' | 'buildOutputs'
>;
