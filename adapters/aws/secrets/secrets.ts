import type { Clock } from '../../../core/ports.ts';

export interface Secrets {
  /** Throws NotFound, naming the secret and never a value. */
  get(reference: string): Promise<string>;
  /** Reads it afresh the next time: somebody refused what it holds. */
  forget(reference: string): void;
}

/** A value that was changed is in use everywhere after this time, without a deployment. */
const KEEP_MS = 5 * 60_000;

/** Secrets, each kept for five minutes after it was read. */
export function cachedSecrets(read: (reference: string) => Promise<string>, clock: Clock): Secrets {
  const known = new Map<string, { at: number; value: Promise<string> }>();

  return {
    get(reference) {
      const now = clock.now().getTime();
      const kept = known.get(reference);
      if (kept && now - kept.at < KEEP_MS) return kept.value;

      const entry = { at: now, value: read(reference) };
      known.set(reference, entry);
      // What failed is not kept: the next call asks again.
      entry.value.catch(() => {
        if (known.get(reference) === entry) known.delete(reference);
      });
      return entry.value;
    },
    forget(reference) {
      known.delete(reference);
    },
  };
}
