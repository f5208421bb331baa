import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { FREEZES } from './scenarios/freeze.ts';
import { THAWS } from './scenarios/thaw.ts';

test.each(Object.entries({ ...FREEZES, ...THAWS }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
