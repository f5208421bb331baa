import { beforeAll, describe, expect, test } from 'vitest';
import { definitionName, STANDARD_SIZE } from '../../core/jobs/names.ts';
import { jobVariables } from '../../executor/aws/environment.ts';
import { placesOf } from '../../infra/config/placed.ts';
import { FARGATE_SIZES } from '../../infra/config/schema.ts';
import { CONTAINER, SPOT_RECLAIM, VOLUMES } from '../../infra/constructs/job-definition.ts';
import { jobRoleName, STAGES } from '../../infra/names.ts';
import { CONFIG_NAMES } from '../support/infra.ts';
import { type Installation, installation, statementsOf } from './permissions-of.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

const REPOSITORY = 'acme/infra';
const BATCH = STAGES.filter((stage) => stage !== 'build');

interface Task {
  TaskRoleArn: string;
  ExecutionRoleArn: string;
  EphemeralStorage: { SizeInGiB: number };
  NetworkConfiguration: { AssignPublicIp: string };
  RuntimePlatform: { CpuArchitecture: string };
  Volumes: Record<string, unknown>[];
  Containers: (Record<string, unknown> & {
    Environment: { Name: string; Value: string }[];
    ResourceRequirements: { Type: string; Value: string }[];
    MountPoints: { ContainerPath: string }[];
  })[];
}

function definitionOf(environment: string, stage: (typeof STAGES)[number], size = STANDARD_SIZE) {
  const name = definitionName({ repository: REPOSITORY, environment, stage }, size);
  const { properties } = it.one('AWS::Batch::JobDefinition', 'JobDefinitionName', name);
  const { TaskProperties } = properties['EcsProperties'] as { TaskProperties: Task[] };
  const task = TaskProperties[0]!;
  return { properties, task, container: task.Containers[0]! };
}

test.each(CONFIG_NAMES)('%s: every order finds its job definition or project', async (name) => {
  const { config, ofType } = await installation(name);
  const names = [
    ...ofType('AWS::Batch::JobDefinition').map(({ properties }) => properties['JobDefinitionName']),
    ...ofType('AWS::CodeBuild::Project')
      .filter(({ stack }) => stack.startsWith('CairnJobs'))
      .map(({ properties }) => properties['Name']),
  ];

  const wanted = config.repositories.flatMap((one) =>
    placesOf(one).flatMap(({ name: environment, build }) => [
      ...BATCH.flatMap((stage) =>
        [...new Set([STANDARD_SIZE, ...Object.keys(config.sizes)])].map((size) =>
          definitionName({ repository: one.name, environment, stage }, size),
        ),
      ),
      ...(build ? [definitionName({ repository: one.name, environment, stage: 'build' }, '')] : []),
    ]),
  );

  expect(names.sort()).toEqual(wanted.sort());
  expect(new Set(names).size).toBe(names.length);
});

test.each(CONFIG_NAMES)('%s: every size is one that Fargate has', async (name) => {
  const { ofType } = await installation(name);

  const sizes = ofType('AWS::Batch::JobDefinition').map(({ properties }) => {
    const { TaskProperties } = properties['EcsProperties'] as { TaskProperties: Task[] };
    const needs = TaskProperties[0]?.Containers[0]?.ResourceRequirements ?? [];
    return Object.fromEntries(needs.map(({ Type, Value }) => [Type, Value]));
  });

  for (const { VCPU, MEMORY } of sizes) expect(FARGATE_SIZES[String(VCPU)]).toContain(Number(MEMORY));
});

describe('a job definition', () => {
  test.each(BATCH)('%s: read-only, no privileges, time to end', (stage) => {
    const { container, task } = definitionOf('prod', stage);

    expect(container).toMatchObject({
      Name: CONTAINER,
      User: '1000',
      ReadonlyRootFilesystem: true,
      StopTimeout: 120,
      Essential: true,
      LinuxParameters: { InitProcessEnabled: true },
    });
    expect(container['Privileged']).toBeUndefined();
    expect(container['Secrets']).toBeUndefined();
    expect(container.MountPoints.map(({ ContainerPath }) => ContainerPath).sort()).toEqual(
      Object.values(VOLUMES).sort(),
    );
    // Fargate takes volumes by their name alone.
    expect(task.Volumes).toEqual(Object.keys(VOLUMES).map((Name) => ({ Name })));
    expect(task.RuntimePlatform.CpuArchitecture).toBe('X86_64');
    expect(task.NetworkConfiguration.AssignPublicIp).toBe('DISABLED');
  });

  test.each(BATCH)('%s: works as its own role, and tells the executor what it needs', (stage) => {
    const { container, task } = definitionOf('prod', stage);
    const variables = Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value]));

    const parsed = jobVariables.parse(variables);

    expect(task.TaskRoleArn.split('/').at(-1)).toBe(jobRoleName(REPOSITORY, 'prod', stage));
    expect(parsed).toMatchObject({
      CAIRN_STAGE: stage,
      CAIRN_ARTIFACTS: 'cairn-artifacts-123456789012-eu-central-1',
      CAIRN_STATES: 'cairn-states-123456789012-eu-central-1',
      AWS_REGION: 'eu-central-1',
    });
    const target = {
      'pr-plan': 'cairn-plan-prod',
      'deploy-plan': 'cairn-plan-prod',
      apply: 'cairn-apply-prod',
    };
    const role = (target as Record<string, string>)[stage];
    expect(parsed.CAIRN_TARGET_ROLE?.split('/').at(-1)).toBe(role);
    expect(parsed.CAIRN_EXTERNAL_ID).toBe(role && 'prod-4711');
  });

  test('a plan is run again if Spot took it back, an apply never', () => {
    const retries = BATCH.map((stage) => [stage, definitionOf('prod', stage).properties['RetryStrategy']]);

    const again = {
      Attempts: 3,
      EvaluateOnExit: [
        { Action: 'RETRY', OnStatusReason: SPOT_RECLAIM },
        { Action: 'EXIT', OnReason: '*' },
      ],
    };
    expect(Object.fromEntries(retries)).toEqual({
      'pr-plan': again,
      'deploy-plan': again,
      apply: { Attempts: 1 },
      verify: again,
    });
  });

  test('standard is the size of the environment', () => {
    const vcpu = (environment: string, size?: string) =>
      definitionOf(environment, 'apply', size).container.ResourceRequirements.find(
        ({ Type }) => Type === 'VCPU',
      )?.Value;

    expect(vcpu('staging')).toBe('4');
    expect(vcpu('staging', 'small')).toBe('0.5');
    expect(definitionOf('staging', 'apply').task.EphemeralStorage).toEqual({ SizeInGiB: 100 });
  });

  test('of ephemeral environments is one for all of them, in their account', () => {
    const { container, task } = definitionOf('ephemeral', 'apply');
    const variables = Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value]));
    const vcpu = container.ResourceRequirements.find(({ Type }) => Type === 'VCPU')?.Value;

    expect(task.TaskRoleArn.split('/').at(-1)).toBe(jobRoleName(REPOSITORY, 'ephemeral', 'apply'));
    expect(variables['CAIRN_TARGET_ROLE']).toBe('arn:aws:iam::456789012345:role/cairn-apply-ephemeral');
    expect(variables['CAIRN_EXTERNAL_ID']).toBe('cairn:acme/infra:ephemeral');
    expect(vcpu).toBe('0.5');
  });

  test('writes its log where the functions read it', () => {
    const { container } = definitionOf('prod', 'apply');

    expect(container['LogConfiguration']).toMatchObject({
      LogDriver: 'awslogs',
      Options: {
        'awslogs-group': '/cairn/jobs',
        'awslogs-region': 'eu-central-1',
        'awslogs-stream-prefix': 'acme/infra/prod/apply',
      },
    });
  });

  test('is fetched and logged by a role that can do nothing else', () => {
    const { task } = definitionOf('prod', 'apply');
    const stack = it.one('AWS::IAM::Role', 'RoleName', jobRoleName(REPOSITORY, 'prod', 'apply')).stack;
    const role = task.ExecutionRoleArn.split('/').at(-1) ?? '';
    const statements = it
      .ofType('AWS::IAM::Policy')
      .filter((one) => one.stack === stack && (one.properties['Roles'] as string[]).includes(role))
      .flatMap(({ properties }) => statementsOf(properties['PolicyDocument']));

    expect(statements.map(({ Action, Resource }) => [Resource.join(), Action])).toEqual([
      ['*', ['ecr:GetAuthorizationToken']],
      [
        it.arn('ecr', 'repository/cairn-executor'),
        ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      ],
      [it.arn('logs', 'log-group:/cairn/jobs:log-stream:*'), ['logs:CreateLogStream', 'logs:PutLogEvents']],
    ]);
  });
});

describe('a build', () => {
  test('runs the executor’s bundle beside a Docker of its own', () => {
    const name = definitionName({ repository: REPOSITORY, environment: 'prod', stage: 'build' }, '');
    const { properties } = it.one('AWS::CodeBuild::Project', 'Name', name);
    const { EnvironmentVariables, ...environment } = properties['Environment'] as Record<string, unknown>;
    const { BuildSpec, Type } = properties['Source'] as { BuildSpec: string; Type: string };

    expect(environment).toEqual({
      ComputeType: 'BUILD_GENERAL1_SMALL',
      Image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
      PrivilegedMode: true,
      Type: 'LINUX_CONTAINER',
    });
    expect(Type).toBe('S3');
    expect(JSON.parse(BuildSpec).phases.build.commands.join()).toContain('fargate.mjs');
    const given = Object.fromEntries(
      (EnvironmentVariables as { Name: string; Value: string }[]).map(({ Name, Value }) => [Name, Value]),
    );
    expect(jobVariables.omit({ AWS_REGION: true }).parse(given)).toMatchObject({
      CAIRN_STAGE: 'build',
      CAIRN_JOB_LOGS: '/cairn/jobs',
    });
  });

  test('is there for environments that have one', async () => {
    const { ofType } = await installation('minimal');

    expect(ofType('AWS::CodeBuild::Project').filter(({ stack }) => stack.startsWith('CairnJobs'))).toEqual(
      [],
    );
    expect(
      it.ofType('AWS::CodeBuild::Project').filter(({ stack }) => stack.startsWith('CairnJobs')),
    ).toHaveLength(3);
  });
});
