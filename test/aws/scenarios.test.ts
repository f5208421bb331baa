import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../e2e/scenarios.ts';
import { startCloudWorld } from '../support/aws/cloud-world.ts';
import { NO_MOTO } from '../support/aws/moto.ts';

describe.skipIf(NO_MOTO)(`AWS, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  test.each(SCENARIOS)('$name', async ({ play, expected }) => {
    const world = await startCloudWorld();
    try {
      expect(await play(world)).toEqual(expected);
    } finally {
      await world.close();
    }
  });
});
