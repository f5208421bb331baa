import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../../local/engine/expression.ts';
import { TaskFailed } from '../../../local/engine/failure.ts';
import { evaluateText, fillTemplate } from '../../../local/engine/intrinsics.ts';

function evaluate(text: string, data: unknown = {}): unknown {
  return evaluateText(text, { data, context: { Execution: { Name: 'run' } } });
}

/** As a literal of the intrinsics' grammar. */
function quoted(text: string): string {
  return `'${text.replace(/['{}\\]/g, '\\$&')}'`;
}

describe('intrinsics', () => {
  test('any text survives as a literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (one, two) => {
        expect(evaluate(`States.Array(${quoted(one)}, ${quoted(two)})`)).toEqual([one, two]);
        expect(evaluate(`States.Format(${quoted(one)})`)).toBe(one);
      }),
    );
  });

  test('Format puts values as they are, whatever they hold', () => {
    const scalar = fc.oneof(fc.string(), fc.constantFrom('{}', '\\', "'", '$.a'), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(fc.string(), scalar, scalar, (text, a, b) => {
        const template = quoted(text).slice(1, -1);

        expect(evaluate(`States.Format('{}${template}{}', $.a, $.b)`, { a, b })).toBe(`${a}${text}${b}`);
      }),
    );
  });

  test('JSON goes to text and back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as unknown;

        expect(evaluate('States.StringToJson(States.JsonToString($.v))', { v: json })).toEqual(json);
      }),
    );
  });

  test('partitions, joined, are the array', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 10 }), (list, size) => {
        const parts = evaluate('States.ArrayPartition($.list, $.size)', { list, size }) as number[][];

        expect(parts.flat()).toEqual(list);
        expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
      }),
    );
  });

  test('ranges are those of a loop', () => {
    const small = fc.integer({ min: -50, max: 50 });
    fc.assert(
      fc.property(small, small, small, (first, last, step) => {
        fc.pre(step !== 0);
        const loop: number[] = [];
        for (let i = first; step > 0 ? i <= last : i >= last; i += step) loop.push(i);

        expect(evaluate('States.ArrayRange($[0], $[1], $[2])', [first, last, step])).toEqual(loop);
      }),
    );
  });

  test('any text is an expression or a TaskFailed', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'States.',
        'Array',
        'Format',
        'MathAdd',
        '(',
        ')',
        ',',
        ' ',
        "'",
        '\\',
        '{}',
        '$.a',
        '1',
        'null',
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          evaluate(text, { a: 1 });
        } catch (error) {
          if (!(error instanceof TaskFailed)) throw error;
          expect(['States.Runtime', 'States.IntrinsicFailure']).toContain(error.error);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['States.ArrayContains($.l, $.o)', true],
    ['States.ArrayContains($.l, 2)', false],
    ['States.ArrayLength(States.Array())', 0],
    ['States.MathAdd(-5, 3)', -2],
    ["States.Hash('a', 'SHA-256')", createHash('sha256').update('a').digest('hex')],
    ["States.Format('{}: {}', $$.Execution.Name, null)", 'run: null'],
    ["States.Array( 1 , 'a, b' )", [1, 'a, b']],
  ])('%s', (text, value) => {
    expect(evaluate(text, { l: [1, { a: [1] }], o: { a: [1] } })).toEqual(value);
  });

  test.each([
    "States.Format('{}')",
    "States.Format('x', 1)",
    "States.Format('{}', $.o)",
    "States.Format('\\n')",
    "States.Array('\\')",
    'States.MathAdd(1.5, 2)',
    'States.MathAdd(2147483647, 1)',
    'States.ArrayRange(1, 9, 0)',
    'States.ArrayRange(0, 1000, 1)',
    'States.ArrayPartition($.l, 0)',
    'States.ArrayLength($.o)',
    "States.StringToJson('{')",
    "States.Hash('a', 'constructor')",
    "States.Hash('a', 'CRC')",
  ])('%s fails', (text) => {
    expect(() => evaluate(text, { l: [1], o: {} })).toThrow(/States\.(IntrinsicFailure|Runtime)/);
  });

  test.each([
    'States.Array(1,)',
    'States.Array(,1)',
    'States.Array(1 2)',
    'States.Array(1))',
    'States.UUID()',
    'x',
  ])('%s is no expression', (text) => {
    expect(() => parseExpression(text)).toThrow(/States\.Runtime/);
  });

  test('a template is filled in depth, and only where keys end in .$', () => {
    const template = {
      a: { 'b.$': '$.x', c: '$.x' },
      list: [{ 'd.$': '$' }],
      'e.$': "States.Format('{}', $.x)",
    };

    const filled = fillTemplate(template, { data: { x: 1 }, context: {} });

    expect(filled).toEqual({ a: { b: 1, c: '$.x' }, list: [{ d: { x: 1 } }], e: '1' });
  });
});
