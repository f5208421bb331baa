import { FUNCTIONS } from '../lambdas/functions.ts';
import { type Dimensions, type MetricName, NAMESPACE, SERVICE } from '../lambdas/metrics.ts';

/** What a metric counts in five minutes, where it does not say otherwise. */
export interface MetricSource {
  namespace: 'AWS/SQS' | 'AWS/States' | 'AWS/Lambda' | 'AWS/ApiGateway' | 'Cairn';
  name: string;
  dimensions: Record<string, string>;
  statistic: 'Sum' | 'Maximum';
}

export interface AlarmSpec {
  /** Name `cairn-<key>`. */
  key: string;
  /** Section of docs/operations.md that says what it means, how to look, and what to do. */
  section: `alarm-${string}`;
  /** One sentence for who gets the mail. */
  says: string;
  /** Added up. Each costs 0.10 USD a month. */
  metrics: MetricSource[];
  /** Minutes that the metrics are added up over. */
  minutes: number;
  /** So many of those periods one after the other. */
  periods: number;
  /** From this on it is an alarm; `below` turns it around. */
  threshold: number;
  below?: true;
  /** No data is an alarm as well. */
  silenceIsBad?: true;
}

interface AlarmWorld {
  /** Queue name of each dead-letter queue, by what is in it. */
  deadLetters: Record<string, string>;
  /** ARN of each state machine, by workflow. */
  stateMachines: Record<string, string>;
  api: { id: string; stage: string };
}

/** Every alarm, as a value. What functions count themselves stands in lambdas/metrics.ts. */
export function alarms(world: AlarmWorld): AlarmSpec[] {
  return [
    ...Object.entries(world.deadLetters).map(([name, queue]) => deadLetters(name, queue)),
    ...Object.entries(world.stateMachines).map(([workflow, arn]) => failedRuns(workflow, arn)),
    {
      key: 'stuck-locks',
      section: 'alarm-stuck-locks',
      says: 'The lock of an environment has been held for half an hour by a run that is over.',
      metrics: [own('StuckLocks', {}, 'Sum')],
      minutes: 5,
      periods: 6,
      threshold: 1,
    },
    {
      key: 'webhook-errors',
      section: 'alarm-webhook-errors',
      says: 'The webhook or the API answered with an error of its own (5xx).',
      metrics: [
        {
          namespace: 'AWS/ApiGateway',
          name: '5xx',
          dimensions: { ApiId: world.api.id, Stage: world.api.stage },
          statistic: 'Sum',
        },
      ],
      minutes: 5,
      periods: 1,
      threshold: 3,
    },
    {
      key: 'refused-signatures',
      section: 'alarm-refused-signatures',
      says: 'Deliveries came whose signature does not fit: the secret differs, or somebody tries.',
      metrics: [own('Webhooks', { outcome: 'refused' }, 'Sum')],
      minutes: 5,
      periods: 1,
      threshold: 10,
    },
    {
      key: 'function-errors',
      section: 'alarm-function-errors',
      says: 'What the clock calls fails again and again. (Other functions show in failed runs, dead letters, and 5xx.)',
      metrics: scheduled().map((name) => functionMetric(name, 'Errors')),
      minutes: 15,
      periods: 1,
      threshold: 3,
    },
    {
      key: 'no-look-at-heads',
      section: 'alarm-no-look-at-heads',
      says: 'Nobody has looked at the branch heads for half an hour: a push whose delivery was lost stays unseen.',
      metrics: [functionMetric('LookAtHeads', 'Invocations')],
      minutes: 15,
      periods: 2,
      threshold: 1,
      below: true,
      silenceIsBad: true,
    },
  ];
}

function deadLetters(name: string, queue: string): AlarmSpec {
  return {
    key: `dead-letters-${name}`,
    section: 'alarm-dead-letters',
    says: `Something of "${name}" was given up and waits in the queue ${queue}.`,
    metrics: [
      {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: queue },
        statistic: 'Maximum',
      },
    ],
    minutes: 5,
    periods: 1,
    threshold: 1,
  };
}

/** A newer commit aborts the plan of an older one: that is how it should be. Nobody aborts a deploy. */
function failedRuns(workflow: string, arn: string): AlarmSpec {
  const bad = [
    'ExecutionsFailed',
    'ExecutionsTimedOut',
    ...(workflow === 'plan' ? [] : ['ExecutionsAborted']),
  ];
  return {
    key: `failed-runs-${workflow}`,
    section: 'alarm-failed-runs',
    says: `A run of the workflow "${workflow}" died instead of ending: Cairn failed, not Terraform.`,
    metrics: bad.map((name) => ({
      namespace: 'AWS/States',
      name,
      dimensions: { StateMachineArn: arn },
      statistic: 'Sum',
    })),
    minutes: 5,
    periods: 1,
    threshold: 1,
  };
}

function scheduled(): string[] {
  return Object.entries(FUNCTIONS)
    .filter(([, { trigger }]) => trigger.kind === 'schedule')
    .map(([name]) => name);
}

function functionMetric(name: string, metric: 'Errors' | 'Invocations'): MetricSource {
  return {
    namespace: 'AWS/Lambda',
    name: metric,
    dimensions: { FunctionName: `cairn-${name}` },
    statistic: 'Sum',
  };
}

function own<Name extends MetricName>(
  name: Name,
  dimensions: Dimensions<Name>,
  statistic: MetricSource['statistic'],
): MetricSource {
  return { namespace: NAMESPACE, name, dimensions: { service: SERVICE, ...dimensions }, statistic };
}
