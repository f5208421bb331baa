import { describe, expect, test } from 'vitest';
import { guard, matchesAddress } from '../../../core/plans/guard.ts';
import { changesOf, resource, update } from '../../support/plans.ts';

const none = { maxDestroy: null, protected: [] };

describe('guard', () => {
  test('lets everything pass that no guard names', () => {
    const changes = changesOf([resource('a.x', ['delete']), update('aws_db_instance.main', {}, { a: 1 })]);

    const { violations } = guard(changes, { maxDestroy: 1, protected: ['aws_db_instance.*'] });

    expect(violations).toEqual([]);
  });

  test('counts replacements as destroyed, and says what to raise', () => {
    const changes = changesOf([resource('a.x', ['delete']), resource('a.y', ['create', 'delete'])]);

    const { violations } = guard(changes, { ...none, maxDestroy: 1 });

    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain('destroys 2 objects');
    expect(violations[0]).toContain('guards.max_destroy in cairn.yaml allows 1');
  });

  test('none allowed means none', () => {
    expect(
      guard(changesOf([resource('a.x', ['delete'])]), { ...none, maxDestroy: 0 }).violations,
    ).toHaveLength(1);
  });

  test.each([
    [['delete'], 'destroyed'],
    [['delete', 'create'], 'replaced'],
    [['create', 'delete'], 'replaced'],
    [['create', 'forget'], 'replaced'],
    [['forget'], 'forgotten'],
  ] as const)('keeps what is protected from %j', (actions, verb) => {
    const changes = changesOf([resource('module.db.aws_db_instance.main', [...actions])]);

    const { violations } = guard(changes, { ...none, protected: ['*.aws_db_instance.*'] });

    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(`module.db.aws_db_instance.main would be ${verb}`);
    expect(violations[0]).toContain('`*.aws_db_instance.*`');
  });

  test('a move does not carry an object out of its protection', () => {
    const moved = resource('a.other', ['delete', 'create'], {}, { previous_address: 'a.main' });

    expect(guard(changesOf([moved]), { ...none, protected: ['a.main'] }).violations).toHaveLength(1);
  });
});

describe('matchesAddress', () => {
  test.each([
    ['a.x', 'a.x', true],
    ['a.x', 'a.xy', false],
    ['a.x', 'a.x[0]', true],
    ['a.x', 'module.m.a.x', false],
    ['module.m', 'module.m.a.x["k"]', true],
    ['module.m', 'module.m[1].a.x', true],
    ['module.m', 'module.mm.a.x', false],
    ['*', 'anything.at["all.*"]', true],
    ['a.*.c', 'a.b.c', true],
    ['a.*["x y"]', 'a.b["x y"]', true],
    ['a.*["x"]', 'a.b["y"]', false],
    ['a.?', 'a.b', false],
    ['**a**', 'bab', true],
    ['a.x["prod"]', 'a.x["(sensitive 0123456789ab)"]', true],
    ['a.x["prod*west"]', 'a.x["(sensitive 0123456789ab)-west"].y', true],
    ['*.a.x', 'module.m["(sensitive 0123456789ab)"].a.x', true],
    ['a.y["prod"]', 'a.x["(sensitive 0123456789ab)"]', false],
  ])('%s and %s: %s', (pattern, address, expected) => {
    expect(matchesAddress(pattern, address)).toBe(expected);
  });

  test('a pattern of many stars costs no exponential time', () => {
    const started = performance.now();

    const matched = matchesAddress(`${'*a'.repeat(40)}b`, 'a'.repeat(5000));

    expect(matched).toBe(false);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
