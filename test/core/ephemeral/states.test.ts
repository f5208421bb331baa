import { expect, test } from 'vitest';
import { parseHcl } from '../../../adapters/hcl.ts';
import type { EphemeralConfig } from '../../../core/config/types.ts';
import { collisions, ownersOf } from '../../../core/ephemeral/collision.ts';
import { inWorkspace, statePlaces } from '../../../core/ephemeral/states.ts';
import { moduleGraph } from '../../../core/projects/module-graph.ts';
import { projectIn, tree } from './projects.ts';

const WORKSPACE: EphemeralConfig['state'] = { kind: 'workspace' };
const byKey = (config: Record<string, string>): EphemeralConfig['state'] => ({ kind: 'key', config });
const backend = (type: string, body: string) => `terraform {\n  backend "${type}" {\n${body}\n  }\n}\n`;
const S3 = backend('s3', 'bucket = "b"\nkey = "k"');

async function placesOf(
  files: Record<string, string>,
  state: EphemeralConfig['state'],
  dependsOn: Record<string, string[]> = {},
) {
  const made = tree(Object.fromEntries(Object.entries(files).map(([dir, text]) => [`${dir}/main.tf`, text])));
  const projects = Object.keys(files).map((dir) => projectIn(dir, { dependsOn: dependsOn[dir] ?? [] }));
  const graph = moduleGraph(made);
  return statePlaces({ tree: made, graph, projects, environment: 'eph-x', state, hcl: parseHcl });
}

test('what Cairn keeps needs no place; a remote state gets a workspace named after the environment', async () => {
  const { places, problems } = await placesOf({ kept: '# root\n', app: S3 }, WORKSPACE);

  expect(problems).toEqual([]);
  expect(places.get('kept')).toMatchObject({ address: null, backendConfig: {}, read: null });
  expect(places.get('kept')?.project.workspace).toBe('default');
  expect(places.get('app')).toMatchObject({
    project: { workspace: 'eph-x' },
    address: { backend: 's3' },
    backendConfig: {},
    read: { type: 's3', config: { bucket: 'b', key: 'env:/eph-x/k' } },
  });
});

test('a key is filled in, tells what a partial configuration leaves open, and is what others read', async () => {
  const partial = backend('s3', '');
  const state = byKey({ bucket: 'sandbox', key: 'e/{environment}/{project}.tfstate' });

  const { places, problems } = await placesOf({ app: partial }, state);

  expect(problems).toEqual([]);
  expect(places.get('app')).toMatchObject({
    project: { workspace: 'default' },
    backendConfig: { bucket: 'sandbox', key: 'e/eph-x/app.tfstate' },
    read: { type: 's3', config: { bucket: 'sandbox', key: 'e/eph-x/app.tfstate' } },
  });
});

test.each([
  [
    'a service',
    backend('remote', 'organization = "o"'),
    WORKSPACE,
    'Leave app out with `ephemeral.projects`',
  ],
  ['no workspaces', backend('http', 'address = "https://s.test"'), WORKSPACE, 'has no workspaces'],
  [
    'an address that is not told',
    backend('s3', 'bucket = "b"'),
    WORKSPACE,
    'does not say where its state is',
  ],
  [
    'one told by an expression',
    backend('s3', 'bucket = "b"\nkey = "${local.x}"'),
    WORKSPACE,
    'does not say where',
  ],
  [
    'a key that all share',
    S3,
    byKey({ key: 'fixed', region: '{environment}' }),
    'one state for all ephemeral',
  ],
])('%s is refused, with what helps', async (_name, text, state, said) => {
  const { problems } = await placesOf({ app: text }, state);

  expect(problems).toEqual([expect.stringContaining(said)]);
});

test('a backend whose workspaces cannot be named to others is refused only where others depend on it', async () => {
  const gcs = backend('gcs', 'bucket = "b"');

  const alone = await placesOf({ network: gcs, app: '#\n' }, WORKSPACE);
  const read = await placesOf({ network: gcs, app: '#\n' }, WORKSPACE, { app: ['network'] });

  expect(alone.problems).toEqual([]);
  expect(read.problems).toEqual([
    expect.stringContaining('with a `prefix` under `ephemeral.backend_config`'),
  ]);
});

test.each([
  ['s3', { key: 'k', workspace_key_prefix: 'w' }, { key: 'w/eph-x/k' }],
  ['azurerm', { key: 'k' }, { key: 'kenv:eph-x' }],
  ['consul', { path: 'p' }, { path: 'p-env:eph-x' }],
  ['cos', { prefix: 'p', key: 'k' }, { prefix: 'p/eph-x', key: 'k' }],
  ['oss', { key: 'k' }, { key: 'k', prefix: 'env:/eph-x' }],
])('a workspace of %s is read as if it were the default one', (type, config, read) => {
  expect(inWorkspace({ type, config }, 'eph-x')).toEqual({ type, config: read });
});

test('a state that a root of a commit, a deployed project or a sibling has is named with its owner', async () => {
  const state = byKey({ key: '{environment}' });
  const { places } = await placesOf({ app: S3, web: S3 }, state);
  const key = places.get('app')?.address?.key ?? '';
  const record = { projects: { old: { address: key } } } as never;
  const one = new Map([...places].slice(0, 1));

  const beside = collisions(
    one,
    ownersOf([], {}, [{ environment: 'eph-y', applied: { web: { address: key } as never } }]),
  );
  const siblings = collisions(places, new Map());
  const deployed = collisions(one, ownersOf([], { prod: record, live: null }));
  const inFiles = collisions(
    one,
    ownersOf([{ addresses: new Map([['other', { backend: 's3', key }]]) }], {}),
  );

  expect(siblings).toEqual([expect.stringMatching(/^web: .* would be the one of app, .*`\{project\}`/)]);
  expect(deployed).toEqual([expect.stringContaining('would be the one of old of prod')]);
  expect(inFiles).toEqual([expect.stringContaining('would be the one of other')]);
  expect(beside).toEqual([expect.stringContaining('would be the one of web of eph-y')]);
});
