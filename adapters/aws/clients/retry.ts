import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds. */
const FIRST = 20;
const LONGEST = 500;

/** With the pauses below: several seconds, and a good minute where everybody wants the same item. */
const ATTEMPTS = 100;

/** Waits before attempt `attempt + 1`, longer each time and never as long as others; false if it was tried enough. */
export async function pause(attempt: number): Promise<boolean> {
  if (attempt >= ATTEMPTS) return false;
  await sleep(Math.random() * Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10)));
  return true;
}
