import type { Database } from '../../adapters/local/database.ts';

export type Status = 'running' | 'succeeded' | 'failed' | 'stopped';

export interface ExecutionRow {
  id: number;
  workflow: string;
  name: string;
  definition: string;
  status: Status;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  started: number;
  ended: number | null;
}

/**
 * One thread of control: the execution itself, a branch of a Parallel, an item of a Map.
 * - `ready`: to be entered; never committed
 * - `running`: a task handler is at work; called again after a restart
 * - `parked`: a token was handed out
 * - `waiting`: a Wait, until `due`; `retrying`: a failed attempt, until `due`
 * - `joining`: a Parallel or Map whose branches or items are under way
 * - `pending`: an item that MaxConcurrency holds back; `done`: it ended, `output` is its result
 */
export interface FrameRow {
  id: number;
  execution: number;
  parent: number | null;
  /** Branch or item number. */
  idx: number;
  /** Of the state machine it runs in: '' or 'PlanAll#1.1[3]/'. */
  path: string;
  state: string;
  status: 'ready' | 'running' | 'parked' | 'waiting' | 'retrying' | 'joining' | 'pending' | 'done';
  input: string;
  output: string | null;
  /** State name -> how often it was entered here, as JSON. */
  visits: string;
  attempt: number;
  /** How often each retrier of the state was used, as JSON. */
  retries: string;
  token: string | null;
  /** When the clock does something with it, in ms since 1970: the earlier of deadline and heartbeat. */
  due: number | null;
  deadline: number | null;
  /** Seconds between heartbeats. */
  heartbeat: number | null;
}

interface EventRow {
  seq: number;
  at: number;
  kind: string;
  state: string;
  error: string | null;
  cause: string | null;
}

const schema = `
CREATE TABLE IF NOT EXISTS engine_definitions (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS engine_executions (
  id INTEGER PRIMARY KEY, workflow TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
  status TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT,
  started INTEGER NOT NULL, ended INTEGER, told INTEGER NOT NULL DEFAULT 0, UNIQUE (workflow, name));
CREATE INDEX IF NOT EXISTS engine_untold ON engine_executions (id) WHERE ended IS NOT NULL AND told = 0;
CREATE TABLE IF NOT EXISTS engine_frames (
  id INTEGER PRIMARY KEY, execution INTEGER NOT NULL, parent INTEGER, idx INTEGER NOT NULL,
  path TEXT NOT NULL, state TEXT NOT NULL, status TEXT NOT NULL, input TEXT NOT NULL, output TEXT,
  visits TEXT NOT NULL, attempt INTEGER NOT NULL, retries TEXT NOT NULL,
  token TEXT, due INTEGER, deadline INTEGER, heartbeat INTEGER);
CREATE INDEX IF NOT EXISTS engine_frames_execution ON engine_frames (execution);
CREATE INDEX IF NOT EXISTS engine_frames_parent ON engine_frames (parent, status) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS engine_frames_due ON engine_frames (due) WHERE due IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS engine_frames_token ON engine_frames (token) WHERE token IS NOT NULL;
CREATE TABLE IF NOT EXISTS engine_events (
  execution INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, error TEXT, cause TEXT, PRIMARY KEY (execution, seq)) WITHOUT ROWID;
`;

export type Store = ReturnType<typeof createStore>;

/** Every SQL statement of the engine. Nothing here begins a transaction. */
export function createStore(db: Database) {
  db.exec(schema);
  const executionColumns =
    'id, workflow, name, definition, status, input, output, error, cause, started, ended';

  return {
    saveDefinition(hash: string, text: string): void {
      db.prepare('INSERT OR IGNORE INTO engine_definitions VALUES (?, ?)').run(hash, text);
    },
    definition(hash: string): string {
      return db.prepare('SELECT text FROM engine_definitions WHERE hash = ?').get<{ text: string }>(hash)!
        .text;
    },

    addExecution(row: Pick<ExecutionRow, 'workflow' | 'name' | 'definition' | 'input' | 'started'>): number {
      return db
        .prepare(
          `INSERT INTO engine_executions (workflow, name, definition, status, input, started)
           VALUES (?, ?, ?, 'running', ?, ?)`,
        )
        .run(row.workflow, row.name, row.definition, row.input, row.started).lastInsertRowid;
    },
    execution(id: number): ExecutionRow {
      return db
        .prepare(`SELECT ${executionColumns} FROM engine_executions WHERE id = ?`)
        .get<ExecutionRow>(id)!;
    },
    executionByName(workflow: string, name: string): ExecutionRow | undefined {
      return db
        .prepare(`SELECT ${executionColumns} FROM engine_executions WHERE workflow = ? AND name = ?`)
        .get<ExecutionRow>(workflow, name);
    },
    executions(workflow: string | null, status: Status | null, limit: number): ExecutionRow[] {
      return db
        .prepare(
          `SELECT ${executionColumns} FROM engine_executions
           WHERE (?1 IS NULL OR workflow = ?1) AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3`,
        )
        .all<ExecutionRow>(workflow, status, limit);
    },
    endExecution(
      id: number,
      end: Pick<ExecutionRow, 'status' | 'output' | 'error' | 'cause' | 'ended'>,
    ): void {
      db.prepare(
        'UPDATE engine_executions SET status = ?, output = ?, error = ?, cause = ?, ended = ? WHERE id = ?',
      ).run(end.status, end.output, end.error, end.cause, end.ended, id);
      db.prepare('DELETE FROM engine_frames WHERE execution = ?').run(id);
    },
    /** Ended executions whose end was not told yet. */
    untold(): number[] {
      return db
        .prepare('SELECT id FROM engine_executions WHERE ended IS NOT NULL AND told = 0')
        .all<{ id: number }>()
        .map((row) => row.id);
    },
    markTold(id: number): void {
      db.prepare('UPDATE engine_executions SET told = 1 WHERE id = ?').run(id);
    },

    addFrame(
      row: Pick<FrameRow, 'execution' | 'parent' | 'idx' | 'path' | 'state' | 'status' | 'input'>,
    ): number {
      return db
        .prepare(
          `INSERT INTO engine_frames (execution, parent, idx, path, state, status, input, visits, attempt, retries)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, '[]')`,
        )
        .run(
          row.execution,
          row.parent,
          row.idx,
          row.path,
          row.state,
          row.status,
          row.input,
          JSON.stringify({ [row.state]: 1 }),
        ).lastInsertRowid;
    },
    frame(id: number): FrameRow | undefined {
      return db.prepare('SELECT * FROM engine_frames WHERE id = ?').get<FrameRow>(id);
    },
    frameByToken(token: string): FrameRow | undefined {
      return db.prepare('SELECT * FROM engine_frames WHERE token = ?').get<FrameRow>(token);
    },
    frames(execution: number): FrameRow[] {
      return db
        .prepare('SELECT * FROM engine_frames WHERE execution = ? ORDER BY id')
        .all<FrameRow>(execution);
    },
    saveFrame(row: FrameRow): void {
      db.prepare(
        `UPDATE engine_frames SET state = ?, status = ?, input = ?, output = ?, visits = ?, attempt = ?,
         retries = ?, token = ?, due = ?, deadline = ?, heartbeat = ? WHERE id = ?`,
      ).run(
        row.state,
        row.status,
        row.input,
        row.output,
        row.visits,
        row.attempt,
        row.retries,
        row.token,
        row.due,
        row.deadline,
        row.heartbeat,
        row.id,
      );
    },
    deleteFramesBelow(id: number): void {
      db.prepare(
        `WITH RECURSIVE below (id) AS (
           SELECT id FROM engine_frames WHERE parent = ?
           UNION ALL SELECT f.id FROM engine_frames f JOIN below ON f.parent = below.id)
         DELETE FROM engine_frames WHERE id IN (SELECT id FROM below)`,
      ).run(id);
    },
    /** How many branches or items a frame has. */
    childCounts(parent: number): { total: number; pending: number; done: number } {
      return db
        .prepare(
          `SELECT count(*) AS total, coalesce(sum(status = 'pending'), 0) AS pending,
             coalesce(sum(status = 'done'), 0) AS done
           FROM engine_frames WHERE parent = ?`,
        )
        .get<{ total: number; pending: number; done: number }>(parent)!;
    },
    firstPending(parent: number, limit: number): FrameRow[] {
      return db
        .prepare(`SELECT * FROM engine_frames WHERE parent = ? AND status = 'pending' ORDER BY id LIMIT ?`)
        .all<FrameRow>(parent, limit);
    },
    childOutputs(parent: number): string[] {
      return db
        .prepare('SELECT output FROM engine_frames WHERE parent = ? ORDER BY idx')
        .all<{ output: string }>(parent)
        .map((row) => row.output);
    },
    runningFrames(): FrameRow[] {
      return db.prepare(`SELECT * FROM engine_frames WHERE status = 'running'`).all<FrameRow>();
    },
    framesWithHeartbeat(): FrameRow[] {
      return db.prepare('SELECT * FROM engine_frames WHERE heartbeat IS NOT NULL').all<FrameRow>();
    },
    dueFrames(now: number): number[] {
      return db
        .prepare('SELECT id FROM engine_frames WHERE due <= ? ORDER BY due, id LIMIT 500')
        .all<{ id: number }>(now)
        .map((row) => row.id);
    },
    nextDue(): number | null {
      return db.prepare('SELECT min(due) AS due FROM engine_frames').get<{ due: number | null }>()!.due;
    },

    /** Answers the event's number within the execution. */
    addEvent(
      execution: number,
      at: number,
      kind: string,
      state: string,
      error: string | null,
      cause: string | null,
    ): number {
      return db
        .prepare(
          `INSERT INTO engine_events
           SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM engine_events WHERE execution = ?1
           RETURNING seq`,
        )
        .get<{ seq: number }>(execution, at, kind, state, error, cause)!.seq;
    },
    events(execution: number): EventRow[] {
      return db
        .prepare(
          'SELECT seq, at, kind, state, error, cause FROM engine_events WHERE execution = ? ORDER BY seq',
        )
        .all<EventRow>(execution);
    },
  };
}
