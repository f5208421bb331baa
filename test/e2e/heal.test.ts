import { afterEach, expect, test } from 'vitest';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

afterEach(async () => {
  await world.close();
});

test('a push whose webhook never came is found by the look at the heads', async () => {
  world = await startRealWorld({ hook: false });
  const commit = await world.push({ ...config(), ...root(world.log, 'network', { value: 'n1' }) });

  await world.restart();
  const run = await world.deploy({ commit });

  expect(run).toMatchObject({ state: 'succeeded', requester: null, repository: REPOSITORY });
  expect(await world.applied()).toEqual(['+ network n1']);
});
