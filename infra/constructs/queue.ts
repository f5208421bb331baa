import { Duration } from 'aws-cdk-lib';
import { type EventPattern, type IEventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { QueueName } from '../../lambdas/functions.ts';
import { accept } from './accept.ts';

interface Patience {
  /** Times a message is handed to the function before it is dead. */
  receives: number;
  /** Seconds until a message that failed comes back; more than the function may take, or two would work on it. */
  pause: number;
  /** Seconds before a message is handed out for the first time; absent: none. */
  delay?: number;
  /** Messages that one call of the function gets at most. */
  batch: number;
  /** Calls at the same time at most; absent: as many as there is work for. */
  atOnce?: number;
}

/** How long a queue tries; people hear of what is dead by an alarm. */
export const PATIENCE: Record<QueueName, Patience> = {
  // One hour: GitHub, or Step Functions, may be away. Somebody waits for an answer, so it is tried again soon.
  requests: { receives: 24, pause: 150, batch: 5 },
  // Eight hours and 20 minutes: it fails as long as a job of the run is still there, and an apply has five.
  // A minute at first: Batch lists a job a moment after it was submitted, and is asked whether there is none.
  ended: { receives: 100, pause: 300, delay: 60, batch: 1 },
  // Two hours: an outage of GitHub or Slack. Later than that people look at the page of the run anyway. Both
  // want what is written for people to come in a row; two calls are the fewest that Lambda lets us ask for.
  github: { receives: 48, pause: 150, batch: 10, atOnce: 2 },
  slack: { receives: 48, pause: 150, batch: 10, atOnce: 2 },
};

interface BusQueueProps {
  name: QueueName;
  bus: IEventBus | null;
  /** Several: each becomes a rule of its own. */
  patterns: Record<string, EventPattern>;
  /** Its role may read the queue: `triggerGrants`. */
  consumer: IFunction;
}

/**
 * What the bus says, kept until a function has done it: rule, queue, dead-letter queue, function. Nobody but
 * the rules may put anything in. No batching window: people wait for what these messages start and tell.
 */
export class BusQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, { name, bus, patterns, consumer }: BusQueueProps) {
    super(scope, `Queue-${name}`);
    const { receives, pause, delay = 0, batch, atOnce } = PATIENCE[name];
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', `cairn-${name}-dead`);
    this.queue = new Queue(this, 'Queue', {
      queueName: `cairn-${name}`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(pause),
      deliveryDelay: Duration.seconds(delay),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receives },
    });
    for (const [id, eventPattern] of Object.entries(patterns)) {
      new Rule(this, id, {
        ruleName: `cairn-${id}`,
        ...(bus ? { eventBus: bus } : {}),
        eventPattern,
        targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
      });
    }
    new EventSourceMapping(this, 'Reader', {
      target: consumer,
      eventSourceArn: this.queue.queueArn,
      batchSize: batch,
      reportBatchItemFailures: true,
      ...(atOnce === undefined ? {} : { maxConcurrency: atOnce }),
    });
  }
}

/** Kept for 14 days, the longest that SQS offers: people have to look at what is in it. */
export function deadLetterQueue(scope: Construct, id: string, queueName: string): Queue {
  const queue = new Queue(scope, id, {
    queueName,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  accept(queue, { 'AwsSolutions-SQS3': 'It is a dead-letter queue.' });
  return queue;
}
