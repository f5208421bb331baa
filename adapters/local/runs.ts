import type { Runs, Status } from '../../core/ports.ts';
import type { StatusEvent } from '../../core/reports/event.ts';
import { ENDED, type Run, type RunFilter } from '../../core/requests/run.ts';
import { type Db, reach, row, rows, run, type Value } from './sqlite.ts';

const TABLES = `
create table if not exists run_index (
  n integer primary key autoincrement,
  id text not null unique,
  repository text not null,
  number integer not null,
  environment text not null,
  workflow text not null,
  pull integer,
  ended integer not null,
  body text not null,
  unique (repository, number)
);
create index if not exists run_index_place on run_index (repository, environment, n);
create index if not exists run_index_active on run_index (ended, n);
create table if not exists run_events (
  run_id text not null,
  seq integer not null,
  id text not null,
  body text not null,
  primary key (run_id, seq),
  unique (run_id, id)
);`;

/** The run index and the events of each run. */
export function sqliteRuns(db: Db): Runs {
  db.exec(TABLES);

  return {
    claim: (asked) =>
      reach('runs', () =>
        db.transaction(() => {
          const stored = find(db, asked.id);
          if (stored) return stored;

          const last = row<{ n: number | null }>(
            db,
            'select max(number) as n from run_index where repository = ?',
            asked.repository,
          );
          const made: Run = { ...asked, number: (last?.n ?? 0) + 1 };
          run(
            db,
            'insert into run_index (id, repository, number, environment, workflow, pull, ended, body) values (?, ?, ?, ?, ?, ?, ?, ?)',
            made.id,
            made.repository,
            made.number,
            made.environment,
            made.workflow,
            made.pull,
            hasEnded(made),
            JSON.stringify(made),
          );
          return made;
        }),
      ),
    get: (id) => reach('runs', () => find(db, id)),
    list: (filter) => reach('runs', () => list(db, filter)),
    events: (runId) =>
      reach('runs', () =>
        rows<{ body: string }>(db, 'select body from run_events where run_id = ? order by seq', runId).map(
          (found) => JSON.parse(found.body) as StatusEvent,
        ),
      ),
  };
}

/**
 * An event, what it changes in the run index, and one letter per sink: all of it in one transaction, so that
 * no sink hears of what is not stored and nothing stored goes unheard.
 */
export function sqliteStatus(db: Db, outbox: { put(event: StatusEvent): void; wake(): void }): Status {
  db.exec(TABLES);

  return {
    emit: (event) =>
      reach('status', () => {
        const isNew = db.transaction(() => append(db, event, outbox.put));
        if (isNew) outbox.wake();
      }),
  };
}

function append(db: Db, event: Omit<StatusEvent, 'seq'>, put: (event: StatusEvent) => void): boolean {
  const known = row(db, 'select 1 from run_events where run_id = ? and id = ?', event.runId, event.id);
  if (known) return false;

  const last = row<{ n: number | null }>(
    db,
    'select max(seq) as n from run_events where run_id = ?',
    event.runId,
  );
  const numbered: StatusEvent = { ...event, seq: (last?.n ?? 0) + 1 };
  run(
    db,
    'insert into run_events (run_id, seq, id, body) values (?, ?, ?, ?)',
    numbered.runId,
    numbered.seq,
    numbered.id,
    JSON.stringify(numbered),
  );
  merge(db, numbered);
  put(numbered);
  return true;
}

function merge(db: Db, event: StatusEvent): void {
  const stored = find(db, event.runId);
  if (!stored) return;

  const merged: Run = { ...stored, ...event.run };
  run(
    db,
    'update run_index set body = ?, ended = ? where id = ?',
    JSON.stringify(merged),
    hasEnded(merged),
    merged.id,
  );
}

function find(db: Db, id: string): Run | null {
  const found = row<{ body: string }>(db, 'select body from run_index where id = ?', id);
  return found ? (JSON.parse(found.body) as Run) : null;
}

function list(db: Db, filter: RunFilter): Run[] {
  const conditions: string[] = [];
  const values: Value[] = [];
  const add = (condition: string, value: Value) => {
    conditions.push(condition);
    values.push(value);
  };

  if (filter.repository !== undefined) add('repository = ?', filter.repository);
  if (filter.environment !== undefined) add('environment = ?', filter.environment);
  if (filter.pull !== undefined) add('pull = ?', filter.pull);
  if (filter.workflow !== undefined) add('workflow = ?', filter.workflow);
  if (filter.active !== undefined) add('ended = ?', filter.active ? 0 : 1);

  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  return rows<{ body: string }>(
    db,
    `select body from run_index ${where} order by n desc limit ?`,
    ...values,
    filter.limit,
  ).map((found) => JSON.parse(found.body) as Run);
}

function hasEnded(asked: Run): number {
  return ENDED.includes(asked.state) ? 1 : 0;
}
