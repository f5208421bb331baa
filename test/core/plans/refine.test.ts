import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planDigest } from '../../../core/plans/digest.ts';
import type { Change, Changes } from '../../../core/plans/plan.ts';
import { onlyRefines } from '../../../core/plans/refine.ts';
import { changesOf, fixtureChanges, resource, update } from '../../support/plans.ts';
import { wildChanges } from '../../support/wild-plans.ts';

const ok = { ok: true };

function differences(approved: Changes, now: Changes): string[] {
  const refinement = onlyRefines(approved, now);
  return refinement.ok ? [] : refinement.differences;
}

function one(after: object, unknown: object = {}, before: object = { id: 1 }): Changes {
  return changesOf([update('a.x', before, after, { after_unknown: unknown })]);
}

describe('onlyRefines', () => {
  test('a plan refines itself', () => {
    expect(onlyRefines(fixtureChanges('change'), fixtureChanges('change'))).toEqual(ok);
  });

  test('any plan refines itself, and its digest stays', () => {
    fc.assert(
      fc.property(wildChanges, (changes) => {
        const again = structuredClone(changes);

        expect(onlyRefines(changes, again)).toEqual(ok);
        expect(planDigest(again)).toBe(planDigest(changes));
      }),
    );
  });

  test('what terraform learned by an apply in between is a refinement', () => {
    const all = fixtureChanges('change');
    const now = fixtureChanges('refined');
    // These two were applied in between.
    const applied = ['terraform_data.b', 'terraform_data.new'];
    const approved = { ...all, resources: all.resources.filter((r) => !applied.includes(r.address)) };

    const unknownThen = approved.resources.find((r) => r.address === 'terraform_data.d["x"]');
    const known = now.resources.find((r) => r.address === 'terraform_data.d["x"]');

    expect(unknownThen?.change.after_unknown).toMatchObject({ input: { id: true } });
    expect(known?.change.after).toHaveProperty('input.id', expect.stringMatching(/^[0-9a-f-]{36}$/));
    expect(onlyRefines(approved, now)).toEqual(ok);
    expect(onlyRefines(now, approved).ok).toBe(false);
  });

  test('a secret within a text may not change either', () => {
    const of = (hash: string) => one({ url: { $sensitive: hash, text: 'pg://(sensitive)@db' } });

    expect(onlyRefines(of('1'), of('1'))).toEqual(ok);
    expect(differences(of('1'), of('2'))).toEqual(['a.x: url will not be as it was approved.']);
    expect(planDigest(of('1'))).not.toBe(planDigest(of('2')));
  });

  test('a value that was known may not change', () => {
    expect(differences(one({ n: 1 }), one({ n: 2 }))).toEqual(['a.x: n will not be as it was approved.']);
  });

  test('an unknown value may become anything, sensitive or not, within lists and objects too', () => {
    const unknown = { a: true, o: { p: true }, l: [false, { q: true }] };
    const approved = one({ o: { s: 1 }, l: ['x', { t: 2 }] }, unknown);
    const now = one({ a: { $sensitive: 'ff' }, o: { s: 1, p: [1] }, l: ['x', { t: 2, q: 'known' }] });

    expect(onlyRefines(approved, now)).toEqual(ok);
  });

  test('beside an unknown value nothing else may change', () => {
    const approved = one({ l: [{ t: 2 }] }, { l: [{ q: true }] });

    expect(differences(approved, one({ l: [{ t: 3, q: 1 }] }))).toEqual([
      'a.x: l[0].t will not be as it was approved.',
    ]);
    expect(differences(approved, one({ l: [{ t: 2, q: 1 }, {}] }))).toEqual([
      'a.x: l will not be as it was approved.',
    ]);
    expect(differences(approved, one({ l: [{ t: 2, q: 1 }], m: 1 }))).toEqual([
      'a.x: m will not be as it was approved.',
    ]);
  });

  test('a value that was known may not become unknown', () => {
    expect(differences(one({ n: 1 }), one({}, { n: true }))).toEqual([
      'a.x: n will not be as it was approved.',
    ]);
  });

  test('another sensitive value is a difference, the same is none', () => {
    const secret = (hash: string) => one({ p: { $sensitive: hash } });

    expect(onlyRefines(secret('aa'), secret('aa'))).toEqual(ok);
    expect(differences(secret('aa'), secret('bb'))).toEqual(['a.x: p will not be as it was approved.']);
  });

  test('an object that was changed since is a difference', () => {
    expect(differences(one({ n: 1 }, {}, { n: 0 }), one({ n: 1 }, {}, { n: 5 }))[0]).toContain(
      'changed since',
    );
  });

  test('resources that appear, disappear or are treated in another way are told, each in a sentence', () => {
    const approved = changesOf([resource('a.gone', ['create']), resource('a.other', ['update'])]);
    const now = changesOf([resource('a.new', ['delete']), resource('a.other', ['delete', 'create'])]);

    expect(differences(approved, now)).toEqual([
      'a.gone was to be created; now nothing happens to it.',
      'a.other was to be updated in-place; now it will be replaced.',
      'a.new will be destroyed; the approved plan did not touch it.',
    ]);
  });

  test('the same actions in another order are a difference', () => {
    const approved = changesOf([resource('a.x', ['create', 'delete'])]);

    expect(onlyRefines(approved, changesOf([resource('a.x', ['delete', 'create'])])).ok).toBe(false);
  });

  test('an import of another id and a move from elsewhere are differences', () => {
    const imported = (id?: string) =>
      changesOf([resource('a.x', ['no-op'], { importing: id === undefined ? {} : { id } })]);
    const moved = (from: string) => changesOf([resource('a.x', ['no-op'], {}, { previous_address: from })]);

    expect(onlyRefines(imported('1'), imported('2')).ok).toBe(false);
    expect(onlyRefines(imported(), imported('2'))).toEqual(ok);
    expect(onlyRefines(moved('a.y'), moved('a.z')).ok).toBe(false);
  });

  test('outputs: unknown ones may become known or come out as they were', () => {
    const outputs = (o: Record<string, Change>) => changesOf([], { outputs: o });
    const unknown = outputs({ o: { actions: ['update'], before: 1, after_unknown: true } });
    const known = (after: number) => outputs({ o: { actions: ['update'], before: 1, after } });

    expect(onlyRefines(unknown, known(7))).toEqual(ok);
    expect(onlyRefines(unknown, outputs({}))).toEqual(ok);
    expect(differences(known(7), known(8))).toEqual(['The output o will not be as it was approved.']);
    expect(differences(known(7), outputs({}))).toHaveLength(1);
    expect(differences(outputs({}), known(7))).toHaveLength(1);
  });
});
