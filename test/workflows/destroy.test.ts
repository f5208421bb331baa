import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { DESTROYS } from './scenarios/destroy.ts';
import { TAKE_DOWNS } from './scenarios/destroy-permanent.ts';
import { EXTENSIONS } from './scenarios/extend.ts';
import { LIVES } from './scenarios/life.ts';
import { SWEEPS } from './scenarios/sweep.ts';

test.each(Object.entries({ ...DESTROYS, ...EXTENSIONS, ...TAKE_DOWNS, ...SWEEPS, ...LIVES }))(
  '%s',
  async (_name, play) => {
    const world = createWorld();
    await play(world).finally(() => world.close());
  },
);
