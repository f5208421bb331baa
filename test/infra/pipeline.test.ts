import { beforeAll, describe, expect, test } from 'vitest';
import { STEPS } from '../../core/steps/index.ts';
import { lambdaEnvironment } from '../../lambdas/environment.ts';
import { FUNCTIONS, type FunctionSpec } from '../../lambdas/functions.ts';
import { actionsOf, type Installation, installation, statementsOf } from './permissions-of.ts';
import { allowed } from './permissions-simulator.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

const specs: [string, FunctionSpec][] = Object.entries(FUNCTIONS);

function functionOf(name: string): Record<string, unknown> {
  return it.one('AWS::Lambda::Function', 'FunctionName', `cairn-${name}`).properties;
}

describe('functions', () => {
  test.each(specs)('%s is its row of the table', (name, spec) => {
    const made = functionOf(name);

    expect(made).toMatchObject({
      PackageType: 'Image',
      ImageConfig: { Command: [spec.command] },
      MemorySize: spec.memory,
      Timeout: spec.timeout,
      Architectures: ['x86_64'],
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogGroup: `/aws/lambda/cairn-${name}` },
    });
    expect(made['ReservedConcurrentExecutions']).toBeUndefined();
  });

  test('get an environment that they can read, without a secret in it', () => {
    const { Variables } = functionOf('Api')['Environment'] as { Variables: Record<string, string> };

    const parsed = lambdaEnvironment.parse(Variables);

    expect(parsed.CAIRN_REPOSITORIES).toEqual(['acme/infra', 'acme/Shop.site']);
    expect(parsed.CAIRN_BINARIES).toEqual(['tofu 1.10.6', 'tofu 1.9.4']);
    expect(parsed.CAIRN_SIZES).toEqual(expect.arrayContaining(['small', 'large']));
    expect(parsed.CAIRN_EPHEMERAL).toEqual(['acme/infra']);
    expect(parsed.CAIRN_SCHEDULES).toEqual({
      group: 'cairn-requests',
      role: 'arn:aws:iam::123456789012:role/cairn-scheduler',
      bus: it.arn('events', 'event-bus/cairn'),
      deadLetters: it.arn('sqs', 'cairn-schedules-dead'),
    });
    expect(parsed.CAIRN_PUBLIC_URL).toMatch(/^https:\/\/.+\.execute-api\.eu-central-1\.amazonaws\.com$/);
    expect(parsed.CAIRN_GITHUB_URL).toBe('https://github.example.com/api/v3');
    expect(`${parsed.CAIRN_STATE_MACHINES}plan`).toBe(it.arn('states', 'stateMachine:cairn-plan'));
  });

  test('logs end after the days that the operator said', () => {
    const groups = it.ofType('AWS::Logs::LogGroup').filter(({ stack }) => stack === 'CairnPipeline');

    expect(groups.length).toBeGreaterThan(specs.length);
    expect(new Set(groups.map(({ properties }) => properties['RetentionInDays']))).toEqual(new Set([180]));
  });
});

describe('the way in', () => {
  test('is one HTTP API, with a limit and a log without headers', () => {
    const [stage, ...more] = it.ofType('AWS::ApiGatewayV2::Stage');
    const settings = stage?.properties['AccessLogSettings'] as { Format: string };

    expect(more).toEqual([]);
    expect(stage?.properties).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    });
    expect(Object.keys(JSON.parse(settings.Format))).toEqual(
      expect.arrayContaining(['ip', 'path', 'status']),
    );
    expect(settings.Format).not.toMatch(/header|querystring|authorizer/i);
    expect(it.ofType('AWS::Lambda::Url')).toEqual([]);
  });

  test('leads each route to its function, and nobody else may call it', () => {
    const wanted = specs.flatMap(([name, { trigger }]) =>
      trigger.kind === 'http' ? trigger.routes.map((route) => [route, `cairn-${name}`]) : [],
    );
    const targets = new Map(
      it
        .ofType('AWS::ApiGatewayV2::Integration')
        .map(({ id, properties }) => [`integrations/${id}`, String(properties['IntegrationUri'])]),
    );

    const routes = it
      .ofType('AWS::ApiGatewayV2::Route')
      .map(({ properties }) => [
        properties['RouteKey'],
        targets.get(String(properties['Target']))?.split(':').at(-1),
      ]);

    expect(routes.sort()).toEqual(wanted.sort());
    const callers = it.ofType('AWS::Lambda::Permission').filter(({ stack }) => stack === 'CairnPipeline');
    expect(callers).toHaveLength(wanted.length);
    for (const { properties } of callers) {
      expect(properties['Principal']).toBe('apigateway.amazonaws.com');
      expect(properties['SourceArn']).toMatch(/:execute-api:eu-central-1:123456789012:/);
    }
  });
});

describe('the clock', () => {
  const schedules = () => it.ofType('AWS::Scheduler::Schedule');

  test('calls every function that has a schedule, with what it takes', () => {
    const scheduled = specs.flatMap(([name, { trigger }]) =>
      trigger.kind === 'schedule' ? [[`cairn-${name}`, `rate(${trigger.minutes} minutes)`]] : [],
    );
    const inputs = schedules().map(({ properties }) => {
      const { Input } = properties['Target'] as { Input: string };
      return [String(properties['Name']), JSON.parse(Input) as unknown];
    });

    expect(
      schedules()
        .map(({ properties }) => [properties['Name'], properties['ScheduleExpression']])
        .sort(),
    ).toEqual(scheduled.sort());
    for (const { properties } of schedules()) {
      expect(properties).toMatchObject({
        GroupName: 'cairn',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          RetryPolicy: { MaximumRetryAttempts: 2 },
          DeadLetterConfig: { Arn: it.arn('sqs', 'cairn-schedules-dead') },
        },
      });
    }
    for (const [name, input] of inputs) {
      const { input: takes } = STEPS[String(name).slice('cairn-'.length) as keyof typeof STEPS];
      expect(takes.safeParse(input).success, String(name)).toBe(true);
    }
    const repositories = ['acme/infra', 'acme/Shop.site'];
    expect(Object.fromEntries(inputs)).toEqual({
      'cairn-LookAtHeads': { repositories },
      'cairn-SweepLocks': {},
      'cairn-SweepEnvironments': { repositories },
      'cairn-StartDriftChecks': { repositories },
      'cairn-FetchMissedWebhooks': { repositories },
    });
  });

  test('calls one function by each role, and fails into the dead letters', () => {
    const dead = it.arn('sqs', 'cairn-schedules-dead');

    for (const { properties } of schedules()) {
      const { Arn, RoleArn } = properties['Target'] as { Arn: string; RoleArn: string };
      const policy = it.policyOf(RoleArn);
      expect(policy.map(({ Action, Resource }) => [Action, Resource])).toEqual([
        [['lambda:InvokeFunction'], [Arn]],
        [['sqs:SendMessage'], [dead]],
      ]);
    }
    for (const { properties } of it.ofType('AWS::Lambda::EventInvokeConfig')) {
      expect(properties).toMatchObject({
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: dead } },
      });
    }
  });
});

describe('one-time schedules', () => {
  test('are in a group of their own, whose role can ask, and do nothing else', () => {
    const role = it.one('AWS::IAM::Role', 'RoleName', 'cairn-scheduler').properties;
    const bus = it.arn('events', 'event-bus/cairn');
    const puts = (source: string[] | undefined, resource = bus) =>
      allowed(it.policyOf('cairn-scheduler'), {
        action: 'events:PutEvents',
        resource,
        context: source === undefined ? {} : { 'events:source': source },
      });

    expect(it.ofType('AWS::Scheduler::ScheduleGroup').map(({ properties }) => properties['Name'])).toEqual([
      'cairn',
      'cairn-requests',
    ]);
    expect(statementsOf(role['AssumeRolePolicyDocument'])).toMatchObject([
      {
        Principal: { Service: 'scheduler.amazonaws.com' },
        Condition: {
          StringEquals: {
            'aws:SourceAccount': '123456789012',
            'aws:SourceArn': it.arn('scheduler', 'schedule-group/cairn-requests'),
          },
        },
      },
    ]);
    expect(actionsOf(it.policyOf('cairn-scheduler'))).toEqual(['events:PutEvents', 'sqs:SendMessage']);
    for (const [queue, may] of [['schedules-dead', true] as const, ['requests', false] as const]) {
      const resource = it.arn('sqs', `cairn-${queue}`);
      const keeps = allowed(it.policyOf('cairn-scheduler'), { action: 'sqs:SendMessage', resource });
      expect(keeps, queue).toBe(may);
    }
    expect(puts(['cairn.requests'])).toBe(true);
    expect(puts(['cairn.actions'])).toBe(false);
    expect(puts(['cairn.requests', 'cairn.status'])).toBe(false);
    expect(puts(undefined)).toBe(false);
    expect(puts(['cairn.requests'], it.arn('events', 'event-bus/default'))).toBe(false);
  });

  test('are made by functions that have the port, in that group, with that role', () => {
    const context = { 'iam:PassedToService': 'scheduler.amazonaws.com' };
    const schedule = (group: string) => it.arn('scheduler', `schedule/${group}/x`);
    const may = (name: string, action: string, resource: string, given = {}) =>
      allowed(it.functionPolicy(name), { action, resource, context: given });
    const role = 'arn:aws:iam::123456789012:role/cairn-scheduler';
    const owners = specs.filter(([, { ports }]) => ports.includes('schedules')).map(([name]) => name);

    expect(owners.length).toBeGreaterThan(0);
    for (const [name] of specs) {
      const owns = owners.includes(name);
      expect(may(name, 'scheduler:CreateSchedule', schedule('cairn-requests')), name).toBe(owns);
      expect(may(name, 'iam:PassRole', role, context), name).toBe(owns);
      expect(may(name, 'scheduler:UpdateSchedule', schedule('cairn')), name).toBe(false);
      expect(may(name, 'iam:PassRole', role, { 'iam:PassedToService': 'lambda.amazonaws.com' })).toBe(false);
      expect(may(name, 'iam:PassRole', 'arn:aws:iam::123456789012:role/other', context)).toBe(false);
    }
  });
});

describe('places for jobs', () => {
  test('plans take Spot first, applies never', () => {
    const kinds = new Map(
      it
        .ofType('AWS::Batch::ComputeEnvironment')
        .map(({ id, properties }) => [id, (properties['ComputeResources'] as { Type: string }).Type]),
    );
    const order = (queue: string) =>
      (
        it.one('AWS::Batch::JobQueue', 'JobQueueName', queue).properties['ComputeEnvironmentOrder'] as {
          Order: number;
          ComputeEnvironment: string;
        }[]
      )
        .sort((a, b) => a.Order - b.Order)
        .map(({ ComputeEnvironment }) => [...kinds].find(([id]) => ComputeEnvironment.includes(id))?.[1]);

    expect(order('cairn-plan')).toEqual(['FARGATE_SPOT', 'FARGATE']);
    expect(order('cairn-apply')).toEqual(['FARGATE']);
  });

  test('hold two waves of the largest jobs', () => {
    for (const { properties } of it.ofType('AWS::Batch::ComputeEnvironment')) {
      expect(properties['ReplaceComputeEnvironment']).toBe(false);
      expect(properties['ComputeResources']).toMatchObject({
        MaxvCpus: 2 * 20 * 4,
        Subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
        SecurityGroupIds: ['sg-0123456789abcdef0'],
      });
    }
  });
});
