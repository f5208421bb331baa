import { expect, test } from 'vitest';
import { thawSlot } from '../../core/environments/thaw.ts';
import { createWorld, project, REPOSITORY } from '../support/memory-world.ts';
import { until } from '../support/until.ts';
import { FREEZES } from './scenarios/freeze.ts';
import { freeze, queueing, unfreeze } from './scenarios/freeze-asks.ts';
import { states } from './scenarios/shop.ts';
import { THAWS } from './scenarios/thaw.ts';
import { UNLUCKY_THAWS } from './scenarios/thaw-unlucky.ts';

test.each(Object.entries({ ...FREEZES, ...THAWS, ...UNLUCKY_THAWS }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});

test('two deploys that begin to wait for the thaw at the same instant: the newer one waits, none is left', async () => {
  // Each has looked who waits there before the other one stands there.
  const { both, arrived } = pair();
  const world = createWorld({
    touch: (step, ports) => {
      if (step !== 'WaitForThaw') return ports;
      const get: typeof ports.approvals.get = async (...of) => {
        const found = await ports.approvals.get(...of);
        arrived();
        await both;
        return found;
      };
      return { ...ports, approvals: { ...ports.approvals, get } };
    },
  });
  try {
    await queueing(world);
    await freeze(world);
    await world.push(project('app', { value: 'a2' }));
    await until('the first of them to wait', () => world.trace.some(({ what }) => what === 'WaitForThaw'));
    const commit = await world.push(project('app', { value: 'a3' }));
    await world.settled();
    const waiting = await world.ports.approvals.get(REPOSITORY, thawSlot('prod'));
    const before = await states(world);
    await unfreeze(world);
    await world.settled();
    await world.approve();
    await world.settled();

    expect(waiting?.commit).toBe(commit);
    expect(before).toEqual(['waiting', 'superseded', 'succeeded']);
    expect(await states(world)).toEqual(['succeeded', 'superseded', 'succeeded']);
    expect(world.state.get('app')).toBe('a3');
  } finally {
    await world.close();
  }
});

function pair() {
  let count = 0;
  let go = () => {};
  const both = new Promise<void>((resolve) => {
    go = resolve;
  });
  const arrived = () => {
    count += 1;
    if (count === 2) go();
  };
  return { both, arrived };
}
