import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinPath, resolveLinks } from '../../../core/projects/links.ts';

describe('resolveLinks', () => {
  it.each([
    [{ a: 'b' }, 'a/x', 'b/x'],
    [{ 'd/a': '../b' }, 'd/a', 'b'],
    [{ a: 'deep/er', 'deep/er': '../c' }, 'a', 'c'],
    // A parent behind a link is the parent of its target.
    [{ a: 'deep/er' }, 'a/../x', 'deep/x'],
    [{ a: '.' }, 'a/a/b', 'b'],
    [{ a: '..' }, 'a', null],
    [{ a: '/etc' }, 'a/passwd', null],
    [{ a: 'b', b: 'a' }, 'a', null],
    [{ up: 'd/x', 'd/x': '../..' }, 'up', null],
    [{}, '../x', null],
    [{}, 'a/..', '.'],
  ])('follows %j from %s to %s', (links, path, expected) => {
    expect(resolveLinks(new Map(Object.entries(links)), path)).toBe(expected);
  });

  it('never leaves the checkout, and always ends', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', '');
    const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
    const links = fc.dictionary(fc.constantFrom('a', 'b', 'a/b', 'b/a'), path);
    fc.assert(
      fc.property(links, path, (targets, start) => {
        const end = resolveLinks(new Map(Object.entries(targets)), start);

        expect(end === null || (!end.startsWith('/') && !end.split('/').includes('..'))).toBe(true);
      }),
    );
  });
});

describe('joinPath', () => {
  it('agrees with a resolution without links', () => {
    const dir = fc.constantFrom('.', 'a', 'a/b', 'a/b/c');
    const path = fc
      .array(fc.constantFrom('..', '.', '', 'x', 'y.tf', '.z', '..w'), { maxLength: 6 })
      .map((parts) => parts.join('/').replace(/^\/+/, ''));
    fc.assert(
      fc.property(dir, path, (from, to) => {
        expect(joinPath(from, to)).toBe(resolveLinks(new Map(), `${from}/${to}`));
      }),
      { numRuns: 1000 },
    );
  });
});
