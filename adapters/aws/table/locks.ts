import { claimed, released } from '../../../core/environments/lock-queue.ts';
import { Unavailable } from '../../../core/errors.ts';
import type { Lock, Locks } from '../../../core/ports.ts';
import { pause } from '../clients/retry.ts';
import { count, type Item, type Items, type Key, text } from './items.ts';

const PARTITION = 'locks';

/**
 * One item per lock. It is changed under the condition that its version is the one that was read, and whoever
 * loses looks again: the queue's rules do not mind being asked twice. All locks share a partition, so that those
 * that are held are found consistently; there are as many as environments.
 */
export function dynamodbLocks(items: Items): Locks {
  /** `change` answers null where there is nothing to change. */
  async function changed(key: Key, change: (lock: Lock | null) => Lock | null): Promise<Lock | null> {
    for (let attempt = 0; ; attempt++) {
      const stored = await items.get(key);
      const next = change(stored && lockOf(stored));
      if (!next) return null;

      const version = stored ? count(stored, 'version') : 0;
      const done = await items.put(
        { ...key, body: JSON.stringify(next), version: version + 1, held: next.holder !== null },
        stored
          ? { text: '#version = :before', values: { before: version } }
          : { text: 'attribute_not_exists(#pk)' },
      );
      if (done) return next;
      if (!(await pause(attempt))) {
        throw new Unavailable(`The lock of ${key.sk} is asked for too often at once.`);
      }
    }
  }

  return {
    async claim(repository, environment, claim) {
      const free: Lock = { repository, environment, fence: 0, holder: null, waiting: [] };
      const lock = await changed(keyOf(repository, environment), (now) => claimed(now ?? free, claim));
      return lock ?? free;
    },
    async get(repository, environment) {
      const stored = await items.get(keyOf(repository, environment));
      return stored && lockOf(stored);
    },
    release: (repository, environment, runId) =>
      changed(keyOf(repository, environment), (now) => now && released(now, runId)),
    async held() {
      const found: Lock[] = [];
      const where = { text: '#held = :held', values: { held: true } };
      for await (const page of items.query({ pk: PARTITION, where })) found.push(...page.map(lockOf));
      return found;
    },
  };
}

function keyOf(repository: string, environment: string): Key {
  return { pk: PARTITION, sk: `${repository}#${environment}` };
}

function lockOf(item: Item): Lock {
  return JSON.parse(text(item, 'body')) as Lock;
}
