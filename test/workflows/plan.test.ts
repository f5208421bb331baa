import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { PLANS } from './scenarios/plan.ts';

test.each(Object.entries(PLANS))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
