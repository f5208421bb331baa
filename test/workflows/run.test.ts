import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { COMMANDS } from './scenarios/run.ts';

test.each(Object.entries(COMMANDS))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
