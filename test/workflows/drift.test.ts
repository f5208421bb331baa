import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { DRIFTS } from './scenarios/drift.ts';

test.each(Object.entries(DRIFTS))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
