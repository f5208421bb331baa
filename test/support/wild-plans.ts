import fc from 'fast-check';
import type { Action, Change, Changes, ResourceChange } from '../../core/plans/plan.ts';
import { summarize } from '../../core/plans/summary.ts';
import type { PlanReport, ProjectStatus, ReportedProject } from '../../core/reports/plan-report.ts';

/** What has broken the comments of such tools before, alone and put together. */
const NASTY = [
  '```',
  '````diff',
  '~~~',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '- foo\n+ bar\n! baz',
  '</details>',
  '<details><summary>',
  '</summary>',
  '<!-- cairn:plan:prod -->',
  '-->',
  '<script>alert(1)</script>',
  '@team',
  '@everyone/admins',
  '#12',
  'owner/repo#1',
  '|',
  '\\',
  '`',
  '[x](https://example.com)',
  '> [!CAUTION]',
  'EOT',
  '{"a":[1,{"b":"- c"}]}',
  '\u2028',
  '\u202e',
  '\u0000',
  '\ufeff',
  '\ud83d',
  '\ude00',
  '😀',
  '日本語',
  '<!channel>',
  '<@U1>',
  '&amp;',
  '$x$',
  '    ',
];

export const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 6 })), { maxLength: 6 })
    .map((s) => s.join('')),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    nasty,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.record({ $sensitive: fc.constant('ab12') }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(nasty, fc.constantFrom('id', 'name', 'tags', '__proto__')), tie('value'), {
      maxKeys: 4,
    }),
  ),
}));

const object = fc.dictionary(fc.oneof(nasty, fc.constantFrom('id', 'name', 'tags', 'data')), value, {
  maxKeys: 5,
});
const mask = fc.oneof(
  fc.constant({}),
  fc.dictionary(fc.constantFrom('id', 'name', 'tags', 'new'), fc.boolean()),
);

const actions = fc.constantFrom<Action[]>(
  ['create'],
  ['update'],
  ['delete'],
  ['delete', 'create'],
  ['create', 'delete'],
  ['forget'],
  ['no-op'],
);

const change: fc.Arbitrary<Change> = fc
  .record({
    actions,
    before: fc.oneof(object, fc.constant(null)),
    after: fc.oneof(object, fc.constant(null)),
    after_unknown: fc.oneof(mask, fc.constant(true)),
    before_sensitive: mask,
    after_sensitive: mask,
    replace_paths: fc.array(fc.array(fc.oneof(fc.constantFrom('id', 'tags'), fc.nat(3)), { maxLength: 3 }), {
      maxLength: 2,
    }),
  })
  // Half of the time the two sides have most in common, as they do in a real plan.
  .chain((made) =>
    fc.boolean().map((near) => (near ? { ...made, after: { ...made.before, ...made.after } } : made)),
  );

const resource: fc.Arbitrary<ResourceChange> = fc
  .record({ name: nasty, change, moved: fc.boolean(), deposed: fc.boolean() })
  .map(({ name, change, moved, deposed }) => ({
    address: `aws_x.y[${JSON.stringify(name)}]`,
    mode: 'managed',
    type: 'aws_x',
    name: 'y',
    index: name,
    change,
    ...(moved ? { previous_address: `aws_x.${name}` } : {}),
    ...(deposed ? { deposed: 'a1b2c3' } : {}),
  }));

export const wildChanges: fc.Arbitrary<Changes> = fc.record({
  terraform: fc.constant('1.11.4'),
  resources: fc.array(resource, { maxLength: 6 }),
  drift: fc.array(resource, { maxLength: 2 }),
  outputs: fc.dictionary(nasty, change, { maxKeys: 3 }),
});

const status = fc.constantFrom<ProjectStatus>('pending', 'running', 'planned', 'empty', 'waits', 'failed');

export const wildProject: fc.Arbitrary<ReportedProject> = fc
  .record({ name: nasty, status, changes: wildChanges, error: nasty, times: fc.constantFrom(1, 1, 60) })
  .map(({ name, status, changes, error, times }) => {
    const many = { ...changes, resources: Array.from({ length: times }, () => changes.resources).flat() };
    return {
      name,
      dir: name,
      status,
      logUrl: `https://cairn.example/runs/1?p=${name}`,
      upstream: [name],
      violations: status === 'planned' && times > 1 ? [`\`${name}\` would be destroyed`] : [],
      ...(status === 'waits' ? { waitsFor: name } : {}),
      ...(status === 'failed' || status === 'waits'
        ? { error }
        : { changes: many, summary: summarize(many) }),
    };
  });

export const wildPlanReport: fc.Arbitrary<PlanReport> = fc.record({
  kind: fc.constant('plan' as const),
  repository: fc.constant('acme/infra'),
  environment: fc.constantFrom('prod', 'a--b'),
  pull: fc.record({
    number: fc.nat(),
    title: nasty,
    url: fc.constant('https://forge.example/acme/infra/pull/1'),
  }),
  headCommit: fc.constant('a'.repeat(40)),
  baseCommit: fc.constant('b'.repeat(40)),
  runUrl: fc.constant('https://cairn.example/runs/1'),
  state: fc.constantFrom('running', 'finished', 'failed', 'superseded'),
  message: nasty,
  policyChanges: fc.array(nasty, { maxLength: 3 }),
  projects: fc.array(wildProject, { maxLength: 6 }),
  removed: fc.array(nasty, { maxLength: 3 }),
  deploy: fc.record({ approvalRequired: fc.boolean() }),
});
