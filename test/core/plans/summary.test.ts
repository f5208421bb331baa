import { describe, expect, test } from 'vitest';
import { summarize } from '../../../core/plans/summary.ts';
import { changesOf, fixtureChanges, resource } from '../../support/plans.ts';

describe('summarize', () => {
  test('counts what terraform counts in a plan it made', () => {
    const { counts } = summarize(fixtureChanges('change'));

    // Terraform said: Plan: 2 to add, 2 to change, 2 to destroy; one of each is the replacement.
    expect(counts).toEqual({
      add: 2,
      change: 2,
      destroy: 2,
      replace: 1,
      import: 0,
      forget: 0,
      move: 1,
      outputs: 1,
      drift: 0,
    });
  });

  test('counts a replacement in either order as one add and one destroy', () => {
    const changes = changesOf([resource('a.x', ['delete', 'create']), resource('a.y', ['create', 'delete'])]);

    const { counts } = summarize(changes);

    expect(counts).toMatchObject({ add: 2, destroy: 2, replace: 2, change: 0 });
  });

  test('counts imports, forgets, moves, outputs and drift', () => {
    const changes = changesOf(
      [
        resource('a.i', ['no-op'], { importing: { id: 'i-1' } }),
        resource('a.f', ['forget']),
        resource('a.m', ['update'], {}, { previous_address: 'a.n' }),
        resource('a.k', ['create', 'forget']),
      ],
      {
        drift: [resource('a.d', ['update'])],
        outputs: { o: { actions: ['create'] }, same: { actions: ['no-op'] } },
      },
    );

    const { counts } = summarize(changes);

    expect(counts).toEqual({
      add: 1,
      change: 1,
      destroy: 0,
      replace: 1,
      import: 1,
      forget: 2,
      move: 1,
      outputs: 1,
      drift: 1,
    });
  });

  test('names the loss of data first, and drift last', () => {
    const changes = changesOf(
      [
        resource('null_resource.a', ['delete']),
        resource('aws_instance.b', ['delete', 'create']),
        resource('aws_db_instance.main', ['delete']),
      ],
      { drift: [resource('aws_instance.c', ['update'])] },
    );

    const { risks } = summarize(changes);

    expect(risks.map((risk) => risk.message)).toEqual([
      'aws_db_instance.main will be destroyed, with the data it holds.',
      'null_resource.a will be destroyed.',
      'aws_instance.b will be replaced.',
      'aws_instance.c was changed outside of Terraform.',
    ]);
  });

  test('stays small for a plan that destroys thousands', () => {
    const changes = changesOf(Array.from({ length: 3000 }, (_, i) => resource(`a.x[${i}]`, ['delete'])));

    const { counts, risks } = summarize(changes);

    expect(counts.destroy).toBe(3000);
    expect(risks[0]).toEqual({ kind: 'many', message: '3000 objects will be destroyed or replaced.' });
    expect(risks.at(-1)?.message).toBe('2980 more objects will be destroyed.');
    expect(risks.length).toBe(22);
  });
});
