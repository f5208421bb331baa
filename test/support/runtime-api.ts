import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { bodyOf, listen } from './http.ts';

/** What a function answered, or the error that it threw as Lambda hands it on. */
type Invoked =
  | { ok: true; payload: unknown }
  | { ok: false; error: { errorType: string; errorMessage: string } };

/**
 * Lambda's Runtime API for one execution environment: its client asks for the next invocation, and answers it.
 * Source: the Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
 */
export interface RuntimeApi {
  /** `127.0.0.1:PORT`, the value of AWS_LAMBDA_RUNTIME_API. */
  address: string;
  invoke(event: unknown): Promise<Invoked>;
  /** Its client is gone: whoever waits gets this as the error. */
  ended(why: string): void;
  close(): Promise<void>;
}

const DEADLINE = 60_000;

export async function startRuntimeApi(functionName: string): Promise<RuntimeApi> {
  const queue: { id: string; event: unknown }[] = [];
  const answers = new Map<string, (invoked: Invoked) => void>();
  let asking: ServerResponse | null = null;
  /** Why the client could not even load the function: every invocation fails with it. */
  let broken: Invoked | null = null;

  const hand = (): void => {
    if (!asking || queue.length === 0) return;
    const next = queue.shift() as (typeof queue)[number];
    asking.writeHead(200, {
      'content-type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': next.id,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + DEADLINE),
      'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:eu-west-1:123456789012:function:${functionName}`,
      'Lambda-Runtime-Trace-Id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0',
    });
    asking.end(JSON.stringify(next.event));
    asking = null;
  };

  const server = createServer(async (request, response) => {
    const body = (await bodyOf(request)).toString('utf8');
    const url = request.url ?? '';
    if (url.endsWith('/invocation/next')) {
      asking = response;
      hand();
      return;
    }
    const [, id = '', what] = /\/invocation\/([^/]+)\/(response|error)$/.exec(url) ?? [];
    const invoked: Invoked =
      what === 'response'
        ? { ok: true, payload: JSON.parse(body || 'null') }
        : { ok: false, error: JSON.parse(body || '{}') };
    if (url.endsWith('/init/error')) {
      broken = invoked;
      for (const answer of answers.values()) answer(invoked);
    }
    answers.get(id)?.(invoked);
    answers.delete(id);
    response.writeHead(202).end();
  });
  const { port, close } = await listen(server);

  return {
    address: `127.0.0.1:${port}`,
    invoke(event) {
      if (broken) return Promise.resolve(broken);
      return new Promise((resolve) => {
        const id = randomUUID();
        answers.set(id, resolve);
        queue.push({ id, event });
        hand();
      });
    },
    ended(why) {
      broken = { ok: false, error: { errorType: 'Runtime.ExitError', errorMessage: why } };
      for (const answer of answers.values()) answer(broken);
    },
    close,
  };
}
