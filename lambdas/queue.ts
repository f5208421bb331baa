import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { z } from 'zod';
import { Unavailable } from '../core/errors.ts';
import { fieldsOf } from './fields.ts';
import type { Working } from './runtime.ts';

/** An event of EventBridge, as it lies in a queue. */
const envelope = z.object({
  id: z.string(),
  source: z.string(),
  'detail-type': z.string(),
  detail: z.unknown(),
});
export type BusEvent = z.infer<typeof envelope>;

/** Milliseconds. A call that is cut off brings back the whole batch, with what was done of it. */
const LAST_START = 10_000;

/**
 * Handles a batch of messages, one after the other: two events of one run that arrive together would else write
 * the same comment twice. What fails is told by its id and comes again, the rest does not; what fails too often,
 * or could never be read, ends in the dead-letter queue and raises its alarm.
 */
export function eachEvent<P>(handle: (event: BusEvent, host: Working<P>) => Promise<void>) {
  return async (batch: SQSEvent, host: Working<P>): Promise<SQSBatchResponse> => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of batch.Records) {
      const { messageId } = record;
      const fields = { messageId, receives: record.attributes.ApproximateReceiveCount };
      try {
        if (host.context.getRemainingTimeInMillis() < LAST_START) {
          throw new Unavailable('The messages before this one took all the time there was.');
        }
        const event = read(record);
        Object.assign(fields, fieldsOf(event.detail));
        await handle(event, host);
      } catch (error) {
        batchItemFailures.push({ itemIdentifier: messageId });
        host.failed(error, fields);
      }
    }
    return { batchItemFailures };
  };
}

/** It will not be another one the next time: the operator has to look at it. */
export class UnreadableMessage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableMessage';
  }
}

/** Throws UnreadableMessage, which never quotes the message. */
function read(record: SQSRecord): BusEvent {
  const parsed = envelope.safeParse(jsonOf(record.body));
  if (parsed.success) return parsed.data;
  throw new UnreadableMessage(
    `Message ${record.messageId} is no event of EventBridge: look at it in the dead-letter queue.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What is in an event; throws UnreadableMessage, naming what does not fit. */
export function detailOf<T>(schema: z.ZodType<T>, event: BusEvent): T {
  const parsed = schema.safeParse(event.detail);
  if (parsed.success) return parsed.data;
  throw new UnreadableMessage(
    `Event ${event.id} (${event.source}, ${event['detail-type']}) does not fit:\n${z.prettifyError(parsed.error)}`,
  );
}
