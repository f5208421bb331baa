import type { Request } from './request.ts';

export type RunState =
  | 'running'
  /** Waits for the environment's lock. */
  | 'queued'
  /** Waits for a person. */
  | 'waiting'
  | 'succeeded'
  | 'failed'
  | 'rolled-back'
  /** By a person, or since nobody approved in time. */
  | 'rejected'
  /** By a rule (a freeze, content that failed before): nothing went wrong, and nothing was changed. */
  | 'refused'
  | 'superseded'
  | 'stopped';

export const ENDED: readonly RunState[] = [
  'succeeded',
  'failed',
  'rolled-back',
  'rejected',
  'refused',
  'superseded',
  'stopped',
];

/** What a run executes: `workflows/<name>.asl.json`. */
export const WORKFLOWS = ['plan', 'deploy', 'ephemeral', 'destroy', 'extend', 'run', 'drift'] as const;
export type WorkflowName = (typeof WORKFLOWS)[number];

/** One execution of a workflow. */
export interface Run {
  /** Hash of what triggered it; also the execution's name. */
  id: string;
  /** Ascending per repository: what people say ("run 12") and what orders two runs. */
  number: number;
  workflow: WorkflowName;
  command: Request['command'];
  repository: string;
  environment: string;
  pull: number | null;
  commit: string | null;
  requester: string | null;
  /** The workflow of GitHub Actions that waits for it. */
  reply?: NonNullable<Request['origin']['reply']>;
  state: RunState;
  /** One line: what it did or what it waits for. */
  title: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  endedAt: string | null;
}

export interface RunFilter {
  repository?: string;
  environment?: string;
  pull?: number;
  workflow?: Run['workflow'];
  active?: boolean;
  limit: number;
}
