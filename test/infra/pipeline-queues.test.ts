import { beforeAll, expect, test } from 'vitest';
import { WORKFLOWS } from '../../core/requests/run.ts';
import { ACTIONS_COMMANDS } from '../../infra/config/schema.ts';
import { PATIENCE } from '../../infra/constructs/queue.ts';
import { FUNCTIONS, type FunctionSpec, type QueueName } from '../../lambdas/functions.ts';
import { type Installation, installation, statementsOf } from './permissions-of.ts';
import { allowed } from './permissions-simulator.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

const QUEUES = Object.keys(PATIENCE) as QueueName[];
const specs: [string, FunctionSpec][] = Object.entries(FUNCTIONS);

const queue = (name: string) => it.one('AWS::SQS::Queue', 'QueueName', `cairn-${name}`).properties;
const rules = () => it.ofType('AWS::Events::Rule').filter(({ stack }) => stack === 'CairnPipeline');
const policies = (name: string) =>
  it
    .ofType('AWS::SQS::QueuePolicy')
    .filter(({ properties }) => JSON.stringify(properties['Queues']).includes(`/cairn-${name}"`))
    .flatMap(({ properties }) => statementsOf(properties['PolicyDocument']));

test.each(QUEUES)('%s keeps what fails, and its dead for 14 days', (name) => {
  const { receives, pause } = PATIENCE[name];

  expect(queue(name)).toMatchObject({
    SqsManagedSseEnabled: true,
    VisibilityTimeout: pause,
    RedrivePolicy: {
      deadLetterTargetArn: it.arn('sqs', `cairn-${name}-dead`),
      maxReceiveCount: receives,
    },
  });
  expect(queue(`${name}-dead`)).toMatchObject({
    SqsManagedSseEnabled: true,
    MessageRetentionPeriod: 1_209_600,
  });
  // Longer than four days it would be gone before it is dead.
  expect(receives * pause).toBeLessThan(Number(queue(name)['MessageRetentionPeriod']));
});

test('an execution that ended is looked at until its longest job must have ended', () => {
  const apply = it
    .ofType('AWS::Batch::JobDefinition')
    .map(
      ({ properties }) =>
        (properties['Timeout'] as { AttemptDurationSeconds: number }).AttemptDurationSeconds,
    );

  expect(PATIENCE.ended.receives * PATIENCE.ended.pause).toBeGreaterThan(Math.max(...apply));
});

test('an execution that ended is looked at only when Batch lists the job that it submitted last', () => {
  expect(queue('ended')['DelaySeconds']).toBe(60);
  expect(queue('requests')['DelaySeconds']).toBe(0);
});

test.each(QUEUES)('%s is read by one function, message by message', (name) => {
  const [reader, spec] =
    specs.find(([, { trigger }]) => trigger.kind === 'queue' && trigger.queue === name) ?? [];
  const { properties } = it.one(
    'AWS::Lambda::EventSourceMapping',
    'EventSourceArn',
    it.arn('sqs', `cairn-${name}`),
  );

  expect(properties).toMatchObject({
    FunctionName: `cairn-${reader}`,
    BatchSize: PATIENCE[name].batch,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  // Nobody else may get a message while it is being worked on; Lambda refuses such a queue.
  expect(PATIENCE[name].pause).toBeGreaterThan(spec?.timeout ?? Number.POSITIVE_INFINITY);
});

test.each(QUEUES)('%s takes messages of its own rules alone, over TLS', (name) => {
  const fed = rules().filter(({ properties }) =>
    JSON.stringify(properties['Targets']).includes(`:cairn-${name}"`),
  );
  const resource = it.arn('sqs', `cairn-${name}`);
  const sends = (context: Record<string, string>) =>
    allowed(policies(name), { action: 'sqs:SendMessage', resource, context });

  expect(fed.length).toBeGreaterThan(0);
  for (const { properties } of fed) {
    // As the templates are read here; on a bus of its own it is `rule/BUS/NAME`.
    const arn = it.arn('events', `rule/${properties['Name']}`);
    expect(sends({ 'aws:SourceArn': arn, 'aws:SecureTransport': 'true' })).toBe(true);
    expect(sends({ 'aws:SourceArn': arn, 'aws:SecureTransport': 'false' })).toBe(false);
  }
  expect(sends({ 'aws:SourceArn': it.arn('events', 'rule/other'), 'aws:SecureTransport': 'true' })).toBe(
    false,
  );
  expect(sends({ 'aws:SecureTransport': 'true' })).toBe(false);
});

test('what a rule cannot deliver is kept among the dead', () => {
  for (const { properties } of rules()) {
    const targets = properties['Targets'] as { Arn: string; DeadLetterConfig?: { Arn: string } }[];
    expect(targets.map(({ Arn, DeadLetterConfig }) => [`${Arn}-dead`, DeadLetterConfig?.Arn])).toEqual(
      targets.map(({ Arn }) => [`${Arn}-dead`, `${Arn}-dead`]),
    );
  }
});

test('rules let through what they are for', () => {
  const patterns = Object.fromEntries(
    rules().map(({ properties }) => [
      properties['Name'],
      [properties['EventBusName'], properties['EventPattern']],
    ]),
  );

  const rest = WORKFLOWS.filter((name) => name !== 'plan');
  const ended = (workflows: readonly string[], status: string[]) => ({
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: {
      stateMachineArn: workflows.map((name) => it.arn('states', `stateMachine:cairn-${name}`)),
      status,
    },
  });
  expect(patterns).toEqual({
    'cairn-requests': ['cairn', { source: ['cairn.requests'] }],
    'cairn-actions': [
      'cairn',
      {
        source: ['cairn.actions'],
        'detail-type': ACTIONS_COMMANDS.map((command) => ({ prefix: `${command}:` })),
      },
    ],
    'cairn-github': ['cairn', { source: ['cairn.status'] }],
    'cairn-slack': ['cairn', { source: ['cairn.status'] }],
    // AWS tells of executions on the account's own bus.
    'cairn-died': [undefined, ended(WORKFLOWS, ['FAILED', 'TIMED_OUT'])],
    'cairn-aborted': [undefined, ended(rest, ['ABORTED'])],
    'cairn-superseded': [undefined, ended(['plan'], ['ABORTED'])],
  });
});

test('without Slack there is neither its queue nor its function', async () => {
  const { ofType } = await installation('minimal');

  const names = [...ofType('AWS::SQS::Queue'), ...ofType('AWS::Lambda::Function')].map(
    ({ properties }) => `${properties['QueueName']} ${properties['FunctionName']}`,
  );

  expect(names.filter((name) => /slack/i.test(name))).toEqual([]);
  expect(ofType('AWS::Lambda::EventSourceMapping')).toHaveLength(QUEUES.length - 1);
});
