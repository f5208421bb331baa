import { describe, expect, test } from 'vitest';
import type { Approvals, WaitingApproval } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

export function testApprovals(make: Make<Approvals>): void {
  describe('approvals', () => {
    test('what was put is got, however often', async () => {
      const { store } = await use(make);

      await store.put(wait('a'));
      await store.put(wait('a'));

      expect(await store.get('acme/shop', 'prod')).toEqual(wait('a'));
      expect(await store.get('acme/shop', 'stage')).toBeNull();
      expect(await store.get('acme/other', 'prod')).toBeNull();
    });

    test('the same run again renews its token; a later run takes the place', async () => {
      const { store } = await use(make);

      await store.put(wait('a'));
      await store.put({ ...wait('a'), token: 'renewed' });
      const renewed = await store.get('acme/shop', 'prod');
      await store.put(wait('b'));

      expect(renewed?.token).toBe('renewed');
      expect((await store.get('acme/shop', 'prod'))?.runId).toBe('b');
    });

    test('one takes the place of what it saw there, and of nothing else', async () => {
      const { store } = await use(make);

      const first = await store.replace(null, wait('a'));
      const late = await store.replace(null, wait('b'));
      const other = await store.replace(wait('b'), wait('c'));
      const token = await store.replace({ ...wait('a'), token: 'of before' }, wait('c'));
      const kept = await store.get('acme/shop', 'prod');
      const next = await store.replace(kept, wait('c'));
      await store.remove('acme/shop', 'prod', 'c');
      const gone = await store.replace(wait('c'), wait('d'));

      expect([first, late, other, token, next, gone]).toEqual([true, false, false, false, true, false]);
      expect(kept).toEqual(wait('a'));
      expect(await store.get('acme/shop', 'prod')).toBeNull();
    });

    test('what was put is replaced, and what was replaced is removed, each where it stands', async () => {
      const { store } = await use(make);
      await store.put(wait('a'));

      const replaced = await store.replace(wait('a'), wait('b'));
      await store.remove('acme/shop', 'prod', 'a');
      const kept = await store.get('acme/shop', 'prod');
      const elsewhere = await store.replace(null, { ...wait('c'), environment: 'stage' });

      expect([replaced, elsewhere]).toEqual([true, true]);
      expect(kept).toEqual(wait('b'));
      expect((await store.get('acme/shop', 'stage'))?.runId).toBe('c');
    });

    test('of many at once that saw the same one takes the place', async () => {
      const { store } = await use(make);
      const names = Array.from({ length: 8 }, (_, at) => `run-${at}`);

      const empty = await Promise.all(names.map((name) => store.replace(null, wait(name))));
      const before = await store.get('acme/shop', 'prod');
      const taken = await Promise.all(names.map((name) => store.replace(before, wait(`later ${name}`))));
      const stands = await store.get('acme/shop', 'prod');

      expect(empty.filter(Boolean)).toHaveLength(1);
      expect(before?.runId).toBe(names[empty.indexOf(true)]);
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(stands?.runId).toBe(`later ${names[taken.indexOf(true)]}`);
    });

    test('only its own run removes it, once or twice', async () => {
      const { store } = await use(make);
      await store.put(wait('b'));

      await store.remove('acme/shop', 'prod', 'a');
      const kept = await store.get('acme/shop', 'prod');
      await store.remove('acme/shop', 'prod', 'b');
      await store.remove('acme/shop', 'prod', 'b');

      expect(kept?.runId).toBe('b');
      expect(await store.get('acme/shop', 'prod')).toBeNull();
    });

    test('it is there after a restart', async () => {
      const { store, reopen } = await use(make);
      await store.put(wait('a'));

      const again = await reopen();

      expect(await again.get('acme/shop', 'prod')).toEqual(wait('a'));
    });
  });
}

function wait(runId: string): WaitingApproval {
  return {
    repository: 'acme/shop',
    environment: 'prod',
    runId,
    token: `token of ${runId}`,
    digest: '3f2a91c',
    doc: 'runs/a/deploy.json',
    commit: 'c'.repeat(40),
    askedAt: '2026-01-01T00:00:00.000Z',
    until: '2026-01-02T00:00:00.000Z',
  };
}
