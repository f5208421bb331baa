import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { sqliteApprovals } from '../../adapters/local/approvals.ts';
import { fileArtifacts } from '../../adapters/local/artifacts.ts';
import { sqliteBus } from '../../adapters/local/bus.ts';
import { openDatabase } from '../../adapters/local/database.ts';
import { sqliteEphemerals } from '../../adapters/local/ephemerals.ts';
import { localKeys } from '../../adapters/local/keys.ts';
import { sqliteLocks } from '../../adapters/local/locks.ts';
import { sqliteRuns, sqliteStatus } from '../../adapters/local/runs.ts';
import { sqliteSchedules } from '../../adapters/local/schedules.ts';
import { sqliteSent } from '../../adapters/local/sent.ts';
import type { Db } from '../../adapters/local/sqlite.ts';
import type { Clock } from '../../core/ports.ts';
import { fakeClock } from '../support/fakes/clock.ts';
import { testApprovals } from './approvals.ts';
import { testArtifacts } from './artifacts.ts';
import { testEphemerals } from './ephemerals.ts';
import { testKeys } from './keys.ts';
import { testLocks } from './locks.ts';
import type { Make } from './make.ts';
import { testRuns } from './runs.ts';
import { type ScheduleWorld, testSchedules, told } from './schedules.ts';
import { testSent } from './sent.ts';

describe('on one machine', () => {
  testArtifacts(inFolder((dir) => fileArtifacts(path.join(dir, 'artifacts'))));
  testKeys(inFolder((dir) => localKeys(dir)));
  testLocks(inDatabase(sqliteLocks));
  testApprovals(inDatabase(sqliteApprovals));
  testSent(inDatabase(sqliteSent));
  testEphemerals(inDatabase(sqliteEphemerals));
  testSchedules(schedulesInDatabase());
  testRuns(inDatabase((db) => ({ runs: sqliteRuns(db), status: sqliteStatus(db, { put() {}, wake() {} }) })));
});

function inFolder<Store>(open: (dir: string) => Store): Make<Store> {
  return async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-contract-'));
    return {
      store: open(dir),
      reopen: async () => open(dir),
      end: () => rm(dir, { recursive: true, force: true }),
    };
  };
}

/** A restart closes the database and opens it again: what a store keeps in memory is gone. */
function inDatabase<Store>(open: (db: Db) => Store): Make<Store> {
  return async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-contract-'));
    let db = openDatabase(path.join(dir, 'cairn.db'));
    return {
      store: open(db),
      reopen: async () => {
        db.close();
        db = openDatabase(path.join(dir, 'cairn.db'));
        return open(db);
      },
      end: async () => {
        db.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  };
}

/** The time goes on over a restart. What is stopped is what a server's end stops; nothing else is told to wait. */
function schedulesInDatabase(): Make<ScheduleWorld> {
  return async () => {
    const clock = fakeClock();
    const made: { stop(): Promise<void> }[] = [];
    const { store, reopen, end } = await inDatabase((db) => {
      const world = scheduleWorld(db, clock);
      made.push(world);
      return world;
    })();
    const stop = async () => void (await Promise.all(made.splice(0).map((one) => one.stop())));
    return {
      store,
      async reopen() {
        await stop();
        return reopen();
      },
      async end() {
        await stop();
        await end();
      },
    };
  };
}

function scheduleWorld(db: Db, clock: Clock & { pass(seconds: number): void }) {
  const log = () => {};
  const bus = sqliteBus({ db, clock, log });
  const schedules = sqliteSchedules({ db, bus, clock, log });
  let came: string[] = [];
  const consumer = bus.consume(async (request) => void came.push(told(request)));
  schedules.start();
  return {
    schedules,
    now: clock.now,
    async pass(seconds: number) {
      clock.pass(seconds);
      schedules.wake();
      const isDue = ({ at }: { at: string }) => new Date(at) <= clock.now();
      while ((await schedules.list()).some(isDue)) await new Promise(setImmediate);
      await consumer.drained();
      const told = came.sort();
      came = [];
      return told;
    },
    async stop() {
      await schedules.stop();
      await consumer.stop();
    },
  };
}
