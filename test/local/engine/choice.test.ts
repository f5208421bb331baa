import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matches, matchesPattern, type Rule } from '../../../local/engine/choice.ts';

function holds(rule: Rule, data: unknown): boolean {
  return matches(rule, { data, context: {} });
}

test('patterns match what a regular expression matches', () => {
  const text = fc.array(fc.constantFrom('a', 'b', '*', '\\', '?', '.')).map((parts) => parts.join(''));
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '*', '\\*', '\\\\', '?', '.'))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, text, (wanted, given) => {
      const source = [...wanted.matchAll(/\\[\\*]|[\s\S]/g)]
        .map(([piece]) => (piece === '*' ? '[\\s\\S]*' : piece.at(-1)!.replace(/[\\*?.]/, '\\$&')))
        .join('');

      expect(matchesPattern(wanted, given)).toBe(new RegExp(`^${source}$`).test(given));
    }),
    { numRuns: 3000 },
  );
});

test('many stars take no time', () => {
  const before = performance.now();

  const found = matchesPattern(`${'*a'.repeat(1000)}b`, 'a'.repeat(100_000));

  expect(found).toBe(false);
  expect(performance.now() - before).toBeLessThan(5000);
});

test.each<[Rule, unknown, boolean]>([
  [{ Variable: '$.a', StringEquals: 'x' }, { a: 'x' }, true],
  [{ Variable: '$.a', StringEquals: 'x' }, { a: null }, false],
  [{ Variable: '$.a', NumericLessThanEquals: 3 }, { a: 3 }, true],
  [{ Variable: '$.a', NumericGreaterThanEquals: 3 }, { a: 2 }, false],
  [{ Variable: '$.a', NumericEquals: 1 }, { a: '1' }, false],
  [{ Variable: '$.a', StringGreaterThan: 'a' }, { a: 'b' }, true],
  [{ Variable: '$.a', BooleanEquals: false }, { a: false }, true],
  [{ Variable: '$.a', BooleanEqualsPath: '$.b' }, { a: true, b: true }, true],
  [{ Variable: '$.a', IsPresent: false }, {}, true],
  [{ Variable: '$.a', IsPresent: true }, { a: null }, true],
  [{ Variable: '$.a', IsNull: true }, { a: null }, true],
  [{ Variable: '$.a', IsNumeric: false }, { a: '1' }, true],
  [{ Variable: '$.a', IsString: true }, { a: '' }, true],
  [{ Variable: '$.a', IsBoolean: true }, { a: 0 }, false],
  [{ Variable: '$.a', IsTimestamp: true }, { a: '2026-01-01T00:00:00Z' }, true],
  [{ Variable: '$.a', IsTimestamp: true }, { a: '2026-01-01' }, false],
  [{ Variable: '$.a', TimestampEquals: '2026-01-01T01:00:00+01:00' }, { a: '2026-01-01T00:00:00Z' }, true],
  [{ Variable: '$.a', TimestampLessThan: 'soon' }, { a: '2026-01-01T00:00:00Z' }, false],
  [
    {
      And: [
        { Variable: '$.a', IsPresent: true },
        { Variable: '$.a', IsNull: true },
      ],
    },
    {},
    false,
  ],
  [
    {
      Or: [
        { Variable: '$.a', IsPresent: false },
        { Variable: '$.a', IsNull: true },
      ],
    },
    {},
    true,
  ],
])('%j on %j is %j', (rule, data, expected) => {
  expect(holds(rule, data)).toBe(expected);
});

test('a missing variable is a States.Runtime', () => {
  expect(() => holds({ Variable: '$.a', IsNull: false }, {})).toThrow(/States\.Runtime/);
  expect(() => holds({ Variable: '$.a', NumericEqualsPath: '$.b' }, { a: 1 })).toThrow(/States\.Runtime/);
});
