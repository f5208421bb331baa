import { PRICES } from './prices.ts';

/** A row of a bill, in USD. */
export interface Item {
  what: string;
  why: string;
  usd: number;
}

/** What stands in the account, counted in the templates. */
export interface Counts {
  keys: number;
  secrets: number;
  /** Metrics that alarms look at: an alarm costs as many times its price. */
  alarms: number;
  dashboards: number;
  /** Queues that a function polls. */
  polledQueues: number;
  /** A month's invocations by schedules. */
  scheduled: number;
  /** Those of them that may read a secret, which none keeps for longer than five minutes. */
  secretReads: number;
  /** Custom metrics that are sent although nothing happens. */
  metrics: number;
}

/** Lambda polls a queue with five connections, each of which asks again after 20 s of silence. */
const POLLS_A_MONTH = 5 * 3 * 60 * 24 * 30;

/** GB of both images, compressed: about 0.25 for the executor and 0.15 for the functions, two versions each. */
const IMAGES = 0.8;

/** What it costs in a month in which nothing happens. */
export function atRest(counts: Counts): Item[] {
  const { keys, secrets, alarms, dashboards, polledQueues, scheduled, secretReads, metrics } = counts;
  const items: Item[] = [
    { what: 'KMS', why: `${keys} key`, usd: keys * PRICES.key },
    { what: 'Secrets Manager', why: `${secrets} secrets`, usd: secrets * PRICES.secret },
    { what: 'CloudWatch', why: `alarms that look at ${alarms} metrics`, usd: alarms * PRICES.alarm },
    {
      what: 'CloudWatch',
      why: `${metrics} custom metrics that are always sent`,
      usd: metrics * PRICES.metric,
    },
    { what: 'CloudWatch', why: `${dashboards} dashboards`, usd: dashboards * PRICES.dashboard },
    {
      what: 'SQS',
      why: `${polledQueues} queues, polled by Lambda`,
      usd: polledQueues * POLLS_A_MONTH * PRICES.queueRequest,
    },
    {
      what: 'Scheduler and Lambda',
      why: `${scheduled} looks and sweeps of 1 s with 0.5 GB`,
      usd: scheduled * (PRICES.event + PRICES.invocation + 0.5 * PRICES.lambdaGbSecond),
    },
    { what: 'X-Ray', why: 'their traces', usd: scheduled * PRICES.trace },
    {
      what: 'Secrets Manager and KMS',
      why: `${secretReads} reads by those that need GitHub`,
      usd: secretReads * (PRICES.secretRequest + PRICES.keyRequest),
    },
    { what: 'ECR', why: `${IMAGES} GB of images`, usd: IMAGES * PRICES.image },
  ];
  return items.filter(({ usd }) => usd > 0);
}

export interface Work {
  /** State transitions of the run. */
  transitions: number;
  /** Jobs, each with a task of its own; seconds that one holds it, its start included. */
  jobs: number;
  seconds: number;
  /** vCPU and GB of a job. */
  cpu: number;
  memory: number;
  /** Steps: functions that were called. */
  steps: number;
  /** Status events, each of which is stored, put on the bus and read from a queue. */
  events: number;
}

/** What so many runs of a kind cost. Plans cost less on Spot: its price moves, so on demand is counted. */
export function ofRuns(runs: number, work: Work): Item[] {
  const hours = (runs * work.jobs * work.seconds) / 3600;
  return [
    {
      what: 'Fargate',
      why: `${work.jobs} jobs a run, ${work.seconds} s each, ${work.cpu} vCPU and ${work.memory} GB`,
      usd: hours * (work.cpu * PRICES.fargateCpuHour + work.memory * PRICES.fargateGbHour),
    },
    { what: 'Public addresses', why: 'while jobs run', usd: hours * PRICES.addressHour },
    {
      what: 'Step Functions',
      why: `${work.transitions} transitions a run`,
      usd: runs * work.transitions * PRICES.transition,
    },
    {
      what: 'Lambda',
      why: `${work.steps} steps a run, 2 s each with 1 GB`,
      usd: runs * (work.steps + work.events) * (PRICES.invocation + 2 * PRICES.lambdaGbSecond),
    },
    {
      what: 'EventBridge, SQS, DynamoDB, S3, KMS',
      why: `${work.events} status events and about ${10 * (work.steps + work.jobs)} reads and writes a run`,
      usd:
        runs *
        (work.events * (PRICES.event + 3 * PRICES.queueRequest + 3 * PRICES.write) +
          10 * (work.steps + work.jobs) * (PRICES.put / 2 + PRICES.get / 2 + PRICES.keyRequest)),
    },
    { what: 'CloudWatch Logs', why: '50 KB a job', usd: ((runs * work.jobs * 50) / 1e6) * PRICES.logs },
  ];
}

export function total(items: readonly Item[]): number {
  return items.reduce((sum, { usd }) => sum + usd, 0);
}
