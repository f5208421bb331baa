import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Hono } from 'hono';
import { signatureVerifier, type Verify } from '../adapters/github/signature.ts';
import { logProblem, problemOf } from '../api/errors.ts';
import type { WebhookHost } from '../api/host.ts';
import { type WebhookCounts, webhookRoutes } from '../api/webhook.ts';
import { Misconfigured } from '../core/errors.ts';
import { accept } from './accept.ts';
import { answer } from './http.ts';
import { OWN_PORTS } from './ports.ts';
import { lambda, type Working } from './runtime.ts';
import { onAws, type WebhookPorts } from './webhook-host.ts';

/** `POST /webhook` alone, for a quick start: checks, puts on the bus, answers. */
async function work(event: APIGatewayProxyEventV2, host: Working<WebhookPorts>) {
  const counts: WebhookCounts = { accepted: 0, duplicate: 0, ignored: 0, refused: 0 };
  const app = new Hono();
  app.route('/webhook', webhookRoutes(webhookHost(host), counts));
  app.onError((error, c) => {
    const problem = problemOf(error);
    logProblem(host.log, c, error, problem);
    const { status, ...body } = problem;
    // Nobody has shown yet who they are: what Cairn itself lacks is for its log.
    const message = status < 500 ? body.message : 'Cairn cannot take this delivery now; its log says why.';
    return c.json({ ...body, message }, status);
  });
  const answered = await answer(app, event, host, 'Webhook');
  for (const [outcome, count] of Object.entries(counts)) if (count > 0) host.count('Webhooks', { outcome });
  return answered;
}

export const make = lambda('Webhook', OWN_PORTS.Webhook, work);
export const handler = make(onAws);

function webhookHost({ env, ports, log }: Working<WebhookPorts>): WebhookHost {
  return {
    repositories: env.CAIRN_REPOSITORIES,
    // Cairn is a GitHub App here, and what a bot says asks for nothing in any case.
    self: null,
    log,
    async verifySignature(body, signature) {
      const verify = verifierOf(await ports.webhookSecret.get());
      return verify(new TextEncoder().encode(body), signature);
    },
    accept: (deliveryId, requests) => accept(ports, deliveryId, requests),
  };
}

/** Throws Misconfigured for a secret that is too short: not the sender's mistake. */
function verifierOf(secret: string): Verify {
  try {
    return signatureVerifier(secret);
  } catch (error) {
    throw new Misconfigured((error as Error).message, { cause: error });
  }
}
