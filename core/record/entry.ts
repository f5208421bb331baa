import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import type { EnvironmentRecord, HistoryLine, ProjectRecord } from './schema.ts';

/** A deployment that ended, and what it made of the environment. Its number is given when it is written. */
export interface RecordEntry {
  environment: string;
  /** ISO 8601, UTC. */
  at: string;
  runId: string;
  /** Page of the run, for the commit message; null if there is none. */
  runUrl: string | null;
  outcome: HistoryLine['outcome'];
  /** The terraform command in words, if it was no deployment but a command that changes the state. */
  command?: string | null;
  /** The commit that was asked for. */
  commit: string;
  planDigest: string | null;
  requestedBy: string | null;
  approvedBy: string[];
  /** Reason of the freeze that it went ahead in spite of. */
  despiteFreeze?: string | null;
  /** What went wrong, scrubbed; its first line is kept. */
  failure: string | null;
  /** Project that failed, null if none did or the run failed as a whole. */
  failedProject: string | null;
  build: Record<string, string> | null;
  /** Names of all projects that were applied, in order. */
  applied: string[];
  after: {
    state: EnvironmentRecord['state'];
    /** The last good commit from now on. */
    commit: string | null;
    /** Projects as they stand now, for those that this run changed. */
    projects: Record<string, Omit<ProjectRecord, 'deployment'>>;
    /** Projects that are no longer there (destroyed, or moved to another name). */
    removed: string[];
    failed: Record<string, string>;
    revert: EnvironmentRecord['revert'];
    broken: string | null;
  };
}

/** Who, when, on which commit, and what went wrong; of a run that built nothing. */
export function entryHead(
  doc: RunDocument,
  at: string,
  links: Ports['links'],
): Omit<RecordEntry, 'outcome' | 'applied' | 'after'> {
  return {
    environment: doc.environment,
    at,
    runId: doc.runId,
    runUrl: links.run(doc.runId),
    commit: doc.commit,
    planDigest: doc.approvals.at(-1)?.digest ?? null,
    requestedBy: doc.request.origin.login,
    approvedBy: [...new Set(doc.approvals.map(({ by }) => by))],
    failure: doc.failure?.message ?? null,
    failedProject: doc.failure?.project ?? null,
    build: null,
  };
}
