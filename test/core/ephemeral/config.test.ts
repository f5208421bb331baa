import { expect, test } from 'vitest';
import { defaultConfig, parseConfig } from '../../../core/config/config.ts';
import { ephemeralConfig, ephemeralPolicy, withEphemeral } from '../../../core/ephemeral/config.ts';

const BASE = parseConfig(`
environments:
  prod: { branch: main, rollback: automatic, removed: destroy }
projects:
  - dir: app
    secrets: { TOKEN: { plan: app-token } }
  - dir: web
    secrets: { TOKEN: { plan: web-token } }
guards: { max_destroy: 3 }
ephemeral:
  secrets: [web]
  variables: { size: small }
`);
const HEAD = parseConfig(`
environments: { prod: { branch: main } }
projects:
  - dir: app
    secrets: { TOKEN: { plan: stolen } }
guards: { max_destroy: 99 }
ephemeral: { approval: { required: true }, secrets: [app] }
`);

test('an environment more is made by what the default branch says', () => {
  const config = withEphemeral(HEAD, BASE, 'eph-x');

  expect(config.projects).toEqual(HEAD.projects);
  expect(config.environments['eph-x']).toMatchObject({
    approval: { required: false },
    rollback: 'off',
    removed: 'report',
    variables: { size: 'small' },
  });
});

test('guards are those of everything; secrets go to the projects that the default branch names', () => {
  const policy = ephemeralPolicy(BASE, 'eph-x');

  expect(policy.guards.maxDestroy).toBe(3);
  expect(policy.secrets).toEqual({ web: { TOKEN: { plan: 'web-token' } } });
});

test('where nothing is said of them it is said what to write, and where', () => {
  expect(() => ephemeralConfig(defaultConfig('main'), 'main')).toThrow(
    /cairn.yaml on main has no "ephemeral"/,
  );
  expect(() => ephemeralConfig(null, 'main')).toThrow(/ephemeral: \{ ttl: 8h \}/);
  expect(ephemeralConfig(BASE, 'main').ttl).toBe(8 * 3600);
});

test.each([
  ['{environment}/{project}.tfstate', true],
  ['{project}.{environment}', true],
  ['states/{environment}', true],
  ['{environment}-{project}', false],
  ['x/{project}{environment}', false],
  ['{environment}-and-{project}', false],
])('a key that could be that of another environment is refused: %s', (key, good) => {
  const text = `environments: { prod: { branch: main } }\nephemeral: { state: key, backend_config: { key: "${key}" } }\n`;

  if (good) expect(parseConfig(text).ephemeral?.state).toMatchObject({ kind: 'key' });
  else expect(() => parseConfig(text)).toThrow(/two environments could come to one state/);
});
