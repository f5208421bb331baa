import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lock, LockClaim, Locks } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

const REPOSITORY = 'acme/shop';

export function testLocks(make: Make<Locks>): void {
  describe('locks', () => {
    test('the first takes it, the others queue in the order they came', async () => {
      const { store } = await use(make);

      const first = await store.claim(REPOSITORY, 'prod', claim('a'));
      await store.claim(REPOSITORY, 'prod', claim('b'));
      const third = await store.claim(REPOSITORY, 'prod', claim('c'));

      expect(first).toEqual({
        repository: REPOSITORY,
        environment: 'prod',
        fence: 1,
        holder: claim('a'),
        waiting: [],
      });
      expect(third.holder?.runId).toBe('a');
      expect(waiting(third)).toEqual(['b', 'c']);
      expect(await store.get(REPOSITORY, 'prod')).toEqual(third);
    });

    test('a release hands over to the first that waits, with the next fence', async () => {
      const { store } = await use(make);
      for (const run of ['a', 'b', 'c']) await store.claim(REPOSITORY, 'prod', claim(run));

      const second = await store.release(REPOSITORY, 'prod', 'a');
      const third = await store.release(REPOSITORY, 'prod', 'b');
      const free = await store.release(REPOSITORY, 'prod', 'c');
      const next = await store.claim(REPOSITORY, 'prod', claim('d'));

      expect([second?.holder, second?.fence, waiting(second)]).toEqual([claim('b'), 2, ['c']]);
      expect([third?.holder, third?.fence, waiting(third)]).toEqual([claim('c'), 3, []]);
      expect([free?.holder, free?.fence]).toEqual([null, 3]);
      expect([next.holder?.runId, next.fence]).toEqual(['d', 4]);
    });

    test('the same run again renews its token and keeps its place and fence', async () => {
      const { store } = await use(make);
      for (const run of ['a', 'b', 'c']) await store.claim(REPOSITORY, 'prod', claim(run));

      const holder = await store.claim(REPOSITORY, 'prod', { ...claim('a'), token: 'new a' });
      const waits = await store.claim(REPOSITORY, 'prod', { ...claim('b'), token: 'new b' });

      expect([holder.holder?.token, holder.fence]).toEqual(['new a', 1]);
      expect(waits.waiting.map((one) => one.token)).toEqual(['new b', 'token of c']);
    });

    test('a release repeated answers the same lock and takes nothing from the next holder', async () => {
      const { store } = await use(make);
      for (const run of ['a', 'b']) await store.claim(REPOSITORY, 'prod', claim(run));

      const once = await store.release(REPOSITORY, 'prod', 'a');
      const twice = await store.release(REPOSITORY, 'prod', 'a');

      expect(twice).toEqual(once);
      expect(twice?.holder?.runId).toBe('b');
    });

    test('a run that waits leaves the queue; a stranger changes nothing', async () => {
      const { store } = await use(make);
      for (const run of ['a', 'b', 'c']) await store.claim(REPOSITORY, 'prod', claim(run));

      const left = await store.release(REPOSITORY, 'prod', 'b');
      const same = await store.release(REPOSITORY, 'prod', 'stranger');

      expect([left?.holder?.runId, left?.fence, waiting(left)]).toEqual(['a', 1, ['c']]);
      expect(same).toEqual(left);
    });

    test('locks are per repository and environment; one never claimed is null', async () => {
      const { store } = await use(make);

      await store.claim(REPOSITORY, 'prod', claim('a'));
      const other = await store.claim('acme/other', 'prod', claim('b'));
      const stage = await store.claim(REPOSITORY, 'stage', claim('c'));
      await store.release(REPOSITORY, 'stage', 'c');

      expect([other.holder?.runId, stage.holder?.runId]).toEqual(['b', 'c']);
      expect(await store.get(REPOSITORY, 'none')).toBeNull();
      expect(await store.release(REPOSITORY, 'none', 'a')).toBeNull();
      expect((await store.held()).map((lock) => `${lock.repository} ${lock.environment}`).sort()).toEqual([
        'acme/other prod',
        'acme/shop prod',
      ]);
    });

    test('20 that race: one holds, each fence is given once, nobody is lost', async () => {
      const { store } = await use(make);
      const runs = Array.from({ length: 20 }, (_, n) => `run ${n}`);

      await Promise.all(runs.map((run) => store.claim(REPOSITORY, 'prod', claim(run))));
      const held: string[] = [];
      const fences: number[] = [];
      for (let lock = await store.get(REPOSITORY, 'prod'); lock?.holder; ) {
        held.push(lock.holder.runId);
        fences.push(lock.fence);
        lock = await store.release(REPOSITORY, 'prod', lock.holder.runId);
      }

      expect(held.sort()).toEqual(runs.sort());
      expect(fences).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    });

    test('all is there after a restart', async () => {
      const { store, reopen } = await use(make);
      for (const run of ['a', 'b', 'c']) await store.claim(REPOSITORY, 'prod', claim(run));
      const before = await store.release(REPOSITORY, 'prod', 'a');

      const again = await reopen();

      expect(await again.get(REPOSITORY, 'prod')).toEqual(before);
      expect((await again.release(REPOSITORY, 'prod', 'b'))?.fence).toBe(3);
    });

    test('whatever the calls, it is a queue', async () => {
      const { store } = await use(make);
      let environments = 0;
      const call = fc.record({
        kind: fc.constantFrom('claim', 'release'),
        run: fc.constantFrom('a', 'b', 'c', 'd'),
      });

      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 20 }), async (calls) => {
          environments += 1;
          const environment = `e${environments}`;
          let queue: string[] = [];
          let fence = 0;
          for (const { kind, run } of calls) {
            const first = queue[0];
            if (kind === 'release') {
              queue = queue.filter((waits) => waits !== run);
              await store.release(REPOSITORY, environment, run);
            } else {
              if (!queue.includes(run)) queue.push(run);
              await store.claim(REPOSITORY, environment, claim(run));
            }
            if (queue[0] !== undefined && queue[0] !== first) fence += 1;
          }

          const lock = await store.get(REPOSITORY, environment);

          const order = lock?.holder ? [lock.holder.runId, ...waiting(lock)] : waiting(lock);
          expect(order).toEqual(queue);
          expect(lock?.fence ?? 0).toBe(fence);
        }),
        { numRuns: 50 },
      );
    });
  });
}

function claim(runId: string): LockClaim {
  return {
    runId,
    token: `token of ${runId}`,
    command: 'deploy',
    commit: null,
    at: '2026-01-01T00:00:00.000Z',
  };
}

function waiting(lock: Lock | null): string[] {
  return lock?.waiting.map((one) => one.runId) ?? [];
}
