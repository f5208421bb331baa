import { describe, expect, test } from 'vitest';
import type { Sent } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

export function testSent(make: Make<Sent>): void {
  describe('sent', () => {
    test('a later or equal order is written, an older one is not', async () => {
      const { store } = await use(make);

      const answers = [
        await store.put('comment/7/prod', { id: '100', order: 3 }),
        await store.put('comment/7/prod', { id: '100', order: 3 }),
        await store.put('comment/7/prod', { id: '99', order: 2 }),
        await store.put('comment/7/prod', { id: '101', order: 4 }),
      ];

      expect(answers).toEqual([true, true, false, true]);
      expect(await store.get('comment/7/prod')).toEqual({ id: '101', order: 4 });
      expect(await store.get('comment/8/prod')).toBeNull();
    });

    test('20 that race: the highest order stays', async () => {
      const { store } = await use(make);
      const orders = Array.from({ length: 20 }, (_, n) => (n * 7) % 20);

      await Promise.all(orders.map((order) => store.put('check', { id: `id ${order}`, order })));

      expect(await store.get('check')).toEqual({ id: 'id 19', order: 19 });
    });

    test('it is there after a restart', async () => {
      const { store, reopen } = await use(make);
      await store.put('thread', { id: 'C1:1.2', order: 5 });

      const again = await reopen();

      expect(await again.put('thread', { id: 'C1:0.1', order: 4 })).toBe(false);
      expect(await again.get('thread')).toEqual({ id: 'C1:1.2', order: 5 });
    });
  });
}
