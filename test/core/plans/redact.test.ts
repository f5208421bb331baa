import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, ResourceChange, TerraformPlan } from '../../../core/plans/plan.ts';
import { redactPlan } from '../../../core/plans/redact.ts';

const KEY = '0f'.repeat(32);

function resource(change: Partial<Change>, more: Partial<ResourceChange> = {}): ResourceChange {
  return {
    address: 'x.a',
    mode: 'managed',
    type: 'x',
    name: 'a',
    change: { actions: ['update'], before: null, after: null, ...change },
    ...more,
  };
}

function plan(resources: ResourceChange[], more: Partial<TerraformPlan> = {}): TerraformPlan {
  return { format_version: '1.2', terraform_version: '1.11.4', resource_changes: resources, ...more };
}

const hidden = { $sensitive: expect.stringMatching(/^[0-9a-f]{64}$/) };

describe('redactPlan', () => {
  it('follows the mask through objects and lists, and hides a whole subtree', () => {
    const after = {
      name: 'db',
      login: { user: 'root', password: 'hunter2-db' },
      tags: ['open', 'closed-up'],
      all: { a: ['deep-secret'] },
    };
    const after_sensitive = { login: { password: true }, tags: [false, true], all: true };

    const { changes, secrets } = redactPlan(plan([resource({ after, after_sensitive })]), KEY);

    expect(changes.resources[0]?.change.after).toEqual({
      name: 'db',
      login: { user: 'root', password: hidden },
      tags: ['open', hidden],
      all: hidden,
    });
    expect(secrets.sort()).toEqual(['closed-up', 'deep-secret', 'hunter2-db']);
  });

  it('hashes equal values equally under one key, and otherwise under another', () => {
    const change = {
      before: { p: 'same-value' },
      before_sensitive: { p: true },
      after: { p: 'same-value' },
      after_sensitive: { p: true },
    };
    const of = (key: string) => redactPlan(plan([resource(change)]), key).changes.resources[0]?.change;

    expect(of(KEY)?.before).toEqual(of(KEY)?.after);
    expect(of(KEY)?.before).not.toEqual(of('1f'.repeat(32))?.before);
  });

  it('takes a secret out where it stands without its mark', () => {
    const plain = resource({
      after: { output: 'hunter2-db', url: 'pg://root:hunter2-db@host', 'hunter2-db': 1, n: 12345678 },
    });
    const marked = resource({
      after: { p: 'hunter2-db', n: 12345678 },
      after_sensitive: { p: true, n: true },
    });

    const { changes } = redactPlan(plan([plain, marked]), KEY);

    const keys = Object.keys(changes.resources[0]?.change.after as object);
    expect(keys).toContainEqual(expect.stringMatching(/^\(sensitive [0-9a-f]{12}\)$/));
    expect(changes.resources[0]?.change.after).toEqual({
      output: hidden,
      url: { ...hidden, text: 'pg://root:(sensitive)@host' },
      [keys.find((key) => key.startsWith('(sensitive')) ?? '']: 1,
      n: hidden,
    });
    expect(JSON.stringify(changes)).not.toContain('hunter2');
  });

  it('tells one secret from another wherever it stands: in a text, a key, an address, an import', () => {
    const of = (secret: string) => {
      const told = resource(
        {
          after: { url: `pg://root:${secret}@host`, tags: { [secret]: 'x' } },
          after_sensitive: { tags: { [secret]: false } },
          after_unknown: { tags: { [`${secret}-id`]: true } },
          replace_paths: [['tags', secret]],
          importing: { id: `db/${secret}` },
        },
        { address: `x.a["${secret}"]`, index: secret },
      );
      return redactPlan(plan([told]), KEY, ['hunter2-one', 'hunter2-two']).changes;
    };

    const [one, two] = [of('hunter2-one'), of('hunter2-two')];

    expect(JSON.stringify([one, two])).not.toContain('hunter2');
    const parts = (changes: typeof one) =>
      changes.resources.flatMap(({ address, index, change }) => [
        address,
        index,
        change.after,
        change.after_unknown,
        change.replace_paths,
        change.importing,
      ]);
    for (const [index, part] of parts(one).entries()) expect(part).not.toEqual(parts(two)[index]);
    expect(of('hunter2-one')).toEqual(one);
  });

  it('hides no word of the configuration in an address: what guards go by stays there, whatever is called a secret', () => {
    const told = resource(
      {},
      { address: 'module.network.aws_db_instance.main["production"]', module_address: 'module.network' },
    );

    const { changes } = redactPlan(plan([told]), KEY, ['aws_db_instance.main', 'network', 'production']);

    const [shown] = changes.resources;
    expect(shown?.address).toMatch(
      /^module\.network\.aws_db_instance\.main\["\(sensitive [0-9a-f]{12}\)"\]$/,
    );
    expect(shown?.module_address).toBe('module.network');
  });

  it('lets nothing out that it does not know, such as what a later terraform tells of an object', () => {
    const told = resource({ after: { a: 1 } });
    Object.assign(told, { told_by: 'a-later-one' });
    Object.assign(told.change, { after_identity: { id: 'a-later-one' } });

    expect(JSON.stringify(redactPlan(plan([told]), KEY).changes)).not.toContain('a-later-one');
  });

  it('lets no key of a project pass for a hidden value', () => {
    const { changes } = redactPlan(
      plan([resource({ after: { tags: { $sensitive: 'ff', text: 'harmless', evil: 'yes' } } })]),
      KEY,
    );

    expect(changes.resources[0]?.change.after).toEqual({
      tags: { '$sensitive (a key)': 'ff', text: 'harmless', evil: 'yes' },
    });
  });

  it('knows variables, outputs, the state and modules that are declared sensitive', () => {
    const { secrets } = redactPlan(
      plan([], {
        variables: { token: { value: 'variable-secret' }, open: { value: 'open-value' } },
        configuration: {
          root_module: {
            variables: { token: { sensitive: true, default: 'default-secret' }, open: {} },
            outputs: { dsn: { sensitive: true } },
            module_calls: {
              m: { module: { variables: { k: { sensitive: true, default: { a: 'module-secret' } } } } },
            },
          },
        },
        output_changes: { dsn: { actions: ['create'], after: 'output-secret' } },
        prior_state: {
          values: {
            outputs: { o: { sensitive: true, value: ['state-output'] } },
            root_module: {
              child_modules: [
                {
                  resources: [
                    { values: { p: 'state-secret', q: 'state-open' }, sensitive_values: { p: true } },
                  ],
                },
              ],
            },
          },
        },
      }),
      KEY,
    );

    expect(secrets.sort()).toEqual([
      'default-secret',
      'module-secret',
      'output-secret',
      'state-output',
      'state-secret',
      'variable-secret',
    ]);
  });

  it('hides an output that only the configuration calls sensitive', () => {
    const { changes } = redactPlan(
      plan([], {
        configuration: { root_module: { outputs: { dsn: { sensitive: true } } } },
        output_changes: { dsn: { actions: ['create'], before: null, after: 'output-secret' } },
      }),
      KEY,
    );

    expect(changes.outputs['dsn']).toEqual({ actions: ['create'], before: null, after: hidden });
  });

  it('hides what was handed in through the environment', () => {
    const { changes } = redactPlan(plan([resource({ after: { t: 'from-the-environment' } })]), KEY, [
      'from-the-environment',
    ]);

    expect(changes.resources[0]?.change.after).toEqual({ t: hidden });
  });

  it('leaves out what changes nothing, but keeps moves and imports', () => {
    const still = { actions: ['no-op' as const] };
    const { changes } = redactPlan(
      plan([
        resource(still, { address: 'x.same' }),
        resource({ actions: ['read'] }, { address: 'data.x.read' }),
        resource(still, { address: 'x.new', previous_address: 'x.old' }),
        resource({ ...still, importing: { id: 'i-1' } }, { address: 'x.imported' }),
        resource({ actions: ['delete', 'create'] }, { address: 'x.replaced' }),
      ]),
      KEY,
    );

    expect(changes.resources.map(({ address }) => address)).toEqual(['x.new', 'x.imported', 'x.replaced']);
  });

  it('never shows what a mask hides', () => {
    const leaf = fc.string({ unit: fc.constantFrom(...'QXZ974_'), minLength: 6, maxLength: 12 });
    const value = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tree')),
      ),
    })).tree;
    fc.assert(
      fc.property(value, leaf, (tree, secret) => {
        const after = { tree, secret, copy: [secret, `x${secret}y`] };

        const { changes } = redactPlan(
          plan([resource({ after, after_sensitive: { tree: true, secret: true } })]),
          KEY,
        );

        const shown = JSON.stringify(changes);
        for (const text of JSON.stringify([tree, secret]).match(/[QXZ974_]{6,}/g) ?? [])
          expect(shown).not.toContain(text);
      }),
    );
  });
});
