import { describe } from 'vitest';
import { fakeClock } from '../support/fakes/clock.ts';
import { memoryEphemerals, memorySchedules } from '../support/fakes/ephemerals.ts';
import {
  memoryApprovals,
  memoryArtifacts,
  memoryKeys,
  memoryLocks,
  memoryRuns,
  memorySent,
} from '../support/fakes/stores.ts';
import { testApprovals } from './approvals.ts';
import { testArtifacts } from './artifacts.ts';
import { testEphemerals } from './ephemerals.ts';
import { testKeys } from './keys.ts';
import { testLocks } from './locks.ts';
import type { Make } from './make.ts';
import { testRuns } from './runs.ts';
import { type ScheduleWorld, testSchedules, told } from './schedules.ts';
import { testSent } from './sent.ts';

describe('the fakes of the tests', () => {
  let masters = 0;
  testArtifacts(inMemory(memoryArtifacts));
  testKeys(inMemory(() => memoryKeys(`master ${++masters}`)));
  testLocks(inMemory(memoryLocks));
  testApprovals(inMemory(memoryApprovals));
  testSent(inMemory(memorySent));
  testRuns(inMemory(memoryRuns));
  testEphemerals(inMemory(memoryEphemerals));
  testSchedules(inMemory(scheduleWorld));
});

/** What is in memory does not end: a restart is the same store. */
function inMemory<Store>(open: () => Store): Make<Store> {
  return async () => {
    const store = open();
    return { store, reopen: async () => store, end: async () => {} };
  };
}

function scheduleWorld(): ScheduleWorld {
  const clock = fakeClock();
  const schedules = memorySchedules();
  return {
    schedules,
    now: clock.now,
    async pass(seconds) {
      clock.pass(seconds);
      return schedules.due(clock.now()).map(told).sort();
    },
  };
}
