import type { Log } from '../../core/log.ts';
import type { Clock } from '../../core/ports.ts';
import type { StatusEvent } from '../../core/reports/event.ts';
import { type Consumer, type ConsumerOptions, consume } from './consumer.ts';
import { type DeadLetter, openQueue } from './queue.ts';
import type { Db } from './sqlite.ts';

/** Shows an event somewhere. It is called again for the same event after a failure or a restart. */
export type Sink = (event: StatusEvent) => Promise<void>;

export interface Outbox {
  /** Writes one letter per sink, in the caller's transaction; `wake` after it is committed. */
  put(event: StatusEvent): void;
  wake(): void;
  /** Starts delivery, with what an earlier server left behind. */
  start(): void;
  stop(): Promise<void>;
  /** Resolves once every letter was delivered or is dead. */
  drained(): Promise<void>;
  dead(sink: string): DeadLetter[];
  /** Tries a dead letter again. */
  revive(id: number): boolean;
}

interface OutboxOptions {
  db: Db;
  sinks: Record<string, Sink>;
  clock: Clock;
  log: Log;
  tuning?: Pick<ConsumerOptions, 'parallel' | 'maxTries' | 'backoff' | 'timeout'>;
}

/**
 * One queue per sink, so that one sink's outage holds up no other; in a queue the events of a run are
 * delivered in order, and those of other runs do not wait for them.
 */
export function createOutbox({ db, sinks, clock, log, tuning }: OutboxOptions): Outbox {
  const queue = openQueue(db);
  const consumers: Consumer[] = [];

  return {
    put(event) {
      const key = `${event.runId}/${event.id}`;
      const body = JSON.stringify(event);
      for (const sink of Object.keys(sinks)) {
        queue.put(topicOf(sink), { group: event.runId, key, body }, clock.now());
      }
    },
    wake() {
      for (const consumer of consumers) consumer.wake();
    },
    start() {
      if (consumers.length > 0) return;

      for (const [sink, deliver] of Object.entries(sinks)) {
        const handle = async (letter: { body: string }) => deliver(JSON.parse(letter.body) as StatusEvent);
        consumers.push(
          consume({ queue, topic: topicOf(sink), handle, clock, log, timeout: 60_000, ...tuning }),
        );
      }
      for (const topic of queue.topics().filter((left) => isLeft(left, sinks))) {
        log('warn', 'letters wait for a sink that is not configured', { topic, letters: queue.size(topic) });
      }
    },
    async stop() {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.stop()));
    },
    async drained() {
      await Promise.all(consumers.map((consumer) => consumer.drained()));
    },
    dead: (sink) => queue.dead(topicOf(sink)),
    revive(id) {
      const revived = queue.revive(id, clock.now());
      for (const consumer of consumers) consumer.wake();
      return revived;
    },
  };
}

function topicOf(sink: string): string {
  return `sink:${sink}`;
}

function isLeft(topic: string, sinks: Record<string, Sink>): boolean {
  return topic.startsWith('sink:') && !Object.keys(sinks).some((sink) => topicOf(sink) === topic);
}
