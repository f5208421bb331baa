import { afterAll, beforeAll, describe, test } from 'vitest';
import { NO_MOTO } from '../support/aws/moto.ts';
import { type MotoEngine, startMotoEngine } from '../support/aws/moto-engine.ts';
import { createWorld } from '../support/memory-world.ts';
import { MANY_ENDS } from '../workflows/scenarios/many-ends.ts';

describe.skipIf(NO_MOTO)(`many ends on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: MotoEngine;
  beforeAll(async () => {
    moto = await startMotoEngine();
  });
  afterAll(() => moto.close());

  test.each(Object.entries(MANY_ENDS))('%s', async (_name, play) => {
    const world = createWorld({ engine: await moto.next() });
    await play(world).finally(() => world.close());
  });
});
