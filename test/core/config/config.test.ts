import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultConfig, parseConfig } from '../../../core/config/config.ts';
import { InvalidConfig } from '../../../core/errors.ts';
import { environmentName } from '../../../core/requests/request.ts';

function problems(text: string): string[] {
  try {
    parseConfig(text);
  } catch (error) {
    if (error instanceof InvalidConfig) return error.problems;
    throw error;
  }
  return [];
}

const FULL = `environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice, operator], not_author: true, within: 90m }
    rollback: automatic
    removed: destroy
    projects: [network, "data*"]
    variables: { region: eu-west-1, version: 1.10, flag: true, zones: [a, b] }
    verify: { output: app.url, path: /healthz, status: 204, attempts: 3, interval: 5s, timeout: 1m }
    build: { command: [./build.sh], dir: app/ }
projects:
  - dir: ./network/
    workspace: blue
    when_modified: ["shared/**"]
    secrets: { DB_PASSWORD: { plan: ro, apply: rw } }
  - dir: app
    name: app
    depends_on: [network@blue]
ignore: ["sandbox/**"]
guards: { max_destroy: 5, protected: ["aws_db_instance.*"] }
notifications: { slack: { channel: "#deploys" } }
`;

describe('parseConfig', () => {
  it('reads everything', () => {
    const config = parseConfig(FULL);

    expect(config).toMatchObject({
      file: 'cairn.yaml',
      discover: true,
      ignore: ['sandbox/**'],
      guards: { maxDestroy: 5, protected: ['aws_db_instance.*'] },
      notifications: { slack: { channel: '#deploys' } },
    });
    expect(config.environments['prod']).toMatchObject({
      branch: 'main',
      approval: { required: true, approvers: ['alice', 'operator'], notAuthor: true, within: 5400 },
      rollback: 'automatic',
      removed: 'destroy',
      variables: { region: 'eu-west-1', version: '1.10', flag: 'true', zones: '["a","b"]' },
      verify: {
        kind: 'output',
        project: 'app',
        output: 'url',
        path: '/healthz',
        status: 204,
        attempts: 3,
        interval: 5,
        timeout: 60,
      },
      build: { command: ['./build.sh'], dir: 'app', projects: null },
    });
    expect(
      config.projects.map(({ name, dir, workspace, named }) => ({ name, dir, workspace, named })),
    ).toEqual([
      { name: 'network@blue', dir: 'network', workspace: 'blue', named: false },
      { name: 'app', dir: 'app', workspace: 'default', named: true },
    ]);
    expect(config.projects[0]?.secrets).toEqual({ DB_PASSWORD: { plan: 'ro', apply: 'rw' } });
  });

  it('fills in careful defaults', () => {
    const config = parseConfig('environments: { prod: { branch: main } }');

    expect(config.environments['prod']).toEqual({
      branch: 'main',
      approval: { required: true, approvers: [], notAuthor: false, within: 86_400 },
      rollback: 'manual',
      removed: 'report',
      projects: null,
      variables: {},
      verify: null,
      build: null,
      whileFrozen: 'refuse',
      drift: null,
    });
  });

  it('reports all problems at once, each with its place, in the order of the file', () => {
    const found = problems(`environments:
  prod:
    branch: main
    aproval: { required: true }
    rollback: automatik
projects:
  - dir: ../outside
  - {}
colour: red
`);

    expect(found).toEqual([
      'cairn.yaml:4:5: environments.prod: unknown key "aproval", did you mean "approval"?',
      'cairn.yaml:5:5: environments.prod.rollback: must be one of automatic, manual, off, did you mean "automatic"?',
      'cairn.yaml:7:5: projects[0].dir: a directory is written from the repository root, without "..", a leading "/" or a leading "-"',
      'cairn.yaml:8:5: projects[1].dir: is missing; it is text',
      'cairn.yaml:9:1: unknown key "colour"; known are environments, projects, discover, ignore, guards, ephemeral, commands, notifications',
    ]);
  });

  it.each([
    ['a duration without a unit', 'approval: { within: "24" }', /approval\.within: a duration is/],
    ['a duration that is a number', 'approval: { within: 24 }', /must be text, not the number 24/],
    ['a negative duration', 'approval: { within: "-1h" }', /a duration is/],
    ['a duration of nothing', 'approval: { within: "0s" }', /a duration is/],
    [
      'an approval that outlives its plan',
      'approval: { within: 8d }',
      /within: an approval waits 7 days at most/,
    ],
    ['one that outlives it by an hour', 'approval: { within: 169h }', /is deleted then/],
    ['two ways to verify', 'verify: { url: "http://a", command: [x] }', /give exactly one of/],
    ['no way to verify', 'verify: { attempts: 3 }', /give exactly one of/],
    [
      'a status for a command',
      'verify: { command: [x], status: 200 }',
      /"status" goes with url or output only/,
    ],
    ['a URL of another kind', 'verify: { url: "file:///etc/passwd" }', /starts with http/],
    ['a command as one line', 'build: { command: "make all" }', /must be a list/],
    ['an empty variable', 'variables: { x: }', /a value is a text/],
    ['a variable of Cairn', 'variables: { cairn_state: x }', /set by Cairn itself/],
    ['a login that is none', 'approval: { approvers: ["a b"] }', /not a login/],
  ])('refuses %s', (_, text, expected) => {
    const [problem] = problems(`environments:\n  prod:\n    branch: main\n    ${text}\n`);

    expect(problem).toMatch(/^cairn\.yaml:4:\d+: environments\.prod\./);
    expect(problem).toMatch(expected);
  });

  it.each(['Large', '2x', 'x-large', 'a'.repeat(17), ''])('refuses the size %j', (size) => {
    const [problem] = problems(
      `environments: { p: { branch: m } }\nprojects:\n  - dir: a\n    size: ${JSON.stringify(size)}\n`,
    );

    expect(problem).toMatch(/^cairn\.yaml:4:5: projects\[0\]\.size: a size is /);
  });

  it.each(['../x', 'a/../b', '/etc', '-rf', 'C:\\x', 'a\\b', '', 'a\nb'])('refuses the folder %j', (dir) => {
    const [problem] = problems(
      `environments: { p: { branch: m } }\nprojects:\n  - dir: ${JSON.stringify(dir)}\n`,
    );

    expect(problem).toMatch(/^cairn\.yaml:3:5: projects\[0\]\.dir: /);
  });

  it.each(['cairn/x', 'Cairn/x', '--upload-pack=x', 'a..b', 'a b'])('refuses the branch %j', (branch) => {
    const [problem] = problems(`environments:\n  p:\n    branch: ${JSON.stringify(branch)}\n`);

    expect(problem).toMatch(/^cairn\.yaml:3:5: environments\.p\.branch: /);
  });

  it.each(['eph-x', 'ephemeral', 'constructor'])('refuses the environment %j', (name) => {
    expect(problems(`environments: { ${name}: { branch: main } }\n`)).toHaveLength(1);
  });

  it.each(['PATH', 'LD_PRELOAD', 'TF_CLI_ARGS', 'TF_CLI_CONFIG_FILE', 'CAIRN_OUTPUT', 'NODE_OPTIONS'])(
    'refuses the secret %s, which changes how the job runs',
    (name) => {
      const text = `environments: { p: { branch: m } }\nprojects:\n  - dir: a\n    secrets: { ${name}: { plan: x } }\n`;

      expect(problems(text)[0]).toMatch(/^cairn\.yaml:4:16: .*would change how the job itself runs$/);
    },
  );

  it('refuses a name that leads out of where the states of its environment are', () => {
    const named = (name: string) =>
      problems(`environments: { prod: { branch: main } }\nprojects: [{ dir: app, name: "${name}" }]\n`);

    expect(named('a/../../prod/network')).toEqual([
      expect.stringContaining('a project name has no ".." between its "/"'),
    ]);
    expect(named('a/..')).toHaveLength(1);
    expect(named('a..b/c.d')).toEqual([]);
  });

  it('names both of two projects with one name, and the circle of depends_on', () => {
    const found = problems(`environments: { p: { branch: m } }
projects:
  - { dir: a, depends_on: [b] }
  - { dir: b, depends_on: [c] }
  - { dir: c, depends_on: [b] }
  - { dir: d, name: a }
`);

    expect(found).toEqual([
      'cairn.yaml:6:5: projects[3]: has the same name as cairn.yaml:3:5: projects[0]: a',
      'cairn.yaml:4:5: projects[1]: depends_on goes in a circle: b -> c -> b',
    ]);
  });

  it('knows all names without discovery', () => {
    const found = problems(
      'environments: { p: { branch: m, projects: [app, nope] } }\ndiscover: false\nprojects:\n  - { dir: app, depends_on: [netwrk] }\n  - { dir: network }\n',
    );

    expect(found).toEqual([
      'cairn.yaml:4:30: projects[0].depends_on[0]: there is no project "netwrk", did you mean "network"?',
      'cairn.yaml:1:49: environments.p.projects[1]: there is no project "nope"; there are app, network',
    ]);
  });

  it('says where YAML itself is wrong', () => {
    expect(problems('environments:\n  p: [\n')[0]).toMatch(/^cairn\.yaml:\d+:\d+: /);
    expect(problems('a: 1\na: 2\n')[0]).toMatch(/^cairn\.yaml:2:1: Map keys must be unique/);
    expect(problems('')).toEqual(['cairn.yaml:1:1: environments: is missing; it is a map of keys']);
    expect(problems('environments: {}')[0]).toContain('name at least one environment');
  });

  it('does not unfold aliases without end', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 0; i < 8; i++) {
      const from = String.fromCharCode(97 + i);
      bomb.push(
        `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${`*${from}, `.repeat(9)}*${from}]`,
      );
    }

    expect(problems(bomb.join('\n'))[0]).toMatch(/alias/i);
  });

  it('answers anything with a configuration or with problems that have a place', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), mangled()), (text) => {
        for (const problem of problems(text))
          expect(problem).toMatch(/^cairn\.yaml:\d+:\d+: |^cairn\.yaml: /);
      }),
      { numRuns: 300 },
    );
  });
});

/** The full file with a piece taken out. */
function mangled(): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(FULL.length), fc.nat(20), fc.string({ maxLength: 5 }))
    .map(([at, length, put]) => FULL.slice(0, at) + put + FULL.slice(at + length));
}

describe('defaultConfig', () => {
  it('makes one environment after the default branch, with approval', () => {
    const config = defaultConfig('Release/Next');

    expect(Object.keys(config.environments)).toEqual(['release-next']);
    expect(config.environments['release-next']).toMatchObject({
      branch: 'Release/Next',
      approval: { required: true },
      rollback: 'manual',
      removed: 'report',
      projects: null,
    });
  });

  it('always gives a name that an environment can have', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (branch) => {
        expect(environmentName.safeParse(Object.keys(defaultConfig(branch).environments)[0]).success).toBe(
          true,
        );
      }),
    );
  });
});
