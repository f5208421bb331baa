import { FilterLogEventsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { OperatorClients } from './clients.ts';

/** Most pages that are looked through: CloudWatch answers empty ones while it searches. */
const PAGES = 20;

/** The newest line of a log group since `since` (ms) that has `text` in it (any, if null); null if there is none. */
export async function findLine(
  { logs }: OperatorClients,
  logGroupName: string,
  since: number,
  text: string | null,
): Promise<{ at: number; message: string } | null> {
  let nextToken: string | undefined;
  let found: { at: number; message: string } | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await logs.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime: since,
        ...(text === null ? {} : { filterPattern: `"${text}"` }),
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    for (const { timestamp = 0, message = '' } of answer.events ?? []) {
      if (!found || timestamp > found.at) found = { at: timestamp, message };
    }
    nextToken = answer.nextToken;
    if (!nextToken) break;
  }
  return found;
}

/** A whole log stream, line by line. */
export async function readStream(
  { logs }: OperatorClients,
  logGroupName: string,
  logStreamName: string,
): Promise<string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await logs.send(
      new GetLogEventsCommand({
        logGroupName,
        logStreamName,
        startFromHead: true,
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    lines.push(...(answer.events ?? []).map(({ message = '' }) => message));
    // At the end the token stays as it was.
    if (!answer.nextForwardToken || answer.nextForwardToken === nextToken) break;
    nextToken = answer.nextForwardToken;
  }
  return lines;
}
