export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Answers what cancels it. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * Longest sleep. setTimeout fires at once beyond 24.8 days, and a machine that was suspended or whose clock was
 * set would sleep too long: it looks again each minute.
 */
const LONGEST = 60_000;

/** One timer for everything that has a time: when it fires, `due` looks into the store. */
export function createAlarm(clock: Clock, due: () => void) {
  let cancel: (() => void) | null = null;
  let setFor = Number.POSITIVE_INFINITY;

  function off(): void {
    cancel?.();
    cancel = null;
    setFor = Number.POSITIVE_INFINITY;
  }

  return {
    /** Fires at `time` at the latest, earlier if it was set so before. */
    set(time: number | null): void {
      if (time === null || time >= setFor) return;
      off();
      setFor = time;
      const wait = Math.min(Math.max(time - clock.now(), 0), LONGEST);
      cancel = clock.after(wait, () => {
        off();
        due();
      });
    },
    off,
  };
}
