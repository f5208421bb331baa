import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from '@octokit/core';
import { isRateLimit, isRequestError, type RequestError } from './errors.ts';
import { makePacer } from './pace.ts';

/** Milliseconds before each further attempt at what may pass: no answer, or 500 and above. */
const PAUSES = [300, 1200];
/** A rate limit that ends within this many seconds is waited for, twice at most. */
const LONGEST_WAIT = 60;
const MOST_WAITS = 2;

interface RetryOptions {
  /** GitHub's own limits count: writes are paced. */
  limited: boolean;
  clock: { now(): Date };
  log?: ((message: string, fields: Record<string, unknown>) => void) | undefined;
}

/**
 * Tries again what can pass, and obeys GitHub's limits. Octokit's own plugins for it do the same with a queue
 * per request whose timers cost 15 ms each time, which is more than a plan's other work beside terraform.
 * `request: { retries: 0 }` keeps a request from being sent again after an answer that was lost.
 */
export function addRetries(octokit: Octokit, { limited, clock, log }: RetryOptions): void {
  // About 80 content-creating requests a minute are allowed.
  const pace = limited ? makePacer(20, 1) : null;
  octokit.hook.wrap('request', async (request, options) => {
    const retries = options.request['retries'] === 0 ? 0 : PAUSES.length;
    let failures = 0;
    let waits = 0;
    for (;;) {
      if (options.method !== 'GET') await pace?.();
      try {
        return await request(options);
      } catch (error) {
        if (!isRequestError(error)) throw error;
        const seconds = secondsToWait(error, clock);
        if (seconds !== null) {
          const again = seconds <= LONGEST_WAIT && waits++ < MOST_WAITS;
          log?.('GitHub asks to slow down', { seconds, again, method: options.method, url: options.url });
          if (!again) throw error;
          await sleep(seconds * 1000);
        } else {
          const pause = PAUSES[failures++];
          if (error.status < 500 || failures > retries || pause === undefined) throw error;
          await sleep(pause);
        }
      }
    }
  });
}

/** Null if it is no rate limit. GitHub tells when to come back; for a secondary limit without, a minute is its rule. */
function secondsToWait(error: RequestError, clock: { now(): Date }): number | null {
  if (error.status !== 429 && !(error.status === 403 && isRateLimit(error))) return null;
  const headers = error.response?.headers ?? {};
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return Math.max(0, after);
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] !== '0' || !Number.isFinite(reset)) return LONGEST_WAIT;
  // One second more, to be there after the reset and not at it.
  return Math.max(0, Math.ceil(reset - clock.now().getTime() / 1000) + 1);
}
