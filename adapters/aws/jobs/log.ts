import { type CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { parseJobPrefix } from '../../../core/jobs/names.ts';
import type { Artifacts } from '../../../core/ports.ts';
import { isAws, reach } from '../clients/errors.ts';
import { lineOf } from './lines.ts';

/** `<prefix>/out/stream.json`, of a later attempt `stream-<attempt>.json`: written once, by the executor when it starts. */
const jobStream = z.object({ group: z.string().min(1), stream: z.string().min(1).max(512) });

/** At most this much is answered at once, in bytes: the caller asks again from there. */
const MOST = 512 * 1024;

/** At most this many pages are read for an answer, of 1 MB or 10,000 lines each; the whole log is stored at the end. */
const PAGES = 60;

/**
 * A job's log from a byte offset, as far as CloudWatch has it; empty if there is none yet. It is read from its
 * head: events have no byte offsets, and a position kept from an earlier call may be another function's.
 */
export async function readLog(
  logs: CloudWatchLogsClient,
  artifacts: Pick<Artifacts, 'get' | 'list'>,
  group: string,
  prefix: string,
  offset: number,
): Promise<string> {
  const stream = await streamOf(artifacts, prefix);
  if (stream === null || stream.group !== group || !mayBeOf(prefix, stream.stream)) return '';

  const parts: Buffer[] = [];
  let skip = offset;
  let length = 0;
  let token: string | undefined;
  for (let page = 0; page < PAGES && length < MOST; page++) {
    const command = new GetLogEventsCommand({
      logGroupName: group,
      logStreamName: stream.stream,
      startFromHead: true,
      ...(token === undefined ? {} : { nextToken: token }),
    });
    const answer = await eventsOf(logs, command);
    if (answer === null) break;
    for (const { message = '' } of answer.events ?? []) {
      const line = Buffer.from(lineOf(message));
      const rest = line.subarray(Math.min(skip, line.byteLength));
      skip -= line.byteLength - rest.byteLength;
      if (length >= MOST) break;
      parts.push(rest);
      length += rest.byteLength;
    }
    // The token of the last page repeats.
    if (answer.nextForwardToken === undefined || answer.nextForwardToken === token) break;
    token = answer.nextForwardToken;
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Of the newest attempt. Null if the job has not said it yet, or says nonsense: that hides its own log alone. */
async function streamOf(
  artifacts: Pick<Artifacts, 'get' | 'list'>,
  prefix: string,
): Promise<z.infer<typeof jobStream> | null> {
  const keys = await artifacts.list(`${prefix}/out/stream`);
  const newest = keys.sort((a, b) => attemptOf(a) - attemptOf(b)).at(-1);
  if (newest === undefined) return null;
  try {
    const text = Buffer.from(await artifacts.get(newest)).toString('utf8');
    return jobStream.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * What runs in a job may write there too: it shows no log of another identity. The stacks name the streams of each
 * job definition and build so.
 */
function mayBeOf(prefix: string, stream: string): boolean {
  const identity = parseJobPrefix(prefix);
  if (identity === null) return false;
  const { repository, environment, stage } = identity;
  return stream.startsWith(`${repository}/${environment}/${stage}/`);
}

function attemptOf(key: string): number {
  return Number(/\/stream-(\d{1,2})\.json$/.exec(key)?.[1] ?? 1);
}

/** Null where the stream is not there yet: a job that has written nothing. */
async function eventsOf(logs: CloudWatchLogsClient, command: GetLogEventsCommand) {
  try {
    return await reach('the log of a job', () => logs.send(command));
  } catch (error) {
    if (isAws(error, 'ResourceNotFoundException')) return null;
    throw error;
  }
}
