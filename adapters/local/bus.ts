import type { Log } from '../../core/log.ts';
import type { Clock } from '../../core/ports.ts';
import { type Request, requestSchema } from '../../core/requests/request.ts';
import { type Consumer, type ConsumerOptions, consume } from './consumer.ts';
import { type DeadLetter, openQueue } from './queue.ts';
import { type Db, reach, row, run } from './sqlite.ts';

const TABLES = `
create table if not exists bus_keys (
  key text primary key,
  at integer not null
);
create table if not exists bus_deliveries (
  id text primary key,
  at integer not null
);`;

const TOPIC = 'requests';

/** GitHub redelivers for three days; what makes a run one in the end is its id. */
const REMEMBER_MS = 30 * 24 * 3_600_000;

interface Published {
  request: Request;
  /** The same key twice is one request, however much later (within 30 days). */
  key: string;
}

export interface Bus {
  publish(request: Request, key: string): Promise<'published' | 'exists'>;
  /**
   * Puts what a webhook delivery asks for on the bus and marks the delivery done, both or neither. None is
   * an event that asks for nothing. A delivery that was done before publishes nothing.
   */
  claimDelivery(deliveryId: string, published: Published[]): Promise<'claimed' | 'duplicate'>;
  /** Hands each request to `handler`, at least once. It must be repeatable. One consumer per bus. */
  consume(handler: (request: Request, key: string) => Promise<void>): Consumer;
  dead(): DeadLetter[];
  revive(id: number): boolean;
}

interface BusOptions {
  db: Db;
  clock: Clock;
  log: Log;
  tuning?: Pick<ConsumerOptions, 'parallel' | 'maxTries' | 'backoff' | 'timeout'>;
}

export function sqliteBus({ db, clock, log, tuning }: BusOptions): Bus {
  db.exec(TABLES);
  const queue = openQueue(db);
  let consumer: Consumer | null = null;
  forget();

  function forget(): void {
    const before = clock.now().getTime() - REMEMBER_MS;
    run(db, 'delete from bus_keys where at < ?', before);
    run(db, 'delete from bus_deliveries where at < ?', before);
  }

  function put({ request, key }: Published): boolean {
    const now = clock.now();
    const isNew =
      run(db, 'insert into bus_keys (key, at) values (?, ?) on conflict do nothing', key, now.getTime()) > 0;
    if (!isNew) return false;

    // A group of its own: a request that fails holds up no other.
    queue.put(TOPIC, { group: key, key, body: JSON.stringify(request) }, now);
    return true;
  }

  return {
    async publish(request, key) {
      const isNew = await reach('bus', () => db.transaction(() => put({ request, key })));
      if (isNew) consumer?.wake();
      return isNew ? 'published' : 'exists';
    },
    async claimDelivery(deliveryId, published) {
      const claimed = await reach('bus', () =>
        db.transaction(() => {
          if (row(db, 'select 1 from bus_deliveries where id = ?', deliveryId)) return false;

          for (const one of published) put(one);
          run(db, 'insert into bus_deliveries (id, at) values (?, ?)', deliveryId, clock.now().getTime());
          return true;
        }),
      );
      if (claimed) consumer?.wake();
      return claimed ? 'claimed' : 'duplicate';
    },
    consume(handler) {
      consumer = consume({
        queue,
        topic: TOPIC,
        handle: async (letter) => handler(requestSchema.parse(JSON.parse(letter.body)), letter.key),
        clock,
        log,
        ...tuning,
      });
      return consumer;
    },
    dead: () => queue.dead(TOPIC),
    revive(id) {
      const revived = queue.revive(id, clock.now());
      consumer?.wake();
      return revived;
    },
  };
}
