import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lines, parted } from '../../../core/record/parted.ts';

const LIMITS = { most: 2_000, kept: 200 };
/** What the forge reads of a file. */
const MB = 1_000_000;

test('a short history is one file', () => {
  const history = Array.from({ length: 2_000 }, (_, number) => ({ number }));

  expect(parted(history, LIMITS)).toEqual({ older: [], newest: history });
});

test('a few long lines are parted too: long commands, many projects', () => {
  const history = Array.from({ length: 300 }, (_, number) => ({ number, command: 'é'.repeat(6_000) }));

  const { older, newest } = parted(history, LIMITS);

  expect([...older, ...newest]).toEqual(history);
  expect(Buffer.byteLength(lines(newest))).toBeLessThan(MB / 2);
  expect(newest.length).toBeGreaterThan(10);
});

test('one line more at a time, what is read stays readable and nothing is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 50, maxLength: 120 }), (sizes) => {
      const all: { n: number; text: string }[] = [];
      const moved: typeof all = [];
      let current: typeof all = [];
      for (const [n, size] of sizes.entries()) {
        const line = { n, text: 'x'.repeat(size) };
        all.push(line);
        const { older, newest } = parted([...current, line], LIMITS);
        moved.push(...older);
        current = newest;
        if (Buffer.byteLength(lines(current)) > MB) return false;
      }
      return [...moved, ...current].every((line, at) => line === all[at]) && current.length > 0;
    }),
    { numRuns: 20 },
  );
});
