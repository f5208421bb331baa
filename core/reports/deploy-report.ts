import type { ReportedProject } from './plan-report.ts';

/** What the deploy's comment, GitHub deployment and messages show. Plain data. */
export interface DeployReport {
  kind: 'deploy';
  repository: string;
  environment: string;
  runId: string;
  runNumber: number;
  runUrl: string;
  /** The pull request that brought the commit in. */
  pull: { number: number; title: string; url: string } | null;
  commit: string;
  /** Last good commit; null on a first deploy. */
  baseCommit: string | null;
  state: DeployState;
  /** What refused it is a freeze. */
  byFreeze?: true;
  /** A permanent environment is taken down. */
  takesDown?: true;
  /** One or a few lines: why it failed, was rejected, superseded, or is broken. */
  message?: string;
  policyChanges: string[];
  /** In the order in which they are applied. */
  projects: ReportedProject[];
  removed: string[];
  approval?: ApprovalPart;
  /** How the newest plans differ from those approved, as sentences: why it asks again. */
  differences?: string[];
  /** What failed. */
  failure?: { project: string | null; stage: string; message: string; logTail?: string; logUrl: string };
  verify?: { ok: boolean | null; message?: string };
  rollback?: { commit: string; restored: string[]; leftOver: string[] };
  revert?: { url: string; number: number };
  /** The command that helps, as it is typed. */
  helps?: string;
}

export type DeployState =
  | 'planning'
  | 'waiting'
  | 'applying'
  | 'verifying'
  | 'deployed'
  | 'nothing'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'rolling-back'
  | 'rolled-back'
  | 'broken'
  /** Waits until its environment is unfrozen. */
  | 'frozen'
  /** By a rule; nothing was changed. */
  | 'refused'
  /** An ephemeral environment stands. */
  | 'ready'
  | 'destroying'
  | 'destroyed'
  /** Not all of it could be destroyed. */
  | 'leaked';

interface ApprovalPart {
  /** SHA-256, hex; people see the first seven digits. */
  digest: string;
  /** ISO 8601, UTC. */
  until: string;
  /** Logins or teams that may approve; empty: everybody with write access. */
  approvers: string[];
  by?: string;
  /** ISO 8601, UTC. */
  at?: string;
  reason?: string;
}

/** Digits of a digest or commit that people see. */
const SHORT = 7;

export function short(hex: string): string {
  return hex.slice(0, SHORT);
}
