import type { Catcher, Retrier, State } from './definition.ts';

/** States.ALL does not cover these two; States.Runtime is not even caught by its own name. */
const TERMINAL = ['States.Runtime', 'States.DataLimitExceeded'];
const TIMEOUTS = ['States.Timeout', 'States.HeartbeatTimeout'];

/** Whether a Retry or Catch that names `errors` takes `error`. */
export function covers(errors: string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  return errors.some((name) => {
    if (name === error) return true;
    if (TERMINAL.includes(error)) return false;
    if (name === 'States.ALL') return true;
    if (name === 'States.TaskFailed') return !TIMEOUTS.includes(error);
    return name === 'States.Timeout' && error === 'States.HeartbeatTimeout';
  });
}

export function findCatcher(state: State, error: string): Catcher | undefined {
  return state.Catch?.find((each) => covers(each.ErrorEquals, error));
}

/**
 * The first retrier that covers the error decides alone; each counts its own attempts while the state lasts.
 * Answers the counts after this retry and its delay, or undefined if there is none left.
 */
export function nextRetry(
  state: State,
  used: number[],
  error: string,
  random: () => number,
): { used: number[]; delay: number } | undefined {
  const index = (state.Retry ?? []).findIndex((each) => covers(each.ErrorEquals, error));
  const retrier = state.Retry?.[index];
  if (retrier === undefined) return undefined;
  const before = used[index] ?? 0;
  if (before >= (retrier.MaxAttempts ?? 3)) return undefined;
  const counts = state.Retry!.map((_, i) => (used[i] ?? 0) + (i === index ? 1 : 0));
  return { used: counts, delay: retryDelay(retrier, before, random) };
}

/** Milliseconds. */
function retryDelay(retrier: Retrier, before: number, random: () => number): number {
  const growing = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** before;
  const seconds = Math.min(growing, retrier.MaxDelaySeconds ?? 31_622_400);
  return Math.round(seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? random() : 1));
}
