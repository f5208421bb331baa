import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countLines, cut, splitFenced } from '../../../core/reports/split.ts';
import { visible } from '../../../core/reports/text.ts';
import { markdownFaults, withoutFences } from '../../support/markdown-check.ts';
import { nasty } from '../../support/wild-plans.ts';

describe('cut', () => {
  test('cuts at the end of a line', () => {
    expect(cut('one\ntwo\nthree', 9)).toEqual({ head: 'one\ntwo\n', rest: 'three' });
  });

  test('never cuts a character in two', () => {
    expect(cut('ab😀cd', 3)).toEqual({ head: 'ab', rest: '😀cd' });
  });
});

describe('splitFenced', () => {
  const bodies = fc.array(nasty, { maxLength: 40 }).map((parts) => visible(parts.join('')));

  test('keeps the invariants for any body', () => {
    fc.assert(
      fc.property(bodies, fc.integer({ min: 60, max: 400 }), (body, limit) => {
        const parts = splitFenced(body, 'diff', limit);

        expect(parts.map(({ text }) => text).join('')).toBe(body);
        for (const { markdown } of parts) {
          expect(markdownFaults(markdown, limit)).toEqual([]);
          expect(withoutFences(markdown).outside).toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('takes a fence longer than any in the body', () => {
    const [part] = splitFenced('a\n`````\nb', '', 100);

    expect(part?.markdown).toBe('``````\na\n`````\nb\n``````');
  });

  test('shows no marker in the middle of a line that was cut', () => {
    const parts = splitFenced(`  ${'- '.repeat(100)}`, 'diff', 60);

    expect(parts.length).toBeGreaterThan(3);
    for (const { markdown } of parts) expect(markdown.split('\n')[1]).toMatch(/^ {2}/);
  });

  test('has no part where not even a fence fits', () => {
    expect(splitFenced('`'.repeat(50), '', 90)).toEqual([]);
  });
});

test.each([
  ['', 0],
  ['a', 1],
  ['a\n', 1],
  ['a\nb', 2],
  ['\n\n', 2],
])('countLines(%j) is %d', (text, lines) => {
  expect(countLines(text)).toBe(lines);
});
