import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { mirrorEphemerals } from '../../../core/record/ephemeral/ephemeral.ts';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { shop } from './shop.ts';
import { applied, HOUR, unrecorded, WITH_EPHEMERAL } from './standing.ts';

const MANY = 200;

/** How often the branch of the record was tried to be moved, and what it was moved to. */
function watchRecord({ ports }: World): { tried: number; commits: Set<string> } {
  const seen = { tried: 0, commits: new Set<string>() };
  const { commit, moveRef } = ports.git;
  // As slow as a forge: whoever computed meanwhile loses.
  ports.git.commit = async (...args) => {
    await sleep(300);
    return commit(...args);
  };
  ports.git.moveRef = async (...args) => {
    const answer = await moveRef(...args);
    seen.tried += 1;
    if (answer === 'moved') seen.commits.add(args[2]);
    return answer;
  };
  return seen;
}

export const MANY_ENDS: Scenarios = {
  '200 that end in the same minute are all destroyed, and nothing of them is left anywhere': async (
    world,
  ) => {
    const { ports } = world;
    const commit = ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }, WITH_EPHEMERAL));
    for (let at = 0; at < MANY; at += 1) {
      await unrecorded(world, commit, {
        environment: `eph-n${at}`,
        runId: String(at).padStart(20, '0'),
        applied: { network: applied('network', commit, []) },
      });
    }
    await mirrorEphemerals(ports, REPOSITORY, ports.clock.now().toISOString());
    const before = await readEphemerals(ports, REPOSITORY);
    const seen = watchRecord(world);

    await world.pass(8 * HOUR);
    const end = Date.now() + 240_000;
    while ((await ports.ephemerals.list(REPOSITORY)).length > 0 && Date.now() < end) await sleep(100);
    await world.settled();

    expect(Object.keys(before.rows)).toHaveLength(MANY);
    expect(world.state.size).toBe(0);
    expect(await ports.ephemerals.list(REPOSITORY)).toEqual([]);
    expect(await ports.schedules.list()).toEqual([]);
    expect(await ports.locks.held()).toEqual([]);
    const { rows, history } = await readEphemerals(ports, REPOSITORY);
    expect(rows).toEqual({});
    const gone = history.filter(({ event }) => event === 'destroyed').map(({ environment }) => environment);
    expect([gone.length, new Set(gone).size]).toEqual([MANY, MANY]);
    // Whoever is first writes the news of all that wait: far fewer than one try for each.
    expect(seen.tried).toBeLessThan(2 * MANY);
    expect(seen.commits.size).toBeLessThan(MANY);
  },
};
