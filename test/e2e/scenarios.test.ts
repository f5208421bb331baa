import { expect, test } from 'vitest';
import { startRealWorld } from '../support/real-world.ts';
import { SCENARIOS } from './scenarios.ts';

test.each(SCENARIOS)('one machine: $name', async ({ play, expected }) => {
  const world = await startRealWorld();
  try {
    expect(await play(world)).toEqual(expected);
  } finally {
    await world.close();
  }
});
