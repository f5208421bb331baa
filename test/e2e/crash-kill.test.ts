import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildChildServer } from '../support/child-server-process.ts';
import { firstRound, playRound } from './crash-rounds.ts';
import { type CrashWorld, makeCrashWorld } from './crash-world.ts';

let built: Awaited<ReturnType<typeof buildChildServer>>;
let world: CrashWorld;

beforeAll(async () => {
  built = await buildChildServer();
  world = await makeCrashWorld(built.program);
  await firstRound(world);
}, 120_000);

afterAll(async () => {
  await world?.close();
  await built?.remove();
});

test('kill -9 after every second commit of a server, one life after the other', async () => {
  const before = world.lives();
  world.killAt(...Array.from({ length: 14 }, () => 2));
  world.signal('SIGKILL');

  await playRound(world, { good: 'v0', version: { name: 'v1' } });

  expect(world.lives() - before).toBeGreaterThan(10);
}, 180_000);

test('kill -9 at random moments: a good change', async () => {
  const kills = moments(2, 2500);

  await playRound(world, { good: 'v1', version: { name: 'v2' }, kills });
}, 180_000);

test('kill -9 at random moments: a bad change is rolled back once, by one revert pull request', async () => {
  const kills = moments(3, 5000);

  await playRound(world, { good: 'v2', version: { name: 'v3', bad: true }, kills });
}, 180_000);

test('SIGTERM while an apply runs: the server ends, the job goes on, the next server finds it', async () => {
  const before = world.lives();
  const playing = playRound(world, { good: 'v2', version: { name: 'v4', slow: 6 } });
  while (!world.applies().includes('network v4')) await sleep(20);
  const server = world.server();

  world.signal('SIGTERM');
  const end = await server.ended;
  const jobs = world.jobProcesses();
  await playing;

  expect(end).toBe('ended');
  // It did not wait for it.
  expect(jobs.length).toBeGreaterThan(0);
  expect(world.lives()).toBe(before + 1);
}, 180_000);

/** So that a failure can be played again, what was chosen is told. */
function moments(count: number, within: number): number[] {
  const chosen = Array.from({ length: count }, () => Math.round(Math.random() * within)).sort(
    (a, b) => a - b,
  );
  console.info(`kill -9 after ${chosen.join(', ')} ms`);
  return chosen;
}
