import type AwsXray from 'aws-xray-sdk-core';

/**
 * X-Ray, in this file alone: its SDK is in maintenance, and whoever takes another changes nothing else. Lambda
 * writes the segment of an invocation; here are the subsegments of what it asks of AWS and of GitHub. The SDK's
 * code is loaded only for an invocation that is sampled.
 */

let xray: typeof AwsXray | null = null;
/** Of the invocation at hand; null if it is not sampled. */
let current: AwsXray.Segment | null = null;

/** Called as an invocation begins. */
export async function beginTrace(header = process.env['_X_AMZN_TRACE_ID']): Promise<void> {
  current = null;
  const { Root: root, Parent: parent, Sampled: sampled } = partsOf(header ?? '');
  if (root === undefined || parent === undefined || sampled !== '1') return;
  xray ??= await load();
  // The segment is Lambda's own: it is never sent from here, its subsegments are, each when it ends.
  current = Object.assign(new xray.Segment('lambda', root, parent), { id: parent, counter: 1 });
}

async function load(): Promise<typeof AwsXray> {
  const { default: sdk } = await import('aws-xray-sdk-core');
  const quiet = () => undefined;
  sdk.setLogger({ debug: quiet, info: quiet, warn: quiet, error: quiet });
  sdk.setStreamingThreshold(0);
  return sdk;
}

/** A piece of this invocation's time under a name; nothing but the work where the invocation is not sampled. */
export async function traced<T>(
  what: { name: string; namespace: 'aws' | 'remote' },
  work: (note: (key: string, value: Record<string, unknown>) => void) => Promise<T>,
): Promise<T> {
  if (!current) return work(() => undefined);
  // X-Ray takes no other characters in a name.
  const subsegment = current.addNewSubsegment(what.name.replace(/[^\p{L}\p{N} _.:/%&#=+\\@-]/gu, '-'));
  subsegment.addAttribute('namespace', what.namespace);
  try {
    const answer = await work((key, value) => subsegment.addAttribute(key, value));
    subsegment.close();
    return answer;
  } catch (error) {
    // By name alone: a message may quote what was sent.
    subsegment.close(new Error(error instanceof Error ? error.name : 'Unknown'), true);
    throw error;
  }
}

/** Its address without the query, which may carry a ticket. */
export function tracedFetch(send: typeof fetch = fetch): typeof fetch {
  return (input, init) => {
    if (!current) return send(input, init);
    const url = new URL(input instanceof Request ? input.url : input);
    return traced({ name: url.hostname, namespace: 'remote' }, async (note) => {
      const request = { method: init?.method ?? 'GET', url: `${url.origin}${url.pathname}` };
      note('http', { request });
      const answer = await send(input, init);
      note('http', { request, response: { status: answer.status } });
      return answer;
    });
  };
}

/** The part of an SDK client that is used here, the same for all of them. */
interface Client {
  middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<Sent>,
        context: { clientName?: string; commandName?: string },
      ) => (args: never) => Promise<Sent>,
      options: { step: 'initialize'; name: string; override: true },
    ): void;
  };
}

interface Sent {
  output: { $metadata?: { requestId?: string; httpStatusCode?: number } };
}

/** Every call of the client becomes a subsegment. */
export function traceClient(client: Client): void {
  client.middlewareStack.add(
    (next, { clientName = '', commandName = '' }) =>
      (args) =>
        traced({ name: clientName.replace(/Client$/, ''), namespace: 'aws' }, async (note) => {
          const operation = commandName.replace(/Command$/, '');
          note('aws', { operation });
          const sent = await next(args);
          note('aws', { operation, request_id: sent.output.$metadata?.requestId ?? '' });
          return sent;
        }),
    { step: 'initialize', name: 'trace', override: true },
  );
}

function partsOf(header: string): Record<string, string | undefined> {
  return Object.fromEntries(header.split(';').map((part) => part.split('=', 2) as [string, string]));
}
