import { Hono } from 'hono';
import { InvalidInput } from '../core/errors.ts';
import type { Request } from '../core/requests/request.ts';
import { requestFromWebhook } from '../core/requests/webhook.ts';
import { readBody } from './body.ts';
import type { WebhookHost } from './host.ts';

/** GitHub sends at most 25 MB. */
const LARGEST = 25 * 1024 * 1024;
const DELIVERY = /^[A-Za-z0-9-]{1,100}$/;
const EVENT = /^[a-z0-9_]{1,100}$/;

export interface WebhookCounts {
  accepted: number;
  duplicate: number;
  ignored: number;
  refused: number;
}

/** `POST /webhook`: checks, puts on the bus, answers; the work comes afterwards. */
export function webhookRoutes(host: WebhookHost, counts: WebhookCounts): Hono {
  const app = new Hono();

  app.post('/', async (c) => {
    const deliveryId = c.req.header('x-github-delivery') ?? '';
    const event = c.req.header('x-github-event') ?? '';
    try {
      const body = await readBody(c.req.raw, LARGEST);
      // Only this header: a signature by SHA-1 (`x-hub-signature`) does not count.
      const signed = await host.verifySignature(body, c.req.header('x-hub-signature-256') ?? null);
      if (!signed) {
        counts.refused++;
        host.log('warn', 'webhook with a bad signature', {
          deliveryId: safe(deliveryId),
          event: safe(event),
        });
        const message =
          'The signature does not fit: X-Hub-Signature-256 must be the HMAC-SHA-256 of the body under the webhook secret of this server.';
        return c.json({ error: 'BadSignature', message }, 401);
      }
      if (!DELIVERY.test(deliveryId)) throw new InvalidInput('X-GitHub-Delivery is missing or malformed.');
      if (!EVENT.test(event)) throw new InvalidInput('X-GitHub-Event is missing or malformed.');

      const answer = await handle(host, { event, deliveryId, payload: parse(body) });
      if ('ignored' in answer) counts.ignored++;
      else if ('duplicate' in answer) counts.duplicate++;
      else counts.accepted++;
      host.log('info', 'webhook', { deliveryId, event, ...answer });
      return c.json(answer, 202);
    } catch (error) {
      counts.refused++;
      throw error;
    }
  });

  return app;
}

type Answer = { accepted: number } | { duplicate: true } | { ignored: string };

async function handle(
  host: WebhookHost,
  delivery: { event: string; deliveryId: string; payload: unknown },
): Promise<Answer> {
  const requests = requestFromWebhook(delivery, { self: host.self });
  if (!Array.isArray(requests)) return { ignored: requests.ignored };

  // As the operator wrote it: locks, runs and the record know a repository by one spelling.
  const watched = new Map(host.repositories.map((name) => [name.toLowerCase(), name]));
  const named = requests.map((request) => ({
    ...request,
    repository: watched.get(request.repository.toLowerCase()) ?? null,
  }));
  const known = named.filter((request): request is Request => request.repository !== null);
  if (known.length < requests.length) return { ignored: 'a repository that is not watched by this server' };

  const outcome = await host.accept(delivery.deliveryId, known);
  return outcome === 'duplicate' ? { duplicate: true } : { accepted: requests.length };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new InvalidInput(
      'The body is not JSON. Set the content type of the webhook to application/json.',
      // The parser's message quotes the body.
      { cause: error instanceof Error ? error.name : undefined },
    );
  }
}

/** What somebody unknown sent, fit for a log line. */
function safe(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '?').slice(0, 100);
}
