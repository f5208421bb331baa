import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { DEPLOYS } from './scenarios/deploy.ts';
import { ROLLBACKS } from './scenarios/rollback.ts';

test.each(Object.entries({ ...DEPLOYS, ...ROLLBACKS }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
