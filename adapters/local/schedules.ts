import type { Log } from '../../core/log.ts';
import type { Clock, Schedules } from '../../core/ports.ts';
import { requestKey, requestSchema } from '../../core/requests/request.ts';
import type { Bus } from './bus.ts';
import { type Db, reach, row, rows, run } from './sqlite.ts';

const TABLES = `
create table if not exists schedules (
  name text primary key,
  at integer not null,
  request text not null
);
create index if not exists schedules_due on schedules (at);`;

export interface LocalSchedules extends Schedules {
  /** Begins to put on the bus what is due, with what came due while no server ran. */
  start(): void;
  /** The clock was moved: look now. */
  wake(): void;
  /** Puts nothing more on the bus, and waits for what is in hand. */
  stop(): Promise<void>;
}

interface Row {
  name: string;
  at: number;
  request: string;
}

/** A clock that was set, or a machine that slept, is noticed within a minute. Milliseconds. */
const LONGEST_SLEEP = 60_000;
/** After a failure. Milliseconds. */
const PAUSE = 1_000;
/** Rows read at once. */
const AT_ONCE = 100;

/**
 * Schedules in the database, and one timer aimed at the next of them. A request goes on the bus before its row
 * goes: killed in between, the next server puts it there again, which is no second request since its key is the
 * same.
 */
export function sqliteSchedules(options: {
  db: Db;
  bus: Pick<Bus, 'publish'>;
  clock: Clock;
  log: Log;
}): LocalSchedules {
  const { db, bus, clock, log } = options;
  db.exec(TABLES);
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let looking: Promise<void> | null = null;
  let again = false;

  /** One look at a time; a wake meanwhile means one more after it. */
  function wake(): void {
    if (!running) return;
    again = looking !== null;
    if (looking !== null) return;
    clearTimeout(timer);
    looking = look().then((wait) => {
      looking = null;
      if (!running) return;
      if (again) wake();
      else timer = setTimeout(wake, wait);
    });
  }

  /** Answers in how many milliseconds to look again; never rejects. */
  async function look(): Promise<number> {
    try {
      await publishDue();
      const next = row<{ at: number }>(db, 'select at from schedules order by at limit 1');
      if (next === null) return LONGEST_SLEEP;
      return Math.min(Math.max(next.at - clock.now().getTime(), 1), LONGEST_SLEEP);
    } catch (error) {
      // The database is busy or gone; what is due is as it was.
      log('error', 'what is due could not be put on the bus', { error: String(error) });
      return PAUSE;
    }
  }

  async function publishDue(): Promise<void> {
    for (;;) {
      const due = rows<Row>(
        db,
        'select name, at, request from schedules where at <= ? order by at, name limit ?',
        clock.now().getTime(),
        AT_ONCE,
      );
      for (const one of due) {
        if (!running) return;
        await publish(one);
      }
      if (due.length < AT_ONCE) return;
    }
  }

  async function publish({ name, at, request }: Row): Promise<void> {
    const parsed = requestSchema.safeParse(JSON.parse(request));
    if (parsed.success) await bus.publish(parsed.data, requestKey(parsed.data));
    else log('error', 'a schedule holds a request that this version does not know', { name });
    // Not one that replaced it meanwhile.
    run(db, 'delete from schedules where name = ? and at = ? and request = ?', name, at, request);
  }

  return {
    async put({ name, at, request }) {
      await reach('schedules', () =>
        run(
          db,
          `insert into schedules (name, at, request) values (?, ?, ?)
           on conflict (name) do update set at = excluded.at, request = excluded.request`,
          name,
          at.getTime(),
          JSON.stringify(request),
        ),
      );
      wake();
    },
    async remove(name) {
      await reach('schedules', () => run(db, 'delete from schedules where name = ?', name));
    },
    list: () =>
      reach('schedules', () =>
        rows<Row>(db, 'select name, at from schedules order by at, name').map(({ name, at }) => ({
          name,
          at: new Date(at).toISOString(),
        })),
      ),
    start() {
      running = true;
      wake();
    },
    wake,
    async stop() {
      running = false;
      clearTimeout(timer);
      await looking;
    },
  };
}
