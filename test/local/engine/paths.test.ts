import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TaskFailed } from '../../../local/engine/failure.ts';
import { lookUp, parsePath, readPath, writePath } from '../../../local/engine/paths.ts';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/);
/** Names that every object inherits must not be found. */
const anyName = fc.oneof(name, fc.constantFrom('constructor', '__proto__', 'toString', 'length'));

function textOf(keys: (string | number)[]): string {
  return `$${keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')}`;
}

describe('paths', () => {
  test('what is read is what the keys lead to', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(name, fc.nat(5))), fc.jsonValue(), (keys, value) => {
        const data = keys.reduceRight<unknown>((inner, key) => {
          if (typeof key === 'string') return Object.fromEntries([[key, inner]]);
          return [...Array(key).fill(null), inner];
        }, value);

        expect(readPath(textOf(keys), { data, context: {} })).toBe(value);
        expect(readPath(`$${textOf(keys)}`, { data: null, context: data })).toBe(value);
      }),
    );
  });

  test('what is written is read again, all else is as it was, and the input is not touched', () => {
    fc.assert(
      fc.property(
        fc.dictionary(anyName, fc.jsonValue()),
        fc.array(anyName, { minLength: 1, maxLength: 3 }),
        fc.jsonValue(),
        (input, keys, value) => {
          const before = JSON.stringify(input);
          let output: unknown;
          try {
            output = writePath(textOf(keys), input, value);
          } catch (error) {
            expect((error as TaskFailed).error).toBe('States.ResultPathMatchFailure');
            return;
          }

          expect(readPath(textOf(keys), { data: output, context: {} })).toEqual(value);
          expect(JSON.stringify(input)).toBe(before);
          for (const key of Object.keys(input).filter((each) => each !== keys[0])) {
            expect((output as Record<string, unknown>)[key]).toBe(input[key]);
          }
        },
      ),
    );
  });

  test('inherited properties are not there', () => {
    for (const key of ['constructor', '__proto__', 'toString']) {
      expect(lookUp(`$.${key}`, { data: {}, context: {} })).toEqual({ found: false });
    }
    expect(lookUp('$.length', { data: [1], context: {} })).toEqual({ found: false });
    expect(lookUp('$[0]', { data: { 0: 1 }, context: {} })).toEqual({ found: false });
  });

  test('null and false are there', () => {
    expect(readPath('$.a', { data: { a: null }, context: {} })).toBeNull();
    expect(lookUp('$.a.b', { data: { a: null }, context: {} })).toEqual({ found: false });
  });

  test('any text is a path or a States.Runtime', () => {
    const start = fc.constantFrom('$', '$.', '$$.', '$[', '');
    fc.assert(
      fc.property(start, fc.string(), (prefix, rest) => {
        try {
          const { root, keys } = parsePath(prefix + rest);
          expect(textOf(keys)).toBe((prefix + rest).replace(/^\$\$/, '$').replace(/\[0+(?=\d)/g, '['));
          expect(root).toBe(/^\$\$/.test(prefix + rest) ? '$$' : '$');
        } catch (error) {
          if (!(error instanceof TaskFailed)) throw error;
          expect(error.error).toBe('States.Runtime');
        }
      }),
    );
  });

  test.each([
    '$.a[*]',
    '$.a[0:2]',
    '$..a',
    "$['a']",
    '$.a[?(@.b)]',
    '$.a[-1]',
    '$.',
    '$a',
    'a',
    '$.a b',
    '$.1a',
  ])('%s is refused', (text) => {
    expect(() => parsePath(text)).toThrow(/States.Runtime/);
  });
});
