import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildChildServer } from '../support/child-server-process.ts';
import { type CrashWorld, makeCrashWorld } from './crash-world.ts';

let built: Awaited<ReturnType<typeof buildChildServer>>;
let world: CrashWorld;

beforeAll(async () => {
  built = await buildChildServer();
  world = await makeCrashWorld(built.program);
});

afterAll(async () => {
  await world?.close();
  await built?.remove();
});

test('smoke', async () => {
  let t = Date.now();
  const first = await world.finish(await world.push({ name: 'v1' }));
  console.log(Date.now() - t, first.state, first.title, world.applies());
  t = Date.now();
  const second = await world.finish(await world.push({ name: 'v2' }));
  console.log(Date.now() - t, second.state, world.applies(), world.exited(second));
  t = Date.now();
  const third = await world.finish(await world.push({ name: 'v3', bad: true }));
  console.log(Date.now() - t, third.state, third.title, world.applies(), world.exited(third), world.heldLocks(), world.jobProcesses());
  expect(third.state).toBe('rolled-back');
}, 120_000);
