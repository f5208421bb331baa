type StopReason = 'stopped' | 'timeout';

export interface Stop {
  reason: StopReason | null;
  /** When it was told to, in milliseconds; null before. */
  at: number | null;
  /** The first call counts. */
  now(reason: StopReason): void;
  /** Calls at once if it has happened already. Answers how to unsubscribe. */
  onStop(listener: () => void): () => void;
}

export function createStop(): Stop {
  const listeners = new Set<() => void>();
  const stop: Stop = {
    reason: null,
    at: null,
    now(reason) {
      if (stop.reason) return;
      stop.reason = reason;
      stop.at = Date.now();
      for (const listener of listeners) listener();
    },
    onStop(listener) {
      if (stop.reason) {
        listener();
        return () => undefined;
      }
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return stop;
}

export function stopMessage(reason: StopReason, timeout: number): string {
  return reason === 'timeout'
    ? `The job ran longer than its ${timeout} s and was interrupted. Give it more time, or a smaller project.`
    : 'The job was told to stop and was interrupted.';
}
