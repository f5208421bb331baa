import { expect, test } from 'vitest';
import { parseHcl } from '../../../adapters/hcl.ts';
import { foreignReads } from '../../../core/ephemeral/reads.ts';
import { moduleGraph } from '../../../core/projects/module-graph.ts';
import { projectIn, tree } from './projects.ts';

const block = (body: string, name = 'it') => `data "terraform_remote_state" "${name}" {\n${body}\n}\n`;
const OWN = block('backend = var.cairn_state["network"].backend\nconfig = var.cairn_state["network"].config');

async function readsOf(
  files: Record<string, string>,
  { dependsOn = ['network'], allowed = [] as string[], inWorkspaces = [] as string[] } = {},
) {
  const made = tree(files);
  return foreignReads({
    tree: made,
    graph: moduleGraph(made),
    projects: [projectIn('app', { dependsOn })],
    allowed,
    inWorkspaces: new Set(inWorkspaces),
    hcl: parseHcl,
  });
}

test.each([
  ['by index', OWN],
  ['by name', OWN.replaceAll('["network"]', '.network')],
  ['of each', block('for_each = var.cairn_state\nbackend = each.value.backend\nconfig = each.value.config')],
  ['of a key', block('for_each = toset(["network"])\nconfig = var.cairn_state[each.key].config')],
  ['no read at all', '# "terraform_remote_state"\nlocals { a = "data terraform_remote_state" }\n'],
])('a read by cairn_state is of the environment itself: %s', async (_name, text) => {
  expect(await readsOf({ 'app/main.tf': text })).toEqual([]);
});

test.each([
  ['a literal', block('backend = "s3"\nconfig = { bucket = "b", key = "k" }')],
  ['another variable', block('backend = "s3"\nconfig = var.where')],
  ['a choice', block('backend = "s3"\nconfig = var.x ? var.cairn_state.network.config : { key = "k" }')],
  ['each of something else', block('for_each = var.others\nconfig = each.value.config')],
  ['nothing', block('backend = "local"')],
])('anything else is not: %s', async (_name, text) => {
  const problems = await readsOf({ 'app/main.tf': `\n\n${text}` });

  expect(problems).toEqual([
    expect.stringMatching(/^app: data\.terraform_remote_state\.it in app\/main\.tf:3 reads a state/),
  ]);
  expect(problems[0]).toContain('`ephemeral: { reads: [app] }` in cairn.yaml');
  expect(problems[0]).toContain('config = var.cairn_state["network"].config');
});

test('JSON and files of OpenTofu are read too, and modules with the place where they are', async () => {
  const json = JSON.stringify(
    { data: { terraform_remote_state: { shared: { backend: 's3', config: { key: 'k' } } } } },
    null,
    1,
  );
  const problems = await readsOf({
    'app/main.tf.json': json,
    'app/more.tofu': block('config = {}', 'tofu'),
    'app/use.tf': 'module "m" {\n  source = "../lib"\n}\n',
    'lib/main.tf': block('config = {}', 'inner'),
    'elsewhere/main.tf': block('config = {}', 'unused'),
  });

  expect(problems.map((text) => text.split(' reads ')[0])).toEqual([
    'app: data.terraform_remote_state.shared in app/main.tf.json:4',
    'app: data.terraform_remote_state.tofu in app/more.tofu:1',
    'app: data.terraform_remote_state.inner in lib/main.tf:1',
  ]);
});

test('a module is handed what Cairn says, and not something else of that name', async () => {
  const call = (state: string) => `module "m" {\n  source = "../lib"\n  cairn_state = ${state}\n}\n`;
  const lib = { 'lib/main.tf': OWN };

  expect(await readsOf({ 'app/main.tf': call('var.cairn_state'), ...lib })).toEqual([]);
  expect(await readsOf({ 'app/main.tf': call('{ network = { config = {} } }'), ...lib })).toEqual([
    expect.stringContaining('app: module.m in app/main.tf:1 is handed another `cairn_state`'),
  ]);
});

test('a module that has states of its own for a default is refused; a root is handed others anyway', async () => {
  const own = 'variable "cairn_state" {\n  default = { network = { config = { key = "prod" } } }\n}\n';
  const none = 'variable "cairn_state" {\n  default = {}\n}\n';
  const call = 'module "m" {\n  source = "../lib"\n}\n';

  expect(await readsOf({ 'app/main.tf': `${own}${OWN}` })).toEqual([]);
  expect(await readsOf({ 'app/main.tf': call, 'lib/main.tf': `${none}${OWN}` })).toEqual([]);
  expect(await readsOf({ 'app/main.tf': call, 'lib/main.tf': `\n${own}${OWN}` })).toEqual([
    expect.stringContaining('app: variable.cairn_state in lib/main.tf:2 has a default'),
  ]);
});

test('without a dependency Cairn says nothing, and values of files would', async () => {
  expect(await readsOf({ 'app/main.tf': OWN }, { dependsOn: [] })).toEqual([
    expect.stringContaining('which app does not depend on: add `depends_on: [network]`'),
  ]);
  expect(await readsOf({ 'app/main.tf': OWN, 'app/x.auto.tfvars': '\ncairn_state = {}\n' })).toEqual([
    expect.stringContaining('app: app/x.auto.tfvars:2 sets cairn_state'),
  ]);
});

test('a workspace beside it is refused only where the state is in one', async () => {
  const text = OWN.replace('\n}', '\nworkspace = terraform.workspace\n}');

  expect(await readsOf({ 'app/main.tf': text })).toEqual([]);
  expect(await readsOf({ 'app/main.tf': text }, { inWorkspaces: ['network'] })).toEqual([
    expect.stringContaining('names a workspace'),
  ]);
});

test('a project that the default branch names may read what it likes, others of the same files may not', async () => {
  const files = { 'app/main.tf': block('config = {}') };

  expect(await readsOf(files, { allowed: ['a*'] })).toEqual([]);
  expect(await readsOf(files, { allowed: ['web'] })).toHaveLength(1);
});

test('what does not parse is refused: nobody can tell what it reads', async () => {
  expect(await readsOf({ 'app/main.tf': 'data "terraform_remote_state" "x" {\n' })).toEqual([
    expect.stringContaining('in app/main.tf:1 does not parse'),
  ]);
});

test.each([
  ['without quotes', 'data terraform_remote_state "it" {\nbackend = "s3"\n}\n'],
  ['with an escape', 'data "terraform\\u005fremote_state" "it" {\nbackend = "s3"\n}\n'],
  ['with a long one', 'data "\\U00000074erraform_remote_state" "it" {\nbackend = "s3"\n}\n'],
])('a block is one however its label is written: %s', async (_name, text) => {
  const problems = await readsOf({ 'app/main.tf': text });

  expect(problems).toEqual([
    expect.stringMatching(/^app: data\.terraform_remote_state\.it in app\/main\.tf:1 reads a state/),
  ]);
});

test('so is one in JSON', async () => {
  const json = '{"data": {"terraform\\u005fremote_state": {"it": {"backend": "s3"}}}}';

  expect(await readsOf({ 'app/main.tf.json': json })).toHaveLength(1);
});

test('an escape that ends no string ends none here', async () => {
  const text = `${OWN}\nlocals {\n  a = "\\u0022 \\\\u005f \\u00e9"\n}\n`;

  expect(await readsOf({ 'app/main.tf': text })).toEqual([]);
});
