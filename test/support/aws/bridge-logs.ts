import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';

/** How often lines are sent, in ms; the awslogs driver takes up to five seconds. */
const FLUSH = 50;

/** The awslogs driver: one event per line, in order; it drops empty lines, since CloudWatch keeps none. */
export async function keepLog(
  logs: CloudWatchLogsClient,
  group: string,
  stream: string,
  output: Readable,
): Promise<void> {
  await once(logs.send(new CreateLogGroupCommand({ logGroupName: group })));
  await once(logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream })));
  let lines: { timestamp: number; message: string }[] = [];
  const flush = async () => {
    const logEvents = lines;
    lines = [];
    if (logEvents.length === 0) return;
    await logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
  };
  let sending: Promise<void> | null = null;
  for await (const message of createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (message === '') continue;
    lines.push({ timestamp: Date.now(), message });
    sending ??= sleep(FLUSH)
      .then(flush)
      .finally(() => {
        sending = null;
      });
  }
  await sending;
  await flush();
}

async function once(created: Promise<unknown>): Promise<void> {
  try {
    await created;
  } catch (error) {
    if ((error as Error).name !== 'ResourceAlreadyExistsException') throw error;
  }
}
