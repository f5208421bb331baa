import { describe, expect, test } from 'vitest';
import type { Runs, Status } from '../../core/ports.ts';
import type { StatusEvent } from '../../core/reports/event.ts';
import { ENDED, type Run } from '../../core/requests/run.ts';
import { type Make, use } from './make.ts';

/** The run index is written by both. */
type RunStores = { runs: Runs; status: Status };

export function testRuns(make: Make<RunStores>): void {
  describe('runs and status', () => {
    test('a claim repeated answers what is stored, with the number it was given', async () => {
      const { store } = await use(make);

      const first = await store.runs.claim(asked('a'));
      const second = await store.runs.claim(asked('b'));
      const again = await store.runs.claim({ ...asked('a'), title: 'another title' });

      expect(first).toEqual({ ...asked('a'), number: 1 });
      expect(second.number).toBe(2);
      expect(again).toEqual(first);
      expect(await store.runs.get('a')).toEqual(first);
      expect(await store.runs.get('none')).toBeNull();
    });

    test('numbers are per repository', async () => {
      const { store } = await use(make);

      await store.runs.claim(asked('a'));
      const other = await store.runs.claim({ ...asked('b'), repository: 'acme/other' });

      expect(other.number).toBe(1);
    });

    test('20 that race get 20 numbers, a run that races itself gets one', async () => {
      const { store } = await use(make);
      const ids = Array.from({ length: 20 }, (_, n) => `run-${n}`);

      const claimed = await Promise.all([...ids, ...ids].map((id) => store.runs.claim(asked(id))));

      const numbers = new Map(claimed.map((run) => [run.id, run.number]));
      expect([...numbers.values()].sort((a, b) => a - b)).toEqual(ids.map((_, n) => n + 1));
      for (const run of claimed) expect(run.number).toBe(numbers.get(run.id));
    });

    test('list is newest first, filtered, limited', async () => {
      const { store } = await use(make);
      await store.runs.claim(asked('a', 1));
      await store.runs.claim({ ...asked('b', 2), environment: 'stage', pull: 7, workflow: 'plan' });
      await store.runs.claim({ ...asked('c', 3), repository: 'acme/other' });
      await store.runs.claim(asked('d', 4));
      await store.status.emit({ ...event('d', 'end'), run: { state: 'succeeded' } });
      const list = async (filter: Partial<Parameters<Runs['list']>[0]>) =>
        (await store.runs.list({ limit: 10, ...filter })).map((run) => run.id);

      expect(await list({})).toEqual(['d', 'c', 'b', 'a']);
      expect(await list({ limit: 2 })).toEqual(['d', 'c']);
      expect(await list({ repository: 'acme/shop' })).toEqual(['d', 'b', 'a']);
      expect(await list({ repository: 'acme/shop', environment: 'prod' })).toEqual(['d', 'a']);
      expect(await list({ pull: 7 })).toEqual(['b']);
      expect(await list({ workflow: 'deploy', active: true })).toEqual(['c', 'a']);
      expect(await list({ active: false })).toEqual(['d']);
      expect(await list({ repository: 'acme/shop', environment: 'stage', workflow: 'deploy' })).toEqual([]);
    });

    test('a run in any state that ends it is not active any more', async () => {
      const { store } = await use(make);
      for (const [at, state] of ENDED.entries()) {
        await store.runs.claim(asked(state, at));
        await store.status.emit({ ...event(state, 'end'), run: { state } });
      }
      await store.runs.claim(asked('goes on', ENDED.length));

      const active = await store.runs.list({ active: true, limit: 20 });
      const ended = await store.runs.list({ active: false, limit: 20 });

      expect(active.map(({ id }) => id)).toEqual(['goes on']);
      expect(ended.map(({ state }) => state)).toEqual(ENDED.toReversed());
    });

    test('events are numbered in a run; a repeated id changes nothing', async () => {
      const { store } = await use(make);
      await store.runs.claim(asked('a'));
      await store.runs.claim(asked('b'));

      await store.status.emit(event('a', 'one'));
      await store.status.emit({ ...event('a', 'two'), run: { state: 'waiting', title: 'waits' } });
      await store.status.emit(event('b', 'one'));
      await store.status.emit({ ...event('a', 'one'), message: 'repeated', run: { title: 'repeated' } });

      const events = await store.runs.events('a');
      expect(events.map((one) => [one.seq, one.id, one.message])).toEqual([
        [1, 'one', 'a: one'],
        [2, 'two', 'a: two'],
      ]);
      expect((await store.runs.events('b')).map((one) => one.seq)).toEqual([1]);
      expect(await store.runs.events('none')).toEqual([]);
      expect(await store.runs.get('a')).toMatchObject({ state: 'waiting', title: 'waits', commit: null });
    });

    test('20 events that race are all kept, each with a number of its own', async () => {
      const { store } = await use(make);
      await store.runs.claim(asked('a'));
      const ids = Array.from({ length: 20 }, (_, n) => `event-${n}`);

      await Promise.all([...ids, ...ids].map((id) => store.status.emit(event('a', id))));

      const events = await store.runs.events('a');
      expect(events.map((one) => one.seq)).toEqual(ids.map((_, n) => n + 1));
      expect(events.map((one) => one.id).sort()).toEqual([...ids].sort());
    });

    test('all is there after a restart', async () => {
      const { store, reopen } = await use(make);
      await store.runs.claim(asked('a'));
      await store.status.emit({ ...event('a', 'one'), run: { state: 'failed', endedAt: AT } });

      const again = await reopen();
      await again.status.emit(event('a', 'two'));
      await again.status.emit(event('a', 'one'));

      expect(await again.runs.get('a')).toMatchObject({ state: 'failed', endedAt: AT, number: 1 });
      expect((await again.runs.events('a')).map((one) => one.id)).toEqual(['one', 'two']);
      expect((await again.runs.claim(asked('b'))).number).toBe(2);
    });
  });
}

const AT = '2026-01-01T00:00:00.000Z';

function asked(id: string, hour = 0): Omit<Run, 'number'> {
  return {
    id,
    workflow: 'deploy',
    command: 'deploy',
    repository: 'acme/shop',
    environment: 'prod',
    pull: null,
    commit: null,
    requester: 'alice',
    state: 'running',
    title: `run ${id}`,
    startedAt: new Date(Date.UTC(2026, 0, 1, hour)).toISOString(),
    endedAt: null,
  };
}

function event(runId: string, id: string): Omit<StatusEvent, 'seq'> {
  return { id, runId, at: AT, kind: 'plan.finished', message: `${runId}: ${id}`, doc: null, run: {} };
}
