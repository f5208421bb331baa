import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { AT_ONCE, EPHEMERALS } from './scenarios/ephemeral.ts';
import { REFUSED } from './scenarios/ephemeral-refused.ts';
import { UNLUCKY } from './scenarios/ephemeral-unlucky.ts';

test.each(Object.entries({ ...EPHEMERALS, ...AT_ONCE, ...REFUSED, ...UNLUCKY }))(
  '%s',
  async (_name, play) => {
    const world = createWorld();
    await play(world).finally(() => world.close());
  },
);
