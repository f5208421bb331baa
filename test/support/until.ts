import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What is waited for comes when it comes: this end is there only for what never does, and a machine that is busy
 * with all else at once does not reach it.
 */
const PATIENCE = 60_000;

/** For `vi.waitFor` and `expect.poll`, which give up after a second if they are not told otherwise. */
export const PATIENTLY = { timeout: PATIENCE, interval: 5 };

/** Looks again and again, and answers what there is to see as soon as that is neither undefined nor false. */
export async function until<T>(
  what: string | (() => string),
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) {
      throw new Error(`waited ${PATIENCE / 1000} s in vain for ${typeof what === 'string' ? what : what()}`);
    }
    await sleep(5);
  }
}
