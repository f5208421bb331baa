import { beforeAll, describe, expect, test } from 'vitest';
import { KMS_IMPLIED, PERMISSIONS } from '../../adapters/aws/permissions.ts';
import { actionsIssuer } from '../../infra/constructs/actions-role.ts';
import { FUNCTIONS, type FunctionName, type FunctionSpec } from '../../lambdas/functions.ts';
import { actionsOf, type Installation, installation } from './permissions-of.ts';
import { allowed, type Statement } from './permissions-simulator.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

const NAMES = Object.keys(FUNCTIONS) as FunctionName[];

/** What AWS itself does in a function's name, by how it is called. */
const RUNNING = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const CALLED_BY: Record<FunctionSpec['trigger']['kind'], string[]> = {
  workflow: [],
  http: [],
  // Lambda polls the queue with the function's role.
  queue: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
  // A call that failed goes to the dead letters.
  schedule: ['sqs:SendMessage'],
};

/** Actions that IAM scopes by nothing: the Service Authorization Reference lists no resource for them. */
const UNSCOPED = [
  'batch:ListJobs',
  'scheduler:ListSchedules',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

describe('functions', () => {
  test.each(NAMES)('%s may do exactly what its ports ask for', (name) => {
    const { ports, trigger } = FUNCTIONS[name];
    const asked = ports.flatMap((port) => PERMISSIONS[port].flatMap(({ actions }) => actions));
    const implied = asked.flatMap((action) => KMS_IMPLIED[action] ?? []);

    const granted = actionsOf(it.functionPolicy(name));

    const wanted = [...asked, ...implied, ...RUNNING, ...CALLED_BY[trigger.kind]];
    expect(granted).toEqual([...new Set(wanted)].sort());
  });

  test.each(NAMES)('%s may do it on named resources', (name) => {
    const everywhere = it.functionPolicy(name).filter(({ Resource }) => Resource.includes('*'));

    const actions = actionsOf(everywhere);

    expect(actions.filter((action) => !UNSCOPED.includes(action))).toEqual([]);
    for (const { Resource } of it.functionPolicy(name)) {
      for (const resource of Resource) expect(resource).toMatch(/^(\*|arn:aws:.*(cairn|:key\/|:job\/\*))/);
    }
  });

  test('each has a role of its own, which only Lambda can take', () => {
    const functions = it.ofType('AWS::Lambda::Function').filter(({ stack }) => stack === 'CairnPipeline');
    const roles = functions.map(({ properties }) => properties['Role']);

    expect(functions).toHaveLength(NAMES.length);
    expect(new Set(roles).size).toBe(roles.length);
    for (const { properties, stack } of it.ofType('AWS::IAM::Role')) {
      if (stack === 'CairnPipeline') expect(properties['ManagedPolicyArns'] ?? []).toEqual([]);
    }
  });

  test('the key opens nothing but what S3 and Secrets Manager hold', () => {
    const uses = NAMES.flatMap((name) => it.functionPolicy(name)).filter(({ Action }) =>
      Action.some((action) => action.startsWith('kms:')),
    );

    expect(uses.length).toBeGreaterThan(0);
    for (const { Condition, Resource } of uses) {
      const services = Condition?.['StringEquals']?.['kms:ViaService'];
      expect([services].flat()).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(s3|secretsmanager)\.eu-central-1\.amazonaws\.com$/),
        ]),
      );
      expect(Resource).toEqual([expect.stringContaining(':key/')]);
    }
  });

  test('the webhook, whom anybody can call, reads one secret and no run', () => {
    const may = (action: string, resource: string, context = {}) =>
      allowed(it.functionPolicy('Webhook'), { action, resource, context });
    const secret = (name: string) => it.arn('secretsmanager', `secret:cairn/${name}-AbCdEf`);
    const table = it.arn('dynamodb', 'table/cairn');
    const bus = it.arn('events', 'event-bus/cairn');
    const item = (key: string) => ({ 'dynamodb:LeadingKeys': [key] });

    expect(may('secretsmanager:GetSecretValue', secret('webhook'))).toBe(true);
    expect(may('events:PutEvents', bus, { 'events:source': ['cairn.requests'] })).toBe(true);
    expect(may('events:PutEvents', bus, { 'events:source': ['cairn.requests', 'cairn.actions'] })).toBe(
      false,
    );
    expect(may('events:PutEvents', bus)).toBe(false);
    expect(may('dynamodb:PutItem', table, item('delivery#1'))).toBe(true);
    for (const name of ['github', 'slack', 'master-key', 'admin-token']) {
      expect(may('secretsmanager:GetSecretValue', secret(name))).toBe(false);
    }
    expect(may('dynamodb:PutItem', table, item('locks'))).toBe(false);
    expect(may('dynamodb:GetItem', table, item('run#1'))).toBe(false);
    expect(may('states:StartExecution', it.arn('states', 'stateMachine:cairn-deploy'))).toBe(false);
    expect(may('s3:GetObject', 'arn:aws:s3:::cairn-artifacts-123456789012-eu-central-1/x')).toBe(false);
  });

  test('who tells what happened cannot ask for anything', () => {
    const may = (source: string) =>
      allowed(it.functionPolicy('ClaimRun'), {
        action: 'events:PutEvents',
        resource: it.arn('events', 'event-bus/cairn'),
        context: { 'events:source': [source] },
      });

    expect(['cairn.status', 'cairn.requests', 'cairn.actions'].map(may)).toEqual([true, false, false]);
  });

  test('none reaches a state, nor a role of a job', () => {
    const policies = NAMES.flatMap((name) => it.functionPolicy(name));

    const states = `arn:aws:s3:::cairn-states-123456789012-eu-central-1`;
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) {
      expect(allowed(policies, { action, resource: `${states}/acme/infra/prod/app/terraform.tfstate` })).toBe(
        false,
      );
    }
    // Which role, and to whom, is looked at with the schedules.
    const others = actionsOf(policies).filter((action) => action !== 'iam:PassRole');
    expect(others.filter((action) => /^(sts|iam|lambda):/.test(action))).toEqual([]);
  });

  test('the simulator would have said yes to somebody who may', () => {
    const policy: Statement[] = [
      { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::cairn-states-*/*'] },
    ];

    const answer = allowed(policy, {
      action: 's3:GetObject',
      resource: 'arn:aws:s3:::cairn-states-123456789012-eu-central-1/acme/infra/prod/app/terraform.tfstate',
    });

    expect(answer).toBe(true);
  });
});

describe('GitHub Actions', () => {
  const BUS = 'event-bus/cairn';

  test('a role for each branch, which only that branch of that repository can take', () => {
    const roles = it
      .ofType('AWS::IAM::Role')
      .filter(({ properties }) => String(properties['RoleName'] ?? '').startsWith('cairn-actions-'));

    const trusts = roles.map(({ properties }) => JSON.stringify(properties['AssumeRolePolicyDocument']));

    expect(trusts).toHaveLength(2);
    for (const [index, branch] of ['main', 'release/1.x'].entries()) {
      expect(JSON.parse(trusts[index] ?? '{}').Statement).toEqual([
        {
          Action: 'sts:AssumeRoleWithWebIdentity',
          Effect: 'Allow',
          Principal: { Federated: expect.any(String) },
          Condition: {
            StringEquals: {
              'github.example.com/_services/token:aud': 'sts.amazonaws.com',
              'github.example.com/_services/token:sub': `repo:acme/infra:ref:refs/heads/${branch}`,
            },
          },
        },
      ]);
    }
  });

  test('can ask for what the operator allows, of its branch, and for nothing else', () => {
    const roles = it.ofType('AWS::IAM::Role').map(({ properties }) => properties['RoleName']);
    const main = roles.find((name) => String(name).startsWith('cairn-actions-acme-infra-main-'));
    const policy = it.policyOf(main);
    const put = (source: string, detailType: string | string[], bus = BUS) =>
      allowed(policy, {
        action: 'events:PutEvents',
        resource: it.arn('events', bus),
        context: { 'events:source': source, 'events:detail-type': detailType },
      });

    expect(actionsOf(policy)).toEqual(['events:PutEvents']);
    expect(put('cairn.actions', 'plan:acme/infra:main')).toBe(true);
    expect(put('cairn.actions', 'deploy:acme/infra:main')).toBe(true);
    expect(put('cairn.actions', 'drift:acme/infra:main')).toBe(true);
    for (const command of ['approve', 'reject', 'destroy', 'ephemeral', 'freeze', 'run']) {
      expect(put('cairn.actions', `${command}:acme/infra:main`)).toBe(false);
    }
    expect(put('cairn.actions', 'deploy:acme/infra:release/1.x')).toBe(false);
    expect(put('cairn.actions', 'deploy:acme/Shop.site:main')).toBe(false);
    expect(put('cairn.requests', 'deploy:acme/infra:main')).toBe(false);
    expect(put('cairn.status', 'plan:acme/infra:main')).toBe(false);
    expect(put('cairn.actions', 'plan:acme/infra:main', 'event-bus/default')).toBe(false);
    expect(put('cairn.actions', ['plan:acme/infra:main', 'deploy:acme/infra:other'])).toBe(false);
  });

  test('is vouched for by the GitHub that is watched', () => {
    const issuers = [
      'https://api.github.com',
      'https://api.acme.ghe.com',
      'https://github.example.com/api/v3',
    ].map(actionsIssuer);

    expect(issuers).toEqual([
      'token.actions.githubusercontent.com',
      'token.actions.acme.ghe.com',
      'github.example.com/_services/token',
    ]);
    const made = it.ofType('AWS::IAM::OIDCProvider').map(({ properties }) => properties);
    expect(made).toEqual([
      expect.objectContaining({
        Url: 'https://github.example.com/_services/token',
        ClientIdList: ['sts.amazonaws.com'],
      }),
    ]);
  });
});
