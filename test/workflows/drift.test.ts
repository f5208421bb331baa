import { test } from 'vitest';
import { createWorld } from '../support/memory-world.ts';
import { DRIFTS } from './scenarios/drift.ts';
import { DRIFTS_DUE } from './scenarios/drift-due.ts';
import { DRIFTS_TOLD } from './scenarios/drift-told.ts';

test.each(Object.entries({ ...DRIFTS, ...DRIFTS_DUE, ...DRIFTS_TOLD }))('%s', async (_name, play) => {
  const world = createWorld();
  await play(world).finally(() => world.close());
});
