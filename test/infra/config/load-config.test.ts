import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidConfig } from '../../../core/errors.ts';
import { loadInfraConfig, parseInfraConfig } from '../../../infra/config/load-config.ts';
import { configOf } from '../../support/infra.ts';

const ROLE = 'arn:aws:iam::222222222222:role';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret';
const KEY = 'arn:aws:kms:eu-west-1:111111111111:key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
const IMAGES = 'arn:aws:ecr:eu-west-1:111111111111:repository';

/** A file with one repository, whose environments are given, one a line. */
function file(environments: string, more = ''): string {
  return `account: "111111111111"
region: eu-west-1
github: { app_id: "1" }
${more.includes('terraform') || more.includes('opentofu') ? '' : 'terraform: [1.11.4]\n'}${more}
repositories:
  acme/infra:
    environments:
${environments.replace(/^/gm, '      ')}
`;
}

function problemsOf(text: string): string {
  try {
    parseInfraConfig(text);
    return 'none';
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return error.problems.join('\n');
  }
}

describe('cairn.infra.yaml', () => {
  it('fills in what the least one leaves out', () => {
    const config = configOf('minimal');

    expect(config).toEqual({
      file: 'minimal.yaml',
      account: '123456789012',
      region: 'eu-west-1',
      github: { appId: '12345', url: 'https://api.github.com' },
      slack: false,
      repositories: [
        {
          name: 'acme/infra',
          environments: [
            {
              name: 'prod',
              account: '123456789012',
              planRole: null,
              applyRole: null,
              externalId: 'cairn:acme/infra:prod',
              size: 'standard',
              build: false,
              pushTo: [],
              secrets: { plan: [], apply: [], keys: [] },
            },
          ],
          ephemeral: null,
          actions: null,
        },
      ],
      binaries: [{ name: 'terraform', version: '1.11.4' }],
      providerMirror: {},
      architecture: 'arm64',
      sizes: { standard: { cpu: 1, memory: 2048, disk: 21 } },
      network: null,
      retention: { plans: 7, logs: 90 },
      tags: {},
      permissionBoundary: null,
      alarmTopic: null,
      actionsProvider: null,
      dashboard: false,
      warnings: [],
    });
  });

  it('takes everything that there is', () => {
    const config = configOf('full');

    expect(config.repositories[0]?.environments[1]).toEqual({
      name: 'prod',
      account: '345678901234',
      planRole: 'arn:aws:iam::345678901234:role/cairn-plan-prod',
      applyRole: 'arn:aws:iam::345678901234:role/cairn/cairn-apply-prod',
      externalId: 'prod-4711',
      size: 'standard',
      build: true,
      pushTo: ['arn:aws:ecr:eu-central-1:345678901234:repository/acme/app'],
      secrets: {
        plan: ['arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/datadog-AbCdEf'],
        apply: [
          'arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/datadog-AbCdEf',
          'arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/cloudflare-GhIjKl',
        ],
        keys: ['arn:aws:kms:eu-central-1:123456789012:key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0'],
      },
    });
    expect(config.repositories[0]?.ephemeral).toEqual({
      name: 'ephemeral',
      account: '456789012345',
      planRole: 'arn:aws:iam::456789012345:role/cairn-plan-ephemeral',
      applyRole: 'arn:aws:iam::456789012345:role/cairn-apply-ephemeral',
      externalId: 'cairn:acme/infra:ephemeral',
      size: 'small',
      build: true,
      pushTo: ['arn:aws:ecr:eu-central-1:456789012345:repository/acme/trial'],
      secrets: {
        plan: [],
        apply: ['arn:aws:secretsmanager:eu-central-1:123456789012:secret:acme/sandbox-JkLmNo'],
        keys: [],
      },
    });
    expect(config.repositories[0]?.actions?.commands).toEqual(['plan', 'deploy', 'drift']);
    expect(config.binaries).toEqual([
      { name: 'tofu', version: '1.10.6' },
      { name: 'tofu', version: '1.9.4' },
    ]);
    expect(Object.keys(config.sizes)).toEqual(['standard', 'small', 'large']);
    expect(config.network).toEqual({
      vpc: 'vpc-0123456789abcdef0',
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      securityGroups: ['sg-0123456789abcdef0'],
      publicIp: false,
    });
  });

  it('lets GitHub Actions ask for what an approval or an end stands behind, unless it says more', () => {
    const actions = 'acme/web: { environments: { prod: {} }, actions: { branches: [main] } }';

    const { repositories } = parseInfraConfig(`${file('prod: {}')}  ${actions}\n`);

    expect(repositories[1]?.actions?.commands).toEqual(['plan', 'deploy', 'ephemeral', 'extend', 'destroy']);
  });

  it('keeps names that are made of digits as they were written', () => {
    const config = parseInfraConfig(
      file('prod: {}').replace('"111111111111"', '012345678901').replace('"1"', '123'),
    );

    expect(config.account).toBe('012345678901');
    expect(config.github.appId).toBe('123');
  });

  it('warns of a plan role that two environments share', () => {
    const { warnings } = parseInfraConfig(
      file(`staging: { plan_role: "${ROLE}/plan" }\nprod: { plan_role: "${ROLE}/plan" }`),
    );

    expect(warnings).toEqual([
      expect.stringMatching(
        /^cairn\.infra\.yaml:10:15: repositories\.acme\/infra\.environments\.prod\.plan_role: is the plan role of acme\/infra staging too/,
      ),
    ]);
  });
});

describe('what is refused, with its place', () => {
  it.each<[string, string, RegExp]>([
    [
      'a key that is not there',
      file('prod: { plan_rol: x }'),
      /:9:15: .*prod: unknown key "plan_rol", did you mean "plan_role"\?$/,
    ],
    ['an account that is none', file('prod: { account: "12" }'), /:9:15: .*an AWS account is 12 digits/],
    ['a role that is none', file('prod: { plan_role: admin }'), /:9:15: .*not the ARN of a role/],
    [
      'a repository without an owner',
      file('prod: {}').replace('acme/infra', 'infra'),
      /:7:3: .*write it owner\/name/,
    ],
    ['no environment', file('{}'), /name at least one/],
    ['no region', file('prod: {}').replace('region: eu-west-1\n', ''), /region: is missing; it is text/],
    ['no version', file('prod: {}', 'opentofu: []'), /names no version for jobs to use/],
    [
      'a version twice',
      file('prod: {}', 'terraform: [1.11.4, 1.11.4]'),
      /:4:\d+: terraform\[1\]: 1\.11\.4 stands there already/,
    ],
    [
      'memory that Fargate lacks',
      file('prod: {}', 'sizes: { big: { cpu: 1, memory: 512 } }'),
      /sizes\.big\.memory: Fargate offers 2048 to 8192 MB with 1 vCPU/,
    ],
    [
      'a size that is not there',
      file('prod: { size: standart }'),
      /:9:15: .*prod\.size: there is no size "standart", did you mean "standard"\?/,
    ],
    [
      'a short life of plans',
      file('prod: {}', 'retention: { plans: 3 }'),
      /retention\.plans: an approval may wait 7 days/,
    ],
    [
      'days that CloudWatch lacks',
      file('prod: {}', 'retention: { logs: 100 }'),
      /retention\.logs: must be one of 30, 60/,
    ],
    [
      'one role for plans and applies',
      file(`prod: { plan_role: "${ROLE}/a", apply_role: "${ROLE}/a" }`),
      /apply_role: is assumed by its own plans too/,
    ],
    [
      "another environment's plan role",
      file(`dev: { plan_role: "${ROLE}/a" }\nprod: { apply_role: "${ROLE}/a" }`),
      /:10:15: .*prod\.apply_role: is assumed by plans of acme\/infra dev too/,
    ],
    [
      'one apply role for two',
      file(`dev: { apply_role: "${ROLE}/a" }\nprod: { apply_role: "${ROLE}/a" }`),
      /:10:15: .*prod\.apply_role: is the apply role of acme\/infra dev too/,
    ],
    [
      'a role of another account',
      file(`prod: { account: "333333333333", plan_role: "${ROLE}/a" }`),
      /plan_role: is a role of account 222222222222, not of 333333333333 as "account: 333333333333" says/,
    ],
    [
      'roles of two accounts',
      file(`prod: { plan_role: "${ROLE}/a", apply_role: "arn:aws:iam::333333333333:role/b" }`),
      /apply_role: is a role of account 333333333333, not of 222222222222 as the other role/,
    ],
    [
      "Cairn's own secret",
      file(`prod: { secrets: { plan: ["${SECRET}:cairn/github-AbCdEf"] } }`),
      /cairn\/github-AbCdEf is a secret of Cairn itself/,
    ],
    [
      'a secret of another region',
      file('prod: { secrets: { apply: ["arn:aws:secretsmanager:us-east-1:111111111111:secret:a-AbCdEf"] } }'),
      /secrets\.apply: is in us-east-1, but jobs read secrets of eu-west-1/,
    ],
    [
      'the name of a key',
      file('prod: { secrets: { keys: ["arn:aws:kms:eu-west-1:111111111111:alias/registry"] } }'),
      /secrets\.keys\[0\]: .*not the ARN of a KMS key; that of an alias is none/,
    ],
    [
      'a key of no secret',
      file(`prod: { secrets: { keys: ["${KEY}"] } }`),
      /secrets\.keys\[0\]: is the key of no secret/,
    ],
    [
      'a key of another region',
      file(
        `prod: { secrets: { plan: ["${SECRET}:a-AbCdEf"], keys: ["${KEY.replace('eu-west-1', 'us-east-1')}"] } }`,
      ),
      /secrets\.keys\[0\]: is in us-east-1, but jobs read secrets of eu-west-1/,
    ],
    [
      'an image repository by its address',
      file('prod: { build: true, push_to: ["111111111111.dkr.ecr.eu-west-1.amazonaws.com/app"] }'),
      /push_to\[0\]: .*not the ARN of a repository of ECR/,
    ],
    [
      'an image repository without a build',
      file(`prod: { push_to: ["${IMAGES}/acme/app"] }`),
      /push_to\[0\]: is what a build pushes to: add `build: true`/,
    ],
    [
      "Cairn's own images",
      file(`prod: { build: true, push_to: ["${IMAGES}/cairn-executor"] }`),
      /push_to\[0\]: holds what Cairn itself runs/,
    ],
    [
      'a boundary of another account',
      file('prod: {}', 'permission_boundary: arn:aws:iam::222222222222:policy/b'),
      /permission_boundary: is a policy of account 222222222222/,
    ],
    [
      'a topic of another region',
      file('prod: {}', 'alarm_topic: arn:aws:sns:us-east-1:111111111111:a'),
      /alarm_topic: is in us-east-1/,
    ],
    [
      'one repository twice',
      `${file('prod: {}')}  Acme/Infra: { environments: { prod: {} } }\n`,
      /:10:3: .*is the same repository as acme\/infra/,
    ],
    [
      'a branch that no event can name',
      `${file('prod: {}')}  acme/web: { environments: { prod: {} }, actions: { branches: [main, ${'b'.repeat(113)}] } }\n`,
      /acme\/web.*branches.*an event cannot name a branch of more than 109 characters/,
    ],
    ['no YAML', 'region: [', /cairn\.infra\.yaml:1:\d+: /],
    ['nothing', '', /region: is missing/],
  ])('%s', (_, text, expected) => {
    const problems = problemsOf(text);

    expect(problems).toMatch(expected);
  });

  it('all at once, in the order of the file', () => {
    const problems = problemsOf(file('prod: { size: 1, account: x }', 'slack: maybe'));

    expect(problems.split('\n').map((line) => line.split(': ')[1])).toEqual([
      'slack',
      'repositories.acme/infra.environments.prod.size',
      'repositories.acme/infra.environments.prod.account',
    ]);
  });
});

describe('the file', () => {
  it('is named when it is not there, with what to do', () => {
    expect(() => loadInfraConfig('/nowhere/cairn.infra.yaml')).toThrow(
      /\/nowhere\/cairn\.infra\.yaml: cannot be read .*CAIRN_INFRA=FILE/,
    );
  });

  it('is read by its name', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'cairn-infra-'));
    writeFileSync(path.join(dir, 'mine.yaml'), file('prod: {}'));

    const config = loadInfraConfig(path.join(dir, 'mine.yaml'));
    rmSync(dir, { recursive: true });

    expect(config.file).toBe('mine.yaml');
  });
});
