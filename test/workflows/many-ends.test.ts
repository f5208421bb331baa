import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { MANY_ENDS } from './scenarios/many-ends.ts';

test.each(Object.entries(MANY_ENDS))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
