import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDiff } from '../../../../core/reports/diff/diff.ts';
import { changesOf, fixtureChanges, resource, update } from '../../../support/plans.ts';
import { wildChanges } from '../../../support/wild-plans.ts';

const LINE = /^(?:$|[ +!-] )/;

/** The lines of an update without the two around them. */
function attributes(before: object, after: object, more: object = {}): string[] {
  const lines = renderDiff(changesOf([update('a.x', before, after, more)])).split('\n');
  return lines.slice(2, -1);
}

describe('renderDiff', () => {
  test('shows a plan that terraform made', () => {
    expect(renderDiff(fixtureChanges('change'))).toMatchSnapshot();
  });

  test('shows a plan that creates', () => {
    expect(renderDiff(fixtureChanges('create'))).toMatchSnapshot();
  });

  test('marks each changed line in column 0, and only there', () => {
    const text = ['#!/bin/sh', '- foo', '+ bar', '! baz', 'old'].join('\n');

    const lines = attributes({ s: `${text}\n` }, { s: `${text.replace('old', 'new')}\n` });

    expect(lines).toEqual([
      '!     s = <<-EOT',
      '        # (1 unchanged line hidden)',
      '          - foo',
      '          + bar',
      '          ! baz',
      '-         old',
      '+         new',
      '      EOT',
    ]);
  });

  test('hides unchanged attributes and says how many', () => {
    expect(attributes({ id: 'i', a: 1, b: 2, c: null }, { id: 'i', a: 1, b: 3, c: null })).toEqual([
      '!     b  = 2 -> 3',
      '      id = "i"',
      '      # (1 unchanged attribute hidden)',
    ]);
  });

  test('compares lists by their elements', () => {
    const lines = attributes({ l: ['a', 'b', 'c', 'd'] }, { l: ['a', 'c', 'd', 'e'] });

    expect(lines).toEqual([
      '!     l = [',
      '          # (1 unchanged element hidden)',
      '-         "b",',
      '          # (2 unchanged elements hidden)',
      '+         "e",',
      '      ]',
    ]);
  });

  test('shows an element of which a part changed as one that changed', () => {
    const rule = (port: number) => ({ port, cidr: '10.0.0.0/8', description: 'x' });

    const lines = attributes({ rules: [rule(1), rule(2)] }, { rules: [rule(1), rule(3)] });

    expect(lines).toEqual([
      '!     rules = [',
      '          # (1 unchanged element hidden)',
      '!         {',
      '!             port = 2 -> 3',
      '              # (2 unchanged attributes hidden)',
      '          },',
      '      ]',
    ]);
  });

  test('compares strings of JSON by what they say', () => {
    const lines = attributes({ p: '{"a":1,"b":[1]}' }, { p: '{"b":[1], "a":2}' });

    expect(lines).toEqual([
      '!     p = jsonencode(',
      '!         {',
      '!             a = 1 -> 2',
      '              # (1 unchanged attribute hidden)',
      '          }',
      '      )',
    ]);
    expect(attributes({ p: '{"a":1}' }, { p: '{ "a": 1 }' })[1]).toContain('white space');
  });

  test('loses no difference between two strings of JSON that parse to the same', () => {
    const lines = attributes({ p: '{"a":12345678901234567890}' }, { p: '{"a":12345678901234567891}' });

    expect(lines.join('\n')).toContain('567890');
    expect(lines.join('\n')).toContain('567891');
    expect(attributes({ p: '{"a":1,"a":2}' }, { p: '{"a":2}' })[0]).toContain('\\"a\\":1');
  });

  test('says what is known after apply and what is sensitive', () => {
    const before = { a: 'x', b: { $sensitive: '1' }, c: { $sensitive: '1' }, d: [1], e: 'gone' };
    const after = { b: { $sensitive: '2' }, c: { $sensitive: '1' }, n: { o: 1 } };

    const lines = attributes(before, after, { after_unknown: { a: true, d: true, n: { p: true } } });

    expect(lines).toEqual([
      '!     a = "x" -> (known after apply)',
      '!     b = (sensitive value)',
      '!     d = [ … 1 element ] -> (known after apply)',
      '-     e = "gone" -> null',
      '+     n = {',
      '+         o = 1',
      '+         p = (known after apply)',
      '+     }',
      '      # (1 unchanged attribute hidden)',
    ]);
  });

  test('does not show a marked value that was never replaced by a hash', () => {
    const lines = attributes(
      { p: 'old-secret', o: { q: 'deep-secret' } },
      { p: 'new-secret', o: { q: 'deeper-secret' } },
      { before_sensitive: { p: true, o: { q: true } }, after_sensitive: { p: true, o: { q: true } } },
    );

    expect(lines.join('\n')).not.toContain('secret"');
    expect(lines[0]).toBe('!     o = {');
    expect(lines[3]).toBe('!     p = (sensitive value)');
  });

  test('marks what forces a replacement', () => {
    const change = { before: { a: 1, t: { v: 1 }, l: [1] }, after: { a: 2, t: { v: 2 }, l: [2] } };
    const replaced = resource('a.x', ['delete', 'create'], {
      ...change,
      replace_paths: [['a'], ['t', 'v'], ['l', 0]],
    });

    const text = renderDiff(changesOf([replaced]));

    expect(text).toContain('# a.x must be replaced');
    expect(text).toContain('a = 1 -> 2 # forces replacement');
    expect(text).toContain('v = 1 -> 2 # forces replacement');
    expect(text).toContain('2, # forces replacement');
    expect(text).toContain('t = {\n');
  });

  test.each([
    [
      resource('a.x', ['delete', 'create'], {}, { action_reason: 'replace_because_tainted' }),
      'a.x is tainted, so must be replaced',
    ],
    [resource('a.x', ['create', 'delete']), '(created before the old one is destroyed)'],
    [resource('a.x', ['forget']), 'a.x will no longer be managed, but will not be destroyed'],
    [resource('a.x', ['delete'], {}, { deposed: 'ab12' }), 'a.x (deposed object ab12) will be destroyed'],
    [
      resource('a.x', ['delete'], {}, { action_reason: 'delete_because_no_resource_config' }),
      'because a.x is not in configuration',
    ],
    [resource('a.x', ['no-op'], {}, { previous_address: 'a.y' }), 'a.y has moved to a.x'],
    [resource('a.x', ['update'], {}, { previous_address: 'a.y' }), '(moved from a.y)'],
    [resource('a.x', ['no-op'], { importing: { id: 'i-1' } }), '(imported from "i-1")'],
  ])('says what happens to an object (%#)', (changed, sentence) => {
    expect(renderDiff(changesOf([changed]))).toContain(sentence);
  });

  test('shows drift and outputs in parts of their own', () => {
    const drift = [update('a.d', { n: 1 }, { n: 2 })];
    const outputs = {
      url: { actions: ['create' as const], after_unknown: true },
      old: { actions: ['delete' as const], before: 'x' },
    };

    expect(renderDiff(changesOf([], { drift, outputs }))).toBe(
      [
        '  # Changes to outputs',
        '+ url = (known after apply)',
        '- old = "x" -> null',
        '',
        '  # Changed outside of Terraform since the last apply:',
        '',
        '  # a.d has changed',
        '! resource "a" "d" {',
        '!     n = 1 -> 2',
        '  }',
      ].join('\n'),
    );
  });

  test('notes a line feed at the end that comes or goes', () => {
    expect(attributes({ s: 'a\nb' }, { s: 'a\nb\n' }).at(-1)).toBe('!     # (now ends with a line feed)');
    expect(attributes({ s: 'a\nb\n' }, { s: 'a\nb' }).at(-1)).toBe(
      '!     # (no longer ends with a line feed)',
    );
  });

  test('says so where what changes cannot be shown', () => {
    expect(attributes({ a: 'x (sensitive)' }, { a: 'x (sensitive)' })).toEqual([
      '      # (1 unchanged attribute hidden)',
      '!     # (what changes is sensitive)',
    ]);
  });

  test('shows the rest of a text that holds a secret, and says so where the secret is all that changes', () => {
    const hidden = (hash: string, text: string) => ({ $sensitive: hash, text });
    const url = 'pg://root:(sensitive)@';
    const before = {
      a: hidden('1', `${url}db`),
      b: hidden('2', `${url}db`),
      c: 'none',
      d: hidden('3', 'x\n(sensitive)\n'),
    };
    const after = {
      a: hidden('4', `${url}db`),
      b: hidden('5', `${url}new`),
      c: hidden('6', url),
      d: hidden('7', 'y\n(sensitive)\n'),
    };

    expect(attributes(before, after)).toEqual([
      `!     a = "${url}db" # (what changes is sensitive)`,
      `!     b = "${url}db" -> "${url}new"`,
      `!     c = "none" -> "${url}"`,
      '!     d = <<-EOT',
      '-         x',
      '+         y',
      '          (sensitive)',
      '      EOT',
    ]);
    expect(attributes({ l: [before.a, 1] }, { l: [before.a, before.b, 1] })).toContain(
      `+         "${url}db",`,
    );
    expect(attributes({ o: before.a }, {})).toEqual([`-     o = "${url}db" -> null`]);
  });

  test('does not fill a comment with indentation', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 1000; i++) deep = [deep];
    const json = `${'['.repeat(2000)}1${']'.repeat(2000)}`;

    const text = renderDiff(changesOf([update('a.x', { d: 0, j: '' }, { d: deep, j: json })]));

    expect(text).toContain('(nested too deeply to show)');
    expect(text.length).toBeLessThan(20_000);
  });

  test('keeps column 0 to itself, whatever a plan holds', () => {
    fc.assert(
      fc.property(wildChanges, (changes) => {
        const text = renderDiff(changes);

        expect(text.split('\n').filter((line) => !LINE.test(line))).toEqual([]);
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        expect(text).not.toMatch(/[\r\u2028\u2029\u202e]/);
      }),
      { numRuns: 300 },
    );
  });

  test('an update of a text shows each line of it that is gone or new', () => {
    const line = fc.constantFrom('- a', '+ b', 'c', '', '! d', '  e');
    fc.assert(
      fc.property(fc.array(line, { minLength: 2 }), fc.array(line, { minLength: 2 }), (was, is) => {
        fc.pre(was.join('\n') !== is.join('\n'));

        const lines = attributes({ s: `${was.join('\n')}\n` }, { s: `${is.join('\n')}\n` });

        const body = lines.slice(1, -1).filter((l) => !l.includes('hidden)'));
        const gone = body.filter((l) => l.startsWith('- ')).length;
        const added = body.filter((l) => l.startsWith('+ ')).length;
        const hidden = lines.map((l) => Number(/\((\d+) unchanged lines? hidden\)/.exec(l)?.[1] ?? 0));
        const kept = body.length - gone - added + hidden.reduce((a, b) => a + b, 0);
        expect(gone + kept).toBe(was.length);
        expect(added + kept).toBe(is.length);
      }),
    );
  });

  test('takes its time in proportion: thousands of objects, and long texts without a line in common', () => {
    const objects = Array.from({ length: 2000 }, (_, i) =>
      update(`a.x[${i}]`, { id: i, n: i, t: { a: 1 } }, { id: i, n: -i, t: { a: 2 } }),
    );
    const long = (seed: string) => Array.from({ length: 4000 }, (_, i) => `${seed} ${i}`).join('\n');
    const texts = Array.from({ length: 20 }, (_, i) =>
      update(`a.t[${i}]`, { s: long('a') }, { s: long('b') }),
    );
    const started = performance.now();

    const text = renderDiff(changesOf([...objects, ...texts]));

    expect(text.split('\n').length).toBeGreaterThan(20 * 8000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
