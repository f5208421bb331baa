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
