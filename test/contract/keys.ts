import { describe, expect, test } from 'vitest';
import type { Keys } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

export function testKeys(make: Make<Keys>): void {
  describe('keys', () => {
    test('a run has one key of 32 bytes, and no other run has it', async () => {
      const { store } = await use(make);

      const [first, again, other] = await Promise.all(['a', 'a', 'b'].map((run) => store.runKey(run)));

      expect(first).toMatch(/^[0-9a-f]{64}$/);
      expect(again).toBe(first);
      expect(other).not.toBe(first);
    });

    test('it is the same after a restart', async () => {
      const { store, reopen } = await use(make);
      const before = await store.runKey('a');

      const again = await reopen();

      expect(await again.runKey('a')).toBe(before);
    });

    test('another installation has another key', async () => {
      const here = await use(make);
      const there = await use(make);

      expect(await there.store.runKey('a')).not.toBe(await here.store.runKey('a'));
    });
  });
}
