import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Bus, sqliteBus } from '../../../adapters/local/bus.ts';
import { openDatabase } from '../../../adapters/local/database.ts';
import { type LocalSchedules, sqliteSchedules } from '../../../adapters/local/schedules.ts';
import type { Db } from '../../../adapters/local/sqlite.ts';
import type { Clock } from '../../../core/ports.ts';
import type { Request } from '../../../core/requests/request.ts';
import { fakeClock } from '../../support/fakes/clock.ts';
import { until } from '../../support/until.ts';
import { temporaryFolder } from './temporary.ts';

const REAL: Clock = { now: () => new Date() };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test('killed between the bus and its own table, a request comes once all the same', async () => {
  const file = await databaseFile();
  const clock = fakeClock();
  const first = serve(file, clock, (bus) => ({
    async publish(request, key) {
      await bus.publish(request, key);
      throw new Error('killed');
    },
  }));
  await first.schedules.put({ name: 'end', at: clock.now(), request: end('a') });
  await first.came(1);
  const kept = await first.schedules.list();
  await first.stop();

  const second = serve(file, clock);
  await until('it to be forgotten', async () => (await second.schedules.list()).length === 0);
  await second.stop();

  expect(kept.map(({ name }) => name)).toEqual(['end']);
  expect(first.requests).toEqual(['a']);
  expect(second.requests).toEqual([]);
});

test('it comes by itself at its time, also one that is sooner than what was waited for', async () => {
  const { schedules, came, arrivals } = serve(await databaseFile(), REAL);
  const begin = Date.now();
  await schedules.put({ name: 'late', at: new Date(begin + 200), request: end('late') });

  await schedules.put({ name: 'soon', at: new Date(begin + 80), request: end('soon') });
  const requests = await came(2);

  expect(requests).toEqual(['soon', 'late']);
  expect((arrivals[0] ?? 0) - begin).toBeGreaterThanOrEqual(80);
  expect((arrivals[1] ?? 0) - begin).toBeGreaterThanOrEqual(200);
});

test('a bus that fails is tried again', async () => {
  let failures = 1;
  const { schedules, came, logged } = serve(await databaseFile(), REAL, (bus) => ({
    async publish(request, key) {
      if (failures-- > 0) throw new Error('the disk is full');
      return bus.publish(request, key);
    },
  }));

  await schedules.put({ name: 'end', at: new Date(), request: end('a') });

  expect(await came(1)).toEqual(['a']);
  expect(logged).toContain('what is due could not be put on the bus');
});

test('one that was replaced while the old one went out is kept', async () => {
  const clock = fakeClock();
  const later = new Date(clock.now().getTime() + 60_000);
  let schedules: LocalSchedules | null = null;
  const server = serve(await databaseFile(), clock, (bus) => ({
    async publish(request, key) {
      await schedules?.put({ name: 'end', at: later, request: end('b') });
      return bus.publish(request, key);
    },
  }));
  schedules = server.schedules;

  await schedules.put({ name: 'end', at: clock.now(), request: end('a') });
  await server.came(1);

  expect(await schedules.list()).toEqual([{ name: 'end', at: later.toISOString() }]);
});

test('a request that this version does not know is dropped and told, and holds up no other', async () => {
  const file = await databaseFile();
  const { schedules, came, logged, db } = serve(file, fakeClock());
  db.prepare('insert into schedules (name, at, request) values (?, ?, ?)').run(
    'old',
    0,
    '{"command":"dance"}',
  );

  await schedules.put({ name: 'end', at: new Date(0), request: end('a') });

  expect(await came(1)).toEqual(['a']);
  expect(logged).toEqual(['a schedule holds a request that this version does not know']);
  expect(await schedules.list()).toEqual([]);
});

test('before it is started nothing goes out; stopped, nothing more', async () => {
  const clock = fakeClock();
  const server = serve(await databaseFile(), clock);
  await server.schedules.stop();
  await server.schedules.put({ name: 'end', at: clock.now(), request: end('a') });
  server.schedules.wake();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const stopped = [...server.requests];

  server.schedules.start();

  expect(stopped).toEqual([]);
  expect(await server.came(1)).toEqual(['a']);
});

async function databaseFile(): Promise<string> {
  return path.join(await temporaryFolder(), 'cairn.db');
}

/** A server's bus and schedules. `wrap`: what the schedules see of the bus. */
function serve(file: string, clock: Clock, wrap: (bus: Bus) => Pick<Bus, 'publish'> = (bus) => bus) {
  const db: Db = openDatabase(file);
  const logged: string[] = [];
  const log = (_level: string, message: string) => void logged.push(message);
  const bus = sqliteBus({ db, clock, log: () => {} });
  const schedules = sqliteSchedules({ db, bus: wrap(bus), clock, log });
  const requests: string[] = [];
  const arrivals: number[] = [];
  const consumer = bus.consume(async ({ origin }) => {
    requests.push(origin.trigger);
    arrivals.push(Date.now());
  });
  schedules.start();
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await schedules.stop();
    await consumer.stop();
    db.close();
  };
  ends.push(stop);
  return {
    db,
    schedules,
    requests,
    arrivals,
    logged,
    stop,
    async came(count: number) {
      await until(`${count} requests`, () => requests.length >= count);
      return requests;
    },
  };
}

function end(trigger: string): Request {
  return {
    command: 'destroy',
    repository: 'acme/shop',
    environment: 'eph-a',
    reason: 'time',
    origin: { source: 'schedule', login: null, trigger },
  };
}
