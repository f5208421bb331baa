import { beforeAll, describe, expect, it } from 'vitest';
import { type Resource, resourcesOf } from '../support/aws/template.ts';
import { CONFIG_NAMES, configOf, synthesized } from '../support/infra.ts';
import { CHECKS } from './checks/index.ts';

const ACCOUNT = '123456789012';

describe.each(CONFIG_NAMES)('the stacks of %s', (name) => {
  let resources: Resource[];
  const config = configOf(name);

  beforeAll(async () => {
    const { templates } = await synthesized(name);
    resources = resourcesOf(templates, { account: ACCOUNT, region: config.region });
  }, 120_000);

  it.each(Object.entries(CHECKS))('%s', (_, check) => {
    const problems = check(resources, config);

    expect(problems).toEqual([]);
  });
});

it('looks at something', async () => {
  const { templates } = await synthesized('full');
  const { templates: minimal } = await synthesized('minimal');

  const types = [templates, minimal].flatMap((all) =>
    resourcesOf(all, { account: ACCOUNT, region: 'eu-central-1' }).map(({ type }) => type),
  );

  expect(types).toEqual(
    expect.arrayContaining([
      'AWS::Batch::JobDefinition',
      'AWS::CodeBuild::Project',
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::Subnet',
      'AWS::IAM::Policy',
      'AWS::IAM::Role',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::S3::BucketPolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
    ]),
  );
});

const resource = (type: string, properties: Record<string, unknown>): Resource => ({
  stack: 'Stack',
  id: 'Thing',
  type,
  properties,
});

const job = (cpu: string, memory: string, more = {}) =>
  resource('AWS::Batch::JobDefinition', {
    EcsProperties: {
      TaskProperties: [
        {
          Containers: [
            {
              ResourceRequirements: [
                { Type: 'VCPU', Value: cpu },
                { Type: 'MEMORY', Value: memory },
              ],
              ...more,
            },
          ],
        },
      ],
    },
  });
const project = (Type: string, ComputeType: string, Image: string) =>
  resource('AWS::CodeBuild::Project', { Environment: { Type, ComputeType, Image } });
const schedule = (ScheduleExpression: string) => resource('AWS::Scheduler::Schedule', { ScheduleExpression });
const allow = (type: string, statement: object) =>
  resource(type, { PolicyDocument: { Statement: [{ Effect: 'Allow', ...statement }] } });
const X86 = 'aws/codebuild/amazonlinux-x86_64-standard:5.0';

describe('a defect that only these checks see', () => {
  it.each<[keyof typeof CHECKS, string, Resource, RegExp]>([
    ['fargateSizes', '3 vCPU', job('3', '8192'), /3 vCPU/],
    ['fargateSizes', 'too little memory', job('1', '1024'), /1 vCPU with 1024 MiB/],
    ['fargateSizes', 'a long goodbye', job('1', '2048', { StopTimeout: 300 }), /120 s/],
    ['codeBuildMachines', 'a size', project('LINUX_CONTAINER', 'BUILD_GENERAL1_TINY', X86), /TINY/],
    ['codeBuildMachines', 'an image', project('ARM_CONTAINER', 'BUILD_GENERAL1_SMALL', X86), /does not run/],
    ['schedules', 'a cron of four fields', schedule('cron(0 12 * *)'), /is no schedule/],
    ['schedules', 'a plural', schedule('rate(1 minutes)'), /is no schedule/],
    [
      'closedDoors',
      'a function with an address',
      resource('AWS::Lambda::Url', { AuthType: 'AWS_IAM' }),
      /address/,
    ],
    [
      'closedDoors',
      'a principal',
      allow('AWS::SQS::QueuePolicy', { Principal: '*', Action: 'sqs:*' }),
      /anybody/,
    ],
    [
      'closedDoors',
      'a service that asks for somebody else',
      resource('AWS::Lambda::Permission', { Principal: 'events.amazonaws.com' }),
      /whoever asks/,
    ],
    ['closedNetwork', 'a NAT', resource('AWS::EC2::NatGateway', {}), /costs/],
    [
      'closedNetwork',
      'a way in',
      resource('AWS::EC2::SecurityGroup', { SecurityGroupIngress: [{ CidrIp: '0.0.0.0/0' }] }),
      /come in/,
    ],
    ['lockedBuckets', 'a plain bucket', resource('AWS::S3::Bucket', { BucketName: 'b' }), /not encrypted/],
    ['tlsOnly', 'a plain bucket', resource('AWS::S3::Bucket', { BucketName: 'b' }), /without TLS/],
    ['keptLogs', 'a log', resource('AWS::Logs::LogGroup', {}), /for ever/],
    ['patientQueues', 'a queue', resource('AWS::SQS::Queue', { QueueName: 'cairn-x' }), /no dead-letter/],
    ['boundedRoles', 'a role', resource('AWS::IAM::Role', {}), /not bounded/],
    ['noStarActions', 'an action', allow('AWS::IAM::Policy', { Action: 's3:*', Resource: 'a' }), /may s3:\*/],
    ['fixedNames', 'a name', resource('AWS::SQS::Queue', { QueueName: 'requests' }), /whose/],
    [
      'fixedNames',
      'a long name',
      resource('AWS::IAM::Role', { RoleName: `cairn-${'x'.repeat(60)}` }),
      /longer/,
    ],
  ])('%s: %s', (check, _, planted, expected) => {
    const problems = CHECKS[check]?.([planted], configOf('full'));

    expect(problems?.join('\n')).toMatch(expected);
  });

  it('fixedNames: a name that is there twice', () => {
    const queue = resource('AWS::SQS::Queue', { QueueName: 'cairn-requests' });

    expect(CHECKS['fixedNames']?.([queue, queue], configOf('full'))).toHaveLength(1);
  });
});
