import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { ENDED, type Run } from '../core/requests/run.ts';
import type { ApiHost } from './host.ts';
import { jobIds, jobPrefix, logPart } from './jobs.ts';

/**
 * Server-sent events. Each look is a read of the store, so that it also works where the run's events are
 * written by another process. A connection ends after a while; a client goes on from `Last-Event-ID`.
 */
const LOOK_MS = 400;
const SAY_SOMETHING_MS = 15_000;
const LONGEST_MS = 14 * 60_000;

/** `event: status` (a StatusEvent, its id is `seq`), `event: run` when the run changed, `event: end`. */
export function followRun(c: Context, host: ApiHost, run: Run): Response {
  let after = lastSeen(c, 'after');
  let shown = '';
  return stream(c, host, async (sse) => {
    // The run first: when it says it has ended, every event of it is there to be read.
    const now = (await host.ports.runs.get(run.id)) ?? run;
    for (const event of await host.ports.runs.events(run.id)) {
      if (event.seq <= after) continue;
      after = event.seq;
      await sse.writeSSE({ event: 'status', id: String(event.seq), data: JSON.stringify(event) });
    }
    const text = JSON.stringify(now);
    if (text !== shown) await sse.writeSSE({ event: 'run', data: text });
    shown = text;
    return ENDED.includes(now.state);
  });
}

/** `event: log` with `{text}` (its id is the next byte offset), `event: end` when the job has ended. */
export function followLog(c: Context, host: ApiHost, run: Run, prefix: string): Response {
  let offset = lastSeen(c, 'offset');
  return stream(c, host, async (sse) => {
    for (;;) {
      const part = await logPart(host.ports, prefix, offset);
      offset = part.next;
      if (part.text !== '') {
        await sse.writeSSE({ event: 'log', id: String(offset), data: JSON.stringify({ text: part.text }) });
      }
      if (part.ended) return true;
      if (part.text === '') break;
    }
    // A job that was killed leaves no result; its run ends all the same.
    const now = await host.ports.runs.get(run.id);
    return now !== null && ENDED.includes(now.state);
  });
}

/** The logs of all jobs of a run: `event: log` with `{job, text}`, `event: end` when the run has ended. */
export function followLogs(c: Context, host: ApiHost, run: Run): Response {
  const offsets = new Map(Object.entries(offsetsOf(c.req.header('last-event-id'))));
  const done = new Set<string>();
  return stream(c, host, async (sse) => {
    // Asked first: of a run that has ended every log is there in full.
    const now = await host.ports.runs.get(run.id);
    for (const id of await jobIds(host.ports, run)) {
      while (!done.has(id)) {
        const part = await logPart(host.ports, jobPrefix(run, id), offsets.get(id) ?? 0);
        offsets.set(id, part.next);
        if (part.text !== '') {
          await sse.writeSSE({
            event: 'log',
            data: JSON.stringify({ job: id, text: part.text }),
            ...idOf(offsets),
          });
        }
        if (part.ended) done.add(id);
        if (part.text === '') break;
      }
    }
    return now !== null && ENDED.includes(now.state);
  });
}

/** How far each log was read, as an event's id; without one where it would not fit into a header. */
function idOf(offsets: Map<string, number>): { id?: string } {
  const id = Buffer.from(JSON.stringify(Object.fromEntries(offsets))).toString('base64url');
  return id.length > 6000 ? {} : { id };
}

const offsetsSchema = z.record(z.string(), z.number().int().nonnegative());

function offsetsOf(id: string | undefined): Record<string, number> {
  if (id === undefined) return {};
  try {
    return offsetsSchema.parse(JSON.parse(Buffer.from(id, 'base64url').toString()));
  } catch {
    // Not ours: from the beginning.
    return {};
  }
}

/** Calls `look` until it says that there is nothing more to come, the client leaves, or it has been long enough. */
function stream(c: Context, host: ApiHost, look: (sse: SSEStreamingApi) => Promise<boolean>): Response {
  const { longestFollow = LONGEST_MS } = host;
  // Without it a proxy keeps the events until the connection ends.
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (sse) => {
    let left = false;
    let wake = () => {};
    sse.onAbort(() => {
      left = true;
      wake();
    });
    const until = performance.now() + longestFollow;
    for (let silent = 0; !left && performance.now() < until; silent += LOOK_MS) {
      if (await look(sse)) {
        await sse.writeSSE({ event: 'end', data: '{}' });
        return;
      }
      if (silent >= SAY_SOMETHING_MS) {
        await sse.write(': still here\n\n');
        silent = 0;
      }
      if (left) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  });
}

function lastSeen(c: Context, parameter: string): number {
  const text = c.req.header('last-event-id') ?? c.req.query(parameter) ?? '0';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
