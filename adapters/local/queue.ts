import { type Db, row, rows, run } from './sqlite.ts';

/**
 * Durable queues in one table, as SQS FIFO would do it: at least once, in order within a group, and what
 * fails too often goes to a dead-letter table. A letter is deleted once it was handled; what was being
 * handled when the server died is handled again.
 */
const TABLES = `
create table if not exists queue (
  id integer primary key autoincrement,
  topic text not null,
  grp text not null,
  key text not null,
  body text not null,
  tries integer not null default 0,
  next_at integer not null,
  unique (topic, key)
);
create index if not exists queue_order on queue (topic, grp, id);
create index if not exists queue_due on queue (topic, next_at);
create table if not exists queue_dead (
  id integer primary key,
  topic text not null,
  grp text not null,
  key text not null,
  body text not null,
  tries integer not null,
  error text not null,
  died_at text not null
);`;

export interface Letter {
  id: number;
  topic: string;
  /** Letters of one group are handled one after the other. */
  grp: string;
  key: string;
  body: string;
  tries: number;
}

export interface DeadLetter extends Letter {
  error: string;
  /** ISO 8601, UTC. */
  died_at: string;
}

export interface Queue {
  /** Inside of the caller's transaction, if one is open. A key that is in the queue already is left as it is. */
  put(topic: string, letter: { group: string; key: string; body: string }, now: Date): void;
  /** The first letter of each group that is due and not in `busy`, oldest first. */
  due(topic: string, now: Date, busy: ReadonlySet<string>, limit: number): Letter[];
  /** When the next letter is due (milliseconds), leaving out groups in `busy`; null if there is none. */
  nextAt(topic: string, busy: ReadonlySet<string>): number | null;
  done(id: number): void;
  later(id: number, at: number): void;
  bury(letter: Letter, error: string, at: Date): void;
  dead(topic: string): DeadLetter[];
  /** Back from the dead-letter table to the end of the queue. False if there is no such letter. */
  revive(id: number, now: Date): boolean;
  /** Letters that wait, those that are being handled included. */
  size(topic: string): number;
  topics(): string[];
}

const FIRST = 'not exists (select 1 from queue f where f.topic = q.topic and f.grp = q.grp and f.id < q.id)';

export function openQueue(db: Db): Queue {
  db.exec(TABLES);

  const queue: Queue = {
    put(topic, letter, now) {
      run(
        db,
        'insert into queue (topic, grp, key, body, next_at) values (?, ?, ?, ?, ?) on conflict (topic, key) do nothing',
        topic,
        letter.group,
        letter.key,
        letter.body,
        now.getTime(),
      );
    },
    due(topic, now, busy, limit) {
      const found = rows<Letter>(
        db,
        `select id, topic, grp, key, body, tries from queue q
         where topic = ? and next_at <= ? and ${FIRST} order by id limit ?`,
        topic,
        now.getTime(),
        limit + busy.size,
      );
      return found.filter((letter) => !busy.has(letter.grp)).slice(0, limit);
    },
    nextAt(topic, busy) {
      const found = rows<{ grp: string; next_at: number }>(
        db,
        `select grp, next_at from queue q where topic = ? and ${FIRST} order by next_at limit ?`,
        topic,
        busy.size + 1,
      );
      return found.find((letter) => !busy.has(letter.grp))?.next_at ?? null;
    },
    done(id) {
      run(db, 'delete from queue where id = ?', id);
    },
    later(id, at) {
      run(db, 'update queue set tries = tries + 1, next_at = ? where id = ?', at, id);
    },
    bury(letter, error, at) {
      db.transaction(() => {
        run(
          db,
          'insert into queue_dead (id, topic, grp, key, body, tries, error, died_at) values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (id) do nothing',
          letter.id,
          letter.topic,
          letter.grp,
          letter.key,
          letter.body,
          letter.tries + 1,
          error,
          at.toISOString(),
        );
        queue.done(letter.id);
      });
    },
    dead: (topic) => rows<DeadLetter>(db, 'select * from queue_dead where topic = ? order by id', topic),
    revive(id, now) {
      return db.transaction(() => {
        const found = row<DeadLetter>(db, 'select * from queue_dead where id = ?', id);
        if (!found) return false;

        queue.put(found.topic, { group: found.grp, key: found.key, body: found.body }, now);
        run(db, 'delete from queue_dead where id = ?', id);
        return true;
      });
    },
    size: (topic) => row<{ n: number }>(db, 'select count(*) as n from queue where topic = ?', topic)?.n ?? 0,
    topics: () => rows<{ topic: string }>(db, 'select distinct topic from queue').map((found) => found.topic),
  };
  return queue;
}
