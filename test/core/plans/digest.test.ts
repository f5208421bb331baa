import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../../core/plans/canonical.ts';
import { approvalDigest, planDigest } from '../../../core/plans/digest.ts';
import type { Changes } from '../../../core/plans/plan.ts';
import { changesOf, fixtureChanges, resource, update } from '../../support/plans.ts';

function shuffledKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffledKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffledKeys(item)]),
  );
}

describe('planDigest', () => {
  test('is the same for another order of resources, outputs and keys', () => {
    const changes = fixtureChanges('change');
    const other = shuffledKeys({ ...changes, resources: [...changes.resources].reverse() }) as Changes;

    expect(planDigest(other)).toBe(planDigest(changes));
    expect(planDigest(changes)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('differs for every single change of what is planned', () => {
    const base = changesOf([update('a.x', { n: 1 }, { n: 2 })]);
    const others = [
      changesOf([update('a.y', { n: 1 }, { n: 2 })]),
      changesOf([update('a.x', { n: 0 }, { n: 2 })]),
      changesOf([update('a.x', { n: 1 }, { n: '2' })]),
      changesOf([update('a.x', { n: 1 }, { n: 2 }, { after_unknown: { id: true } })]),
      changesOf([resource('a.x', ['delete', 'create'], { before: { n: 1 }, after: { n: 2 } })]),
      changesOf([{ ...update('a.x', { n: 1 }, { n: 2 }), previous_address: 'a.old' }]),
      changesOf([{ ...update('a.x', { n: 1 }, { n: 2 }), deposed: 'a1b2' }]),
      changesOf([update('a.x', { n: 1 }, { n: 2 })], { outputs: { o: { actions: ['create'], after: 1 } } }),
      changesOf([]),
    ];

    const digests = [base, ...others].map(planDigest);

    expect(new Set(digests).size).toBe(digests.length);
  });

  test('tells two sensitive values apart by their hashes', () => {
    const hidden = (hash: string) => changesOf([update('a.x', { p: null }, { p: { $sensitive: hash } })]);

    expect(planDigest(hidden('aa'))).not.toBe(planDigest(hidden('bb')));
  });

  test('leaves out the version of terraform and drift', () => {
    const changes = changesOf([update('a.x', { n: 1 }, { n: 2 })]);

    const other = { ...changes, terraform: '9.9.9', drift: [resource('a.z', ['update'])] };

    expect(planDigest(other)).toBe(planDigest(changes));
  });
});

describe('approvalDigest', () => {
  const approved = {
    commit: 'c'.repeat(40),
    plans: [
      { project: 'a', digest: '1' },
      { project: 'b', digest: '2' },
    ],
    config: 'config',
    policy: { approval: { required: true, approvers: ['x'] } },
  };

  test('does not depend on the order of the plans', () => {
    const reversed = { ...approved, plans: [...approved.plans].reverse() };

    expect(approvalDigest(reversed)).toBe(approvalDigest(approved));
  });

  test.each([
    ['commit', { ...approved, commit: 'd'.repeat(40) }],
    ['plans', { ...approved, plans: approved.plans.slice(1) }],
    [
      'whose plan',
      {
        ...approved,
        plans: [
          { project: 'b', digest: '1' },
          { project: 'a', digest: '2' },
        ],
      },
    ],
    ['config', { ...approved, config: 'other' }],
    ['policy', { ...approved, policy: { approval: { required: false, approvers: ['x'] } } }],
  ])('binds to the %s', (_, other) => {
    expect(approvalDigest(other)).not.toBe(approvalDigest(approved));
  });
});

test('canonical gives equal text for equal values alone', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const parsed = JSON.parse(canonical(a));

      expect(parsed).toEqual(JSON.parse(JSON.stringify(a)));
      expect(canonical(shuffledKeys(a))).toBe(canonical(a));
      if (canonical(a) === canonical(b)) expect(JSON.parse(JSON.stringify(b))).toEqual(parsed);
    }),
  );
});
