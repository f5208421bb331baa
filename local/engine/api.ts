import type { Database } from '../../adapters/local/database.ts';
import type { TaskHandler } from './calls.ts';
import type { Status } from './store.ts';
import type { Clock } from './timers.ts';

export interface EngineOptions {
  db: Database;
  /** By name; placeholders are substituted already. */
  workflows: Record<string, unknown>;
  /** By Resource, with or without `.waitForTaskToken`. */
  tasks: Record<string, TaskHandler>;
  /** Called until it has resolved once, also after a restart. */
  onEnd?: (execution: Execution) => void | Promise<void>;
  /** Called right after each commit; `what` names what it holds. */
  onCheckpoint?: (number: number, what: string) => void;
  /** Told of what the engine tries again by itself: a commit or an `onEnd` that failed. */
  onTrouble?: (error: unknown) => void;
  clock?: Clock;
}

export interface Execution {
  workflow: string;
  name: string;
  status: Status;
  input: unknown;
  /** Null unless it succeeded. */
  output: unknown;
  error: string | null;
  cause: string | null;
  /** ISO 8601, UTC. */
  startedAt: string;
  endedAt: string | null;
}

export interface HistoryEvent {
  seq: number;
  /** ISO 8601, UTC. */
  at: string;
  kind: 'started' | 'entered' | 'exited' | 'retrying' | 'failed' | 'succeeded' | 'stopped';
  /** `Deploy#1.1[3]/Plan`; empty for the execution itself. */
  state: string;
  error: string | null;
  cause: string | null;
}

/** What changes something is on the disk when it returns. */
export interface Engine {
  /** Throws NotFound, InvalidInput; Conflict for a name that was started with other input. */
  start(workflow: string, name: string, input: unknown): 'started' | 'exists';
  /** These three throw InvalidToken if nobody waits for the token (any more). */
  succeed(token: string, output: unknown): void;
  fail(token: string, error: string, cause: string): void;
  heartbeat(token: string): void;
  /** Changes nothing if it has ended; throws NotFound. */
  stop(workflow: string, name: string, cause: string): void;
  describe(workflow: string, name: string): Execution | null;
  /** Newest first, at most `limit` (100). */
  list(filter?: { workflow?: string; status?: Status; limit?: number }): Execution[];
  /** Throws NotFound. */
  history(workflow: string, name: string): HistoryEvent[];
  /** Takes up what a former process left, and begins to keep time: to be called once, as soon as handlers work. */
  resume(): void;
  /** Handlers at work are told by their signal and get `grace` ms (2000); who ends later is called again. */
  close(grace?: number): Promise<void>;
}
