import type { Log } from '../core/log.ts';

interface Repeated {
  /** Runs it once now, and again `ms` after each time it ended. */
  start(): void;
  stop(): void;
}

/** Work that repeats; a failure is logged and the next time comes all the same. */
export function every(ms: number, log: Log, what: string, work: () => Promise<unknown>): Repeated {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function turn(): Promise<void> {
    try {
      await work();
    } catch (error) {
      log('warn', 'scheduled work failed', {
        what,
        error: error instanceof Error ? error.message : String(error),
      });
    }
    if (!stopped) timer = setTimeout(turn, ms);
  }

  return {
    start() {
      stopped = false;
      timer = setTimeout(turn, 0);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
