import { describe, expect, test } from 'vitest';
import { NotFound } from '../../core/errors.ts';
import type { Artifacts } from '../../core/ports.ts';
import { type Make, use } from './make.ts';

export function testArtifacts(make: Make<Artifacts>): void {
  describe('artifacts', () => {
    test('what was put is got, byte by byte', async () => {
      const { store } = await use(make);
      const bytes = Uint8Array.from([0, 255, 13, 10, 128]);

      await store.put('runs/1/plan.tfplan', bytes);
      await store.put('runs/1/note.txt', 'schön');

      expect(Array.from(await store.get('runs/1/plan.tfplan'))).toEqual(Array.from(bytes));
      expect(new TextDecoder().decode(await store.get('runs/1/note.txt'))).toBe('schön');
    });

    test('a key that is not there is NotFound', async () => {
      const { store } = await use(make);

      await expect(store.get('runs/none')).rejects.toBeInstanceOf(NotFound);
      expect(await store.has('runs/none')).toBe(false);
    });

    test('put replaces, and the same put twice is one', async () => {
      const { store } = await use(make);

      await store.put('a/b', 'old and long');
      await store.put('a/b', 'new');
      await store.put('a/b', 'new');

      expect(text(await store.get('a/b'))).toBe('new');
      expect(await store.list('')).toEqual(['a/b']);
    });

    test('putNew writes once, whatever the body', async () => {
      const { store } = await use(make);

      const first = await store.putNew('claims/1', 'mine');
      const same = await store.putNew('claims/1', 'mine');
      const other = await store.putNew('claims/1', 'other');

      expect([first, same, other]).toEqual([true, false, false]);
      expect(text(await store.get('claims/1'))).toBe('mine');
    });

    test('of 20 that race for one key, one writes', async () => {
      const { store } = await use(make);

      const wrote = await Promise.all(
        Array.from({ length: 20 }, (_, racer) => store.putNew('claims/race', `racer ${racer}`)),
      );

      const winner = wrote.indexOf(true);
      expect(wrote.filter(Boolean)).toHaveLength(1);
      expect(text(await store.get('claims/race'))).toBe(`racer ${winner}`);
    });

    test('a reader beside a writer sees all of a body or all of another', async () => {
      const { store } = await use(make);
      const bodies = ['a', 'b'].map((letter) => letter.repeat(200_000));
      await store.put('big', bodies[0] as string);

      const writes = (async () => {
        for (let n = 0; n < 10; n += 1) await store.put('big', bodies[n % 2] as string);
      })();
      const seen = new Set<string>();
      for (let n = 0; n < 20; n += 1) seen.add(text(await store.get('big')));
      await writes;

      for (const body of seen) expect(bodies.includes(body)).toBe(true);
    });

    test('list is by prefix, sorted, across folders', async () => {
      const { store } = await use(make);
      for (const key of ['runs/2/b', 'runs/10/a', 'runs/1/z', 'runs/1/deep/er/x', 'run', 'other/1']) {
        await store.put(key, key);
      }

      expect(await store.list('runs/1')).toEqual(['runs/1/deep/er/x', 'runs/1/z', 'runs/10/a']);
      expect(await store.list('runs/1/')).toEqual(['runs/1/deep/er/x', 'runs/1/z']);
      expect(await store.list('runs/none/')).toEqual([]);
      expect(await store.list('')).toHaveLength(6);
    });

    test('all is there after a restart', async () => {
      const { store, reopen } = await use(make);
      await store.put('runs/1/a', 'kept');
      await store.putNew('claims/1', 'kept too');

      const again = await reopen();

      expect(text(await again.get('runs/1/a'))).toBe('kept');
      expect(await again.putNew('claims/1', 'late')).toBe(false);
    });
  });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
