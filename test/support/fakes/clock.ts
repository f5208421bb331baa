import type { Clock } from '../../../core/ports.ts';

export interface FakeClock extends Clock {
  /** Lets `seconds` pass. */
  pass(seconds: number): void;
}

/** Stands still until it is told to pass. */
export function fakeClock(start = '2026-01-01T00:00:00.000Z'): FakeClock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    pass(seconds) {
      at += seconds * 1_000;
    },
  };
}
