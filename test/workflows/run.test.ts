import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { COMMANDS } from './scenarios/run.ts';
import { HELD } from './scenarios/run-held.ts';

test.each(Object.entries({ ...COMMANDS, ...HELD }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
