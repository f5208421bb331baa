import { type Dimensions, type MetricName, NAMESPACE, SERVICE } from '../lambdas/metrics.ts';
import { DIED } from './constructs/rules.ts';
import { REQUEST_SCHEDULE_GROUP } from './names.ts';
import { SCHEDULES_DEAD } from './permissions/grants.ts';

/** What a metric counts in five minutes, where it does not say otherwise. */
export interface MetricSource {
  namespace: 'AWS/SQS' | 'AWS/Events' | 'AWS/Lambda' | 'AWS/ApiGateway' | 'AWS/Scheduler' | 'Cairn';
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
  api: { id: string; stage: string };
  /** A repository may have ephemeral environments. */
  ephemeral: boolean;
}

/** Every alarm, as a value. What functions count themselves stands in lambdas/metrics.ts. */
export function alarms(world: AlarmWorld): AlarmSpec[] {
  return [
    ...Object.entries(world.deadLetters).map(([name, queue]) => deadLetters(name, queue)),
    ...(world.ephemeral ? ofEphemeral() : []),
    {
      key: 'failed-runs',
      section: 'alarm-failed-runs',
      says: 'A run of a workflow died instead of ending: Cairn failed, not Terraform.',
      // What the rules of all workflows let through: three metrics of each state machine would be ten times as dear.
      metrics: DIED.map((rule) => ruleMetric(`cairn-${rule}`)),
      minutes: 5,
      periods: 1,
      threshold: 1,
    },
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
      // Each call that failed is put there, by Lambda or by Scheduler.
      metrics: [
        {
          namespace: 'AWS/SQS',
          name: 'NumberOfMessagesSent',
          dimensions: { QueueName: `cairn-${SCHEDULES_DEAD}` },
          statistic: 'Sum',
        },
      ],
      minutes: 60,
      periods: 1,
      threshold: 3,
    },
    {
      key: 'no-look-at-heads',
      section: 'alarm-no-look-at-heads',
      says: 'Nobody has looked at the branch heads for half an hour: a push whose delivery was lost stays unseen.',
      metrics: [
        {
          namespace: 'AWS/Lambda',
          name: 'Invocations',
          dimensions: { FunctionName: 'cairn-LookAtHeads' },
          statistic: 'Sum',
        },
      ],
      minutes: 15,
      periods: 2,
      threshold: 1,
      below: true,
      silenceIsBad: true,
    },
  ];
}

/** Who has none pays for none. The end of a freeze has a schedule too: without these it shows in `cairn doctor --aws`. */
function ofEphemeral(): AlarmSpec[] {
  return [
    {
      key: 'leaked-environments',
      section: 'alarm-leaked-environments',
      says: 'Something of an ephemeral environment is left that could not be destroyed, and costs money.',
      metrics: [own('Leaked', {}, 'Sum')],
      // A sweep looks every quarter of an hour; the first one after a destroy is soon enough.
      minutes: 30,
      periods: 1,
      threshold: 1,
    },
    {
      key: 'lost-schedules',
      section: 'alarm-lost-schedules',
      says: 'The end of an ephemeral environment, its warning, or the end of a freeze was given up by EventBridge Scheduler.',
      metrics: [
        {
          namespace: 'AWS/Scheduler',
          name: 'InvocationDroppedCount',
          dimensions: { ScheduleGroup: REQUEST_SCHEDULE_GROUP },
          statistic: 'Sum',
        },
      ],
      minutes: 5,
      periods: 1,
      threshold: 1,
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

/** Events that a rule of the account's own bus let through. */
function ruleMetric(rule: string): MetricSource {
  return {
    namespace: 'AWS/Events',
    name: 'TriggeredRules',
    dimensions: { RuleName: rule },
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
