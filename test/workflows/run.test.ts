import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { COMMANDS } from './scenarios/run.ts';
import { HELD } from './scenarios/run-held.ts';
import { TURNS } from './scenarios/run-turn.ts';

test.each(Object.entries({ ...COMMANDS, ...HELD, ...TURNS }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
