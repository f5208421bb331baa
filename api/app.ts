import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { logProblem, problemOf } from './errors.ts';
import type { ApiHost } from './host.ts';
import { errorPage } from './pages/error.ts';
import { pageRoutes } from './pages/routes.ts';
import { slackRoutes } from './slack.ts';
import { v1Routes } from './v1.ts';
import { type WebhookCounts, webhookRoutes } from './webhook.ts';

/** All of Cairn's HTTP: the webhook, the API for programs, pages for people. The same on every host. */
export function createApp(host: ApiHost): Hono {
  const app = new Hono();
  const webhooks: WebhookCounts = { accepted: 0, duplicate: 0, ignored: 0, refused: 0 };

  app.use(async (c, next) => {
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
  });

  app.get('/healthz', async (c) => c.json({ ok: true, webhooks, ...(await host.health()) }));
  app.route('/webhook', webhookRoutes(host, webhooks));
  app.route('/slack', slackRoutes(host));
  app.route('/api/v1', v1Routes(host));
  app.route('/', pageRoutes(host));

  app.notFound((c) => {
    const message = 'There is nothing at this address.';
    return isForPeople(c.req.path)
      ? c.html(errorPage(404, message), 404)
      : c.json({ error: 'NotFound', message }, 404);
  });

  app.onError((error, c) => {
    const problem = problemOf(error);
    logProblem(host.log, c, error, problem);
    if (error instanceof HTTPException && problem.status === 401) c.header('WWW-Authenticate', 'Bearer');
    const { status, ...body } = problem;
    return isForPeople(c.req.path)
      ? c.html(errorPage(status, problem.message), status)
      : c.json(body, status);
  });

  return app;
}

function isForPeople(path: string): boolean {
  return !path.startsWith('/api/') && path !== '/webhook' && path !== '/slack/actions' && path !== '/healthz';
}
