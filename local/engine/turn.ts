import type { TaskFailed } from './failure.ts';
import type { ExecutionRow } from './store.ts';

/** What has to happen outside once the transaction is on the disk. */
export type Effect =
  | { kind: 'call'; call: TaskCall }
  | { kind: 'abort'; key: string; reason: TaskFailed }
  | { kind: 'ended'; execution: number };

export interface TaskCall {
  frame: number;
  /** The same for an attempt however often it is called: `workflow/name/path/State#visit.attempt`. */
  key: string;
  resource: string;
  parameters: unknown;
  token: string | null;
  execution: ExecutionRow;
}

export type Outcome = { output: unknown } | { failure: TaskFailed };

/** One transaction of the interpreter. */
export interface Turn {
  now: number;
  effects: Effect[];
  /** What it holds, for people. */
  notes: string[];
  /** Frames that are to enter their state. */
  ready: number[];
}
