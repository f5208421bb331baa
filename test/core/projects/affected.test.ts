import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHcl } from '../../../adapters/hcl.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { affectedProjects } from '../../../core/projects/affected.ts';
import { affected, affectedNames, ROOT, tree } from './trees.ts';

const uses = (source: string) => `${ROOT}module "m" {\n  source = "${source}"\n}\n`;

describe('affectedProjects, what peers miss', () => {
  it('sees a file below the folder of a module', async () => {
    const base = {
      'a/main.tf': uses('../modules/x'),
      'b/main.tf': ROOT,
      'modules/x/main.tf': '',
      'modules/x/templates/a.tpl': '1',
    };

    const names = await affectedNames(base, { 'modules/x/templates/a.tpl': '2' });

    expect(names).toEqual(['a']);
  });

  it('sees a library that is not below modules/', async () => {
    const base = { 'a/main.tf': uses('../lib/vpc'), 'b/main.tf': ROOT, 'lib/vpc/main.tf': '' };

    const names = await affectedNames(base, { 'lib/vpc/main.tf': '# new' });

    expect(names).toEqual(['a']);
  });

  it('goes through modules of modules', async () => {
    const base = {
      'a/main.tf': uses('../modules/x'),
      'b/main.tf': ROOT,
      'modules/x/main.tf': uses('../y'),
      'modules/y/main.tf': '',
    };

    const names = await affectedNames(base, { 'modules/y/main.tf': '# new' });

    expect(names).toEqual(['a']);
  });

  it('reads .tofu and .tf.json', async () => {
    const base = {
      'a/main.tofu': uses('../modules/x'),
      'b/main.tf.json': JSON.stringify({ module: { m: { source: '../modules/x' } } }),
      'c/main.tf': ROOT,
      'modules/x/main.tofu': '',
    };

    const names = await affectedNames(base, { 'modules/x/main.tofu': '# new' });

    expect(names).toEqual(['a', 'b']);
  });

  it('follows links inside of the checkout: files, folders, and what is behind them', async () => {
    const base = {
      'a/main.tf': '-> ../shared/main.tf',
      'b/main.tf': ROOT,
      'b/files': '-> ../shared/files',
      'c/main.tf': uses('../link'),
      'd/main.tf': ROOT,
      link: '-> lib/x',
      'lib/x/main.tf': '',
      'shared/main.tf': ROOT,
      'shared/files/one.txt': '1',
    };

    const file = await affectedNames(base, { 'shared/main.tf': `${ROOT}# new` });
    const folder = await affectedNames(base, { 'shared/files/one.txt': '2' });
    const module = await affectedNames(base, { 'lib/x/main.tf': '# new' });

    expect(file).toContain('a');
    expect(file).not.toContain('b');
    expect(folder).toContain('b');
    expect(folder).not.toContain('d');
    expect(module).toEqual(['c']);
  });

  it.each([
    ['file("${path.module}/../data/a.json")', 'data/a.json'],
    ['templatefile("../data/a.json", { x = 1 })', 'data/a.json'],
    ['fileset("${path.module}/../data", "*.json")', 'data/new.json'],
    ['file("${path.module}/../data/${var.name}.json")', 'data/other.json'],
  ])('sees the input of %s', async (expression, path) => {
    const base = {
      'a/main.tf': `${ROOT}locals {\n  v = ${expression}\n}\n`,
      'b/main.tf': ROOT,
      'data/a.json': '1',
    };

    const names = await affectedNames(base, { [path]: '2' });

    expect(names).toEqual(['a']);
  });

  it('resolves a path without path.module from the root that uses the module', async () => {
    const base = {
      'a/main.tf': uses('../modules/x'),
      'b/main.tf': ROOT,
      'data.json': '1',
      'modules/x/main.tf': 'locals {\n  v = file("../data.json")\n}\n',
    };

    const names = await affectedNames(base, { 'data.json': '2' });

    expect(names).toEqual(['a']);
  });

  it('heeds .tfvars that roots below share, and pinned versions', async () => {
    const base = {
      'live/a/main.tf': ROOT,
      'live/b/main.tf': ROOT,
      'other/main.tf': ROOT,
      'live/common.tfvars': 'x = 1',
    };

    const values = await affectedNames(base, { 'live/common.tfvars': 'x = 2' });
    const version = await affectedNames(base, { '.terraform-version': '1.11.4' });

    expect(values).toEqual(['live/a', 'live/b']);
    expect(version).toEqual(['live/a', 'live/b', 'other']);
  });

  it('plans the roots that use a module which does not parse', async () => {
    const base = {
      'a/main.tf': uses('../modules/x'),
      'b/main.tf': ROOT,
      'modules/x/main.tf': uses('../y'),
      'modules/y/main.tf': '',
    };

    const breaking = await affected(base, { 'modules/x/main.tf': 'module "m" {\n  source = "../y"\n' });
    const broken = { ...base, 'modules/x/main.tf': 'module "m" {\n  source = join("", [\n' };
    const later = await affectedNames(
      { ...broken, 'c/main.tf': uses('../modules/y') },
      { 'modules/y/main.tf': '# new' },
    );

    expect(breaking.projects.map((p) => p.name)).toEqual(['a']);
    expect(later).toEqual(['a', 'c']);
  });

  it('reports a root that was removed', async () => {
    const base = {
      'a/main.tf': ROOT,
      'b/main.tf': 'resource "terraform_data" "other" {\n  input = "something else"\n}\n',
    };

    const result = await affected(base, { 'b/main.tf': null });

    expect(result.projects).toEqual([]);
    expect(result.removed.map((project) => project.name)).toEqual(['b']);
  });

  it('sees the roots of a module that was removed', async () => {
    const base = { 'a/main.tf': uses('../modules/x'), 'b/main.tf': ROOT, 'modules/x/main.tf': '' };

    const names = await affectedNames(base, { 'modules/x/main.tf': null });

    expect(names).toEqual(['a']);
  });

  it('takes more than 3,000 changed files', async () => {
    const base: Record<string, string> = { 'a/main.tf': ROOT, 'b/main.tf': ROOT };
    const change: Record<string, string> = { 'b/main.tf': `${ROOT}# new` };
    for (let i = 0; i < 4000; i++) change[`docs/${i}.md`] = String(i);

    const names = await affectedNames(base, change);

    expect(names).toEqual(['b']);
  });
});

describe('affectedProjects', () => {
  it('takes everything on a first deployment', async () => {
    const result = await affectedProjects({
      base: null,
      head: tree({ 'a/main.tf': ROOT }),
      config: defaultConfig('main'),
      environment: 'main',
      hcl: parseHcl,
    });

    expect(result.projects.map((p) => [p.name, p.reasons])).toEqual([['a', ['first deployment']]]);
  });

  it('adds what depends on an affected project, and says why', async () => {
    const config =
      'environments: { main: { branch: main } }\nprojects:\n  - { dir: data, depends_on: [network] }\n  - { dir: app, depends_on: [data] }\n';
    const base = {
      'cairn.yaml': config,
      'network/main.tf': ROOT,
      'data/main.tf': ROOT,
      'app/main.tf': ROOT,
      'other/main.tf': ROOT,
    };

    const { projects } = await affected(base, { 'network/main.tf': `${ROOT}# new` });

    expect(projects.map((p) => [p.name, p.direct, p.reasons])).toEqual([
      ['app', false, ['depends on data']],
      ['data', false, ['depends on network']],
      ['network', true, ['network/main.tf changed']],
    ]);
  });

  it.each([
    ['its variables', '{ dir: a, variables: { x: "2" } }', ['a']],
    ['its workspace', '{ dir: a, name: a, workspace: dev }', ['a']],
    ['something else', '{ dir: a, name: a }\nguards: { max_destroy: 3 }', []],
  ])('takes %s in cairn.yaml for what it is', async (_, project, expected) => {
    const file = (text: string) => `environments: { main: { branch: main } }\nprojects:\n  - ${text}\n`;
    const base = { 'cairn.yaml': file('{ dir: a }'), 'a/main.tf': ROOT, 'main.tf': ROOT };

    const names = await affectedNames(base, { 'cairn.yaml': file(project) });

    expect(names).toEqual(expected);
  });

  it('plans every project of the environment when a variable of the environment changes', async () => {
    const file = (x: string) =>
      `environments: { main: { branch: main, variables: { x: "${x}" }, projects: [a] } }\n`;
    const base = { 'cairn.yaml': file('1'), 'a/main.tf': ROOT, 'b/main.tf': ROOT };

    const names = await affectedNames(base, { 'cairn.yaml': file('2') });

    expect(names).toEqual(['a']);
  });

  it('heeds when_modified, and the folder of a build', async () => {
    const config = `environments:
  main: { branch: main, build: { command: [./build.sh], dir: src, projects: [b] } }
projects:
  - { dir: a, when_modified: ["shared/**"] }
`;
    const base = {
      'cairn.yaml': config,
      'a/main.tf': ROOT,
      'b/main.tf': ROOT,
      'c/main.tf': ROOT,
      'src/app.js': '1',
      'shared/x.yaml': '1',
    };

    const shared = await affectedNames(base, { 'shared/x.yaml': '2' });
    const source = await affectedNames(base, { 'src/app.js': '2' });

    expect(shared).toEqual(['a']);
    expect(source).toEqual(['b']);
  });

  it('leaves a root alone when another root below its folder changes', async () => {
    const base = { 'a/main.tf': ROOT, 'a/inner/main.tf': ROOT };

    const names = await affectedNames(base, { 'a/inner/main.tf': `${ROOT}# new` });

    expect(names).toEqual(['a/inner']);
  });

  it('refuses two roots with one state address, naming both', async () => {
    const backend = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key    = "k" # same\n  }\n}\n';
    const base = { 'a/main.tf': backend };

    const both = affected(base, { 'b/main.tf': `${backend}provider "x" {}\n` });

    await expect(both).rejects.toThrow(/projects a and b keep their state at one address/);
  });

  it('is monotone: who changes more affects no less', async () => {
    const base = {
      'a/main.tf': uses('../modules/x'),
      'b/main.tf': uses('../modules/y'),
      'c/main.tf': ROOT,
      'modules/x/main.tf': uses('../y'),
      'modules/y/main.tf': '',
      'modules/y/a.tpl': '1',
      'common.tfvars': '',
    };
    const paths = fc.uniqueArray(fc.constantFrom(...Object.keys(base), 'c/new.tf', 'd/main.tf', 'readme.md'));

    await fc.assert(
      fc.asyncProperty(paths, paths, async (some, more) => {
        const change = (list: string[]) =>
          Object.fromEntries(list.map((path) => [path, `${ROOT}# changed\n`]));

        const few = await affectedNames(base, change(some));
        const many = await affectedNames(base, change([...some, ...more]));

        // A module that is no longer called (its caller's text was replaced) may become a root of its own.
        expect(many).toEqual(expect.arrayContaining(few.filter((name) => 'abcd'.includes(name))));
      }),
      { numRuns: 60 },
    );
  });
});
