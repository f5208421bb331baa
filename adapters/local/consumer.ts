import type { Log } from '../../core/log.ts';
import type { Clock } from '../../core/ports.ts';
import type { Letter, Queue } from './queue.ts';

export interface ConsumerOptions {
  queue: Queue;
  topic: string;
  handle: (letter: Letter) => Promise<void>;
  clock: Clock;
  log: Log;
  /** Groups handled at the same time. */
  parallel?: number;
  /** Tries before a letter is dead. */
  maxTries?: number;
  /** Milliseconds until the next try, from the number of tries made (1, 2, ...). */
  backoff?: (tries: number) => number;
  /** A handler that takes longer (milliseconds) has failed. */
  timeout?: number;
}

export interface Consumer {
  /** Something may be due: look now. */
  wake(): void;
  /** Takes no more letters and waits for those in hand. */
  stop(): Promise<void>;
  /** Resolves once nothing waits: every letter was handled or is dead. */
  drained(): Promise<void>;
}

/** 1, 2, 4 ... 512 seconds and then every ten minutes: twelve tries last about 37 minutes. */
function doubling(tries: number): number {
  return Math.min(1_000 * 2 ** (tries - 1), 600_000);
}

/** setTimeout's own limit is 2^31 - 1; a look too early does no harm. */
const LONGEST_SLEEP = 3_600_000;

/** Handles a topic's letters until it is stopped. It sleeps until woken or until the next try is due. */
export function consume(options: ConsumerOptions): Consumer {
  const { queue, topic, clock, log, parallel = 4, maxTries = 12, backoff = doubling, timeout } = options;
  const busy = new Set<string>();
  const inHand = new Set<Promise<void>>();
  let waiters: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let woken = false;

  /** Not at once: the caller's transaction is still open, and what it wrote may yet be taken back. */
  function wake(): void {
    if (woken) return;
    woken = true;

    setImmediate(() => {
      woken = false;
      look();
    });
  }

  function look(): void {
    if (stopped) return;
    clearTimeout(timer);

    try {
      for (const letter of queue.due(topic, clock.now(), busy, parallel - busy.size)) take(letter);
      if (busy.size === 0 && queue.size(topic) === 0) tellDrained();
      if (busy.size < parallel) sleep(queue.nextAt(topic, busy));
    } catch (error) {
      // The database is busy or gone; the letters in it are as they were.
      log('error', 'a queue could not be read', { topic, error: message(error) });
      sleep(clock.now().getTime() + 1_000);
    }
  }

  function sleep(until: number | null): void {
    if (until === null) return;

    const wait = Math.min(Math.max(until - clock.now().getTime(), 1), LONGEST_SLEEP);
    timer = setTimeout(look, wait);
  }

  function take(letter: Letter): void {
    busy.add(letter.grp);
    const work = handle(letter).finally(() => {
      busy.delete(letter.grp);
      inHand.delete(work);
      look();
    });
    inHand.add(work);
  }

  /** Never rejects: what cannot be written stays in the queue and is handled again. */
  async function handle(letter: Letter): Promise<void> {
    try {
      await limited(options.handle(letter), timeout);
    } catch (error) {
      settle(letter, () => failed(letter, error));
      return;
    }
    settle(letter, () => queue.done(letter.id));
  }

  function settle(letter: Letter, write: () => void): void {
    try {
      write();
    } catch (error) {
      log('error', 'a queue could not be written', { topic, key: letter.key, error: message(error) });
    }
  }

  function failed(letter: Letter, error: unknown): void {
    const tries = letter.tries + 1;
    const fields = { topic, key: letter.key, group: letter.grp, tries, error: message(error) };

    if (tries >= maxTries) {
      queue.bury(letter, message(error), clock.now());
      log('error', 'a letter was given up and is kept among the dead letters', fields);
      return;
    }
    queue.later(letter.id, clock.now().getTime() + backoff(tries));
    log('warn', 'a letter was not handled and is tried again', fields);
  }

  function tellDrained(): void {
    const told = waiters;
    waiters = [];
    for (const tell of told) tell();
  }

  wake();

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all(inHand);
    },
    drained: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      }),
  };
}

async function limited(work: Promise<void>, timeout: number | undefined): Promise<void> {
  if (timeout === undefined) return work;

  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${timeout / 1_000} s`)), timeout);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function message(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
