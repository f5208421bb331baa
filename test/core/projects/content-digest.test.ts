import { describe, expect, it } from 'vitest';
import { contentDigest } from '../../../core/projects/content-digest.ts';
import { moduleGraph } from '../../../core/projects/module-graph.ts';
import type { Project } from '../../../core/projects/project.ts';
import { filesOf } from '../../../core/projects/project-files.ts';
import { ROOT, tree } from './trees.ts';

const FILES = {
  'a/main.tf': `${ROOT}module "m" {\n  source = "../modules/x"\n}\nlocals {\n  v = file("../data/in.json")\n}\n`,
  'a/.terraform.lock.hcl': 'provider "x" {}',
  'a/inner/main.tf': ROOT,
  'b/main.tf': ROOT,
  'data/in.json': '1',
  'modules/x/main.tf': '',
  'modules/x/t/a.tpl': '1',
  'extra.sh': '1',
  'cairn.yaml': '',
};
const PROJECT: Project = {
  name: 'a',
  dir: 'a',
  workspace: 'default',
  dependsOn: ['net'],
  whenModified: ['*.sh'],
  variables: {},
  secrets: { T: { plan: 'p' } },
  size: 'standard',
};

function digest(
  files: Record<string, string> = {},
  more: Partial<Parameters<typeof contentDigest>[0]> = {},
): string {
  const graph = moduleGraph(tree({ ...FILES, ...files }));
  const fixed = {
    terraform: 'terraform 1.11.4',
    environment: 'prod',
    variables: { x: '1', y: '2' },
    deployments: { a: 1, net: 2 },
  };
  return contentDigest({ project: PROJECT, graph, ...fixed, ...more });
}

describe('contentDigest', () => {
  it.each([
    'a/main.tf',
    'a/.terraform.lock.hcl',
    'data/in.json',
    'modules/x/main.tf',
    'modules/x/t/a.tpl',
    'modules/x/new.tf',
    'extra.sh',
  ])('changes with %s', (path) => {
    expect(digest({ [path]: '# new' })).not.toBe(digest());
  });

  it.each(['b/main.tf', 'a/inner/main.tf', 'readme.md', 'cairn.yaml'])('does not change with %s', (path) => {
    expect(digest({ [path]: '# new' })).toBe(digest());
  });

  it.each([
    { terraform: 'tofu 1.9.0' },
    { environment: 'test' },
    { variables: { x: '1', y: '3' } },
    { deployments: { a: 2, net: 2 } },
    { deployments: { a: 1, net: 3 } },
    { project: { ...PROJECT, workspace: 'dev' } },
    { project: { ...PROJECT, secrets: { T: { plan: 'q' } } } },
  ])('changes with %j', (more) => {
    expect(digest({}, more)).not.toBe(digest());
  });

  it('does not heed the order of variables, nor deployments of others', () => {
    expect(digest({}, { variables: { y: '2', x: '1' }, deployments: { other: 9, net: 2, a: 1 } })).toBe(
      digest(),
    );
  });
});

describe('filesOf', () => {
  it('has the files of a root and of all that it reads, links and their targets too', () => {
    const files = filesOf(tree({ ...FILES, 'a/link.tf': '-> ../shared/x.tf', 'shared/x.tf': '' }), 'a');

    expect(files).toEqual([
      'a/.terraform.lock.hcl',
      'a/link.tf',
      'a/main.tf',
      'data/in.json',
      'modules/x/main.tf',
      'modules/x/t/a.tpl',
      'shared/x.tf',
    ]);
  });
});
