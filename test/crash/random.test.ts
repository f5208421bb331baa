import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstRound, playRound } from '../e2e/crash-rounds.ts';
import { type CrashWorld, makeCrashWorld } from '../e2e/crash-world.ts';
import { buildChildServer } from '../support/child-server-process.ts';

const KILLS = 50;
const PER_ROUND = 3;

let built: Awaited<ReturnType<typeof buildChildServer>>;
let world: CrashWorld;

beforeAll(async () => {
  built = await buildChildServer();
  world = await makeCrashWorld(built.program);
  await firstRound(world);
});

afterAll(async () => {
  await world?.close();
  await built?.remove();
});

test(`kill -9 of the server at ${KILLS} random moments: every run ends, nothing is done twice`, async () => {
  // What a round takes without a kill: moments are chosen from it, so that few fall behind the end.
  let usual = await playRound(world, { good: 'v0', version: { name: 'calm' } });
  let good = 'calm';
  const lives = world.lives();

  for (let round = 1; world.lives() - lives < KILLS; round += 1) {
    const kills = Array.from({ length: PER_ROUND }, () => Math.round(Math.random() * usual)).sort(
      (a, b) => a - b,
    );
    const version = { name: `v${round}`, bad: round % 3 === 0 };
    console.info(`round ${round}${version.bad ? ' (bad)' : ''}: kill -9 after ${kills.join(', ')} ms`);

    const took = await playRound(world, { good, version, kills });

    if (!version.bad) good = version.name;
    usual = (usual + took) / 2;
  }

  expect(world.lives() - lives).toBeGreaterThanOrEqual(KILLS);
});
