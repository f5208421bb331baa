import type { Run } from '../requests/run.ts';

/**
 * Something that happened in a run. Steps emit them; sinks (GitHub, Slack, the run index) show them. Small:
 * big things stay among the artifacts, `doc` is the key of the run's document as it was then.
 */
export interface StatusEvent {
  /** Unique in the run and the same if the step is repeated. */
  id: string;
  runId: string;
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
  kind:
    | 'run.started'
    | 'run.queued'
    | 'plan.finished'
    | 'approval.wanted'
    | 'approval.answered'
    | 'apply.started'
    | 'apply.finished'
    | 'rollback.started'
    | 'revert.opened'
    | 'freeze.waits'
    | 'environment.ready'
    | 'environment.warning'
    | 'environment.leaked'
    | 'command.finished'
    | 'drift.finished'
    | 'run.ended';
  /** One sentence for people. */
  message: string;
  /** Artifact key of the run's document, where there is one. */
  doc: string | null;
  /** What changes in the run index. */
  run: Partial<Pick<Run, 'state' | 'title' | 'commit' | 'endedAt'>>;
}
