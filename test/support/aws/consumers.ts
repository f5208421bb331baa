import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { REGION } from './moto.ts';

interface ConsumerOptions {
  endpoint: string;
  queueUrl: string;
  /** The function that the messages are for. */
  handler(event: SQSEvent): Promise<unknown>;
  /** Messages in one call. Default: 10. */
  batchSize?: number;
  /** Calls at the same time. Default: 2. */
  concurrency?: number;
}

export interface Consumer {
  /** Messages that were handed to the function, each as often as it was. */
  readonly received: number;
  /** Those that it was done with. */
  readonly handled: number;
  /** What it threw. */
  errors: unknown[];
  /** Resolves when no call is under way any more; what was not handled stays in the queue. */
  stop(): Promise<void>;
}

/** Between two looks at an empty queue, in ms. */
const PAUSE = 50;

/**
 * An event source mapping of Lambda with `ReportBatchItemFailures`: what the function names as failed, and all
 * of it if it throws, comes again when its visibility timeout is over, until the queue's redrive policy says
 * where to; the rest is deleted.
 */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { endpoint, queueUrl, handler, batchSize = 10, concurrency = 2 } = options;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint, region: REGION, credentials });
  const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
  const arn = String((await sqs.send(asked)).Attributes?.['QueueArn']);
  const stopping = new AbortController();
  const errors: unknown[] = [];
  let received = 0;
  let handled = 0;

  async function look(): Promise<boolean> {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batchSize,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages: messages = [] } = await sqs.send(command);
    if (messages.length === 0) return false;
    received += messages.length;
    const failed = await call(messages);
    const done = messages.filter(({ MessageId }) => !failed.has(String(MessageId)));
    handled += done.length;
    if (done.length === 0) return true;
    const Entries = done.map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId, ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    return true;
  }

  /** Ids of the messages that failed. */
  async function call(messages: Message[]): Promise<Set<string>> {
    const all = new Set(messages.map(({ MessageId }) => String(MessageId)));
    try {
      const answer = await handler({ Records: messages.map((message) => recordOf(message, arn)) });
      const { batchItemFailures = [] } = (answer ?? {}) as Partial<SQSBatchResponse>;
      const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      // An answer that names what was not asked is taken for a failure of all.
      return failed.every((id) => all.has(id)) ? new Set(failed) : all;
    } catch (error) {
      errors.push(error);
      return all;
    }
  }

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      const found = await look().catch((error: unknown) => {
        if (!stopping.signal.aborted) errors.push(error);
        return false;
      });
      if (!found) await sleep(PAUSE, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const polling = Array.from({ length: concurrency }, poll);
  return {
    get received() {
      return received;
    },
    get handled() {
      return handled;
    },
    errors,
    async stop() {
      stopping.abort();
      await Promise.all(polling);
      sqs.destroy();
    },
  };
}

function recordOf(message: Message, eventSourceARN: string): SQSRecord {
  const { MessageId, ReceiptHandle, Body, Attributes, MD5OfBody } = message;
  return {
    messageId: String(MessageId),
    receiptHandle: String(ReceiptHandle),
    body: String(Body),
    attributes: (Attributes ?? {}) as unknown as SQSRecord['attributes'],
    messageAttributes: {},
    md5OfBody: String(MD5OfBody),
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: REGION,
  };
}
