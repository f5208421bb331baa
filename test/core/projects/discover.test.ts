import { describe, expect, it } from 'vitest';
import { defaultConfig, parseConfig } from '../../../core/config/config.ts';
import { discoverRoots, projectsOf } from '../../../core/projects/discover.ts';
import { ROOT, tree } from './trees.ts';

const names = (files: Record<string, string>, config = defaultConfig('main')) =>
  discoverRoots(tree(files), config).map((project) => project.name);
const uses = (source: string) => `module "m" {\n  source = "${source}"\n}\n`;
const BACKEND = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n';
const configured = (text: string) => parseConfig(`environments: { main: { branch: main } }\n${text}`);

describe('discoverRoots', () => {
  it('takes folders with Terraform files that nobody calls', () => {
    const found = names({
      'main.tf': ROOT,
      'a/main.tf': uses('../lib/x'),
      'b/main.tofu': ROOT,
      'c/main.tf.json': '{}',
      'lib/x/main.tf': '',
      'docs/readme.md': '',
      'a/.terraform/modules/x/main.tf': ROOT,
    });

    expect(found).toEqual(['.', 'a', 'b', 'c']);
  });

  it('finds nothing in a repository of modules', () => {
    const found = names({
      'modules/x/main.tf': ROOT,
      'modules/x/examples/basic/main.tf': `${BACKEND}${uses('../..')}`,
      'modules/y/main.tf': '',
    });

    expect(found).toEqual([]);
  });

  it('leaves out the parts and samples of a library, wherever it is', () => {
    const found = names({
      'a/main.tf': `${ROOT}${uses('../lib/x')}`,
      'lib/x/main.tf': '',
      'lib/x/inner/main.tf': '',
      'lib/x/examples/basic/main.tf': `${ROOT}${uses('../..')}`,
    });

    expect(found).toEqual(['a']);
  });

  it('keeps a root that only its own tests call', () => {
    const found = names({ 'a/main.tf': ROOT, 'a/tests/setup/main.tf': uses('../..') });

    expect(found).toContain('a');
  });

  it('reads which modules tests call', () => {
    const found = names({
      'a/main.tf': ROOT,
      'a/tests/x.tftest.hcl': 'run "setup" {\n  module {\n    source = "./tests/setup"\n  }\n}\n',
      'a/tests/setup/main.tf': '',
    });

    expect(found).toEqual(['a']);
  });

  it('takes a folder below modules/ that says where its state is kept', () => {
    const found = names({ 'modules/x/main.tf': BACKEND });

    expect(found).toEqual(['modules/x']);
  });

  it('does not take a new library beside others for a root', () => {
    const found = names({
      'a/main.tf': `${ROOT}${uses('../lib/x')}`,
      'lib/x/main.tf': 'variable "v" {}\n',
      'lib/new/main.tf': 'variable "v" {}\n',
      'lib/live/main.tf': 'variable "v" {\n  default = 1\n}\n',
    });

    expect(found).toEqual(['a', 'lib/live']);
  });

  it('adds listed projects, refines found ones and ignores what it is told to', () => {
    const config = configured(`ignore: ["sandbox"]
projects:
  - { dir: a, workspace: dev }
  - { dir: a, workspace: prod, depends_on: [b] }
  - { dir: modules/x, name: x }
`);
    const files = {
      'a/main.tf': ROOT,
      'b/main.tf': ROOT,
      'modules/x/main.tf': '',
      'sandbox/deep/main.tf': ROOT,
    };

    const found = discoverRoots(tree(files), config);

    expect(found.map((p) => [p.name, p.dir, p.workspace])).toEqual([
      ['a@dev', 'a', 'dev'],
      ['a@prod', 'a', 'prod'],
      ['b', 'b', 'default'],
      ['x', 'modules/x', 'default'],
    ]);
  });

  it('takes only listed ones without discovery', () => {
    const found = names(
      { 'a/main.tf': ROOT, 'b/main.tf': ROOT },
      configured('discover: false\nprojects:\n  - { dir: b }\n'),
    );

    expect(found).toEqual(['b']);
  });

  it('says where a name stands that nothing has', () => {
    const config = parseConfig(
      'environments:\n  main:\n    branch: main\n    projects: [netwrk, "b*"]\nprojects:\n  - dir: network\n    depends_on: [dta]\n  - dir: gone\n',
    );
    const find = () => names({ 'network/main.tf': ROOT, 'data/main.tf': ROOT }, config);

    expect(find).toThrow(/^cairn\.yaml:8:5: projects\[1\]\.dir: there are no Terraform files in gone/);
    expect(find).toThrow(
      /cairn\.yaml:7:18: projects\[0\]\.depends_on\[0\]: there is no project "dta", did you mean "data"\?/,
    );
    expect(find).toThrow(
      /cairn\.yaml:4:16: environments\.main\.projects\[0\]: there is no project "netwrk", did you mean "network"\?/,
    );
  });

  it.each(['constructor', '__proto__', 'toString'])('refuses %s, which every object has already', (dir) => {
    expect(() => names({ [`${dir}/main.tf`]: ROOT })).toThrow(`give ${dir} another "name" under "projects"`);
  });

  it('refuses a folder that a command would take for a flag', () => {
    expect(() => names({ '-chdir=x/main.tf': ROOT })).toThrow(/starts with "-"/);
  });
});

describe('projectsOf', () => {
  it('chooses by name and glob, and adds the variables of the environment', () => {
    const config = parseConfig(
      'environments:\n  main:\n    branch: main\n    projects: [a, "live/**"]\n    variables: { x: 1, y: 1 }\nprojects:\n  - { dir: a, variables: { y: 2 } }\n',
    );
    const all = discoverRoots(
      tree({ 'a/main.tf': ROOT, 'b/main.tf': ROOT, 'live/eu/main.tf': ROOT }),
      config,
    );

    const chosen = projectsOf(config, 'main', all);

    expect(chosen.map((p) => [p.name, p.variables])).toEqual([
      ['a', { x: '1', y: '2' }],
      ['live/eu', { x: '1', y: '1' }],
    ]);
  });
});
