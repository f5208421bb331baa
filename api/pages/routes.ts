import { randomBytes } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { NotFound } from '../../core/errors.ts';
import { ENDED } from '../../core/requests/run.ts';
import { readBody } from '../body.ts';
import { type Caller, callerOfToken, readable, readableRepositories } from '../caller.ts';
import { environmentView, repositoryView } from '../environments.ts';
import { followLog, followRun } from '../follow.ts';
import type { ApiHost } from '../host.ts';
import { jobPrefix, type LogPart, logPart, outputPart } from '../jobs.ts';
import { listRuns } from '../run-list.ts';
import { commandJob, findRun, runView } from '../run-view.ts';
import { environmentBody, goneBody } from './environment.ts';
import { homeBody } from './home.ts';
import { jobBody, jobTitle } from './job.ts';
import { ICON, layout } from './layout.ts';
import { loginPage } from './login.ts';
import { type Html, jobPath, NOTHING, runPath } from './parts.ts';
import { runBody, runTitle } from './run.ts';
import { FOLLOW_LOG, FOLLOW_RUN } from './script.ts';
import { isFromThisMachine, nextPath, signIn, viewerOf } from './session.ts';
import { STYLE } from './style.ts';

type Env = { Variables: { viewer: Caller; nonce: string } };
type PageContext = Context<Env>;

/** Pages for people: they only show. What is asked for is asked in a comment, the command line or the API. */
export function pageRoutes(host: ApiHost): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/assets/style.css', (c) => asset(c, STYLE, 'text/css; charset=utf-8'));
  app.get('/assets/icon.svg', (c) => asset(c, ICON, 'image/svg+xml'));

  const guard = async (c: PageContext, next: () => Promise<void>) => {
    c.set('nonce', randomBytes(16).toString('base64'));
    c.header('Content-Security-Policy', policyOf(c.var.nonce));
    c.header('Cache-Control', 'no-store');
    if (host.pages === 'open' && !isFromThisMachine(c)) {
      throw new HTTPException(403, {
        message:
          'These pages are for this machine only: open them by 127.0.0.1 or localhost, not through a proxy. For others start the server with --public-url.',
      });
    }
    await next();
  };
  app.use('/', guard);
  app.use('/login', guard);
  app.use('/runs/*', guard);
  app.use('/environments/*', guard);

  app.get('/login', (c) => c.html(loginPage(nextPath(c.req.query('next')), null)));
  app.post('/login', (c) => login(c, host));

  const signedIn = async (c: PageContext, next: () => Promise<void>) => {
    const viewer = viewerOf(c, host);
    if (!viewer) return askWho(c);
    c.set('viewer', viewer);
    await next();
    return undefined;
  };
  app.use('/', signedIn);
  app.use('/runs/*', signedIn);
  app.use('/environments/*', signedIn);

  app.get('/', async (c) => {
    const repositories = await readableRepositories(host, c.var.viewer);
    const [views, runs] = await Promise.all([
      Promise.all(repositories.map((repository) => repositoryView(host, repository))),
      listRuns(host, repositories, { limit: 25 }),
    ]);
    return page(c, host, { title: 'Environments', body: homeBody(views, runs, host.ports.clock.now()) });
  });

  app.get('/environments/:owner/:name/:environment', async (c) => {
    const { owner, name, environment } = c.req.param();
    const repository = await readable(host, c.var.viewer, `${owner}/${name}`);
    const body = await environmentPage(host, repository, environment);
    return page(c, host, { title: environment, body });
  });

  app.get('/runs/:id', async (c) => {
    const run = await findRun(host, c.var.viewer, c.req.param('id'));
    const view = await runView(host, run);
    const seq = String(view.events.at(-1)?.seq ?? 0);
    const follow = ENDED.includes(run.state) ? {} : { follow: `${runPath(run.id)}/follow`, seq };
    const body = runBody(view, host.ports.clock.now());
    return page(c, host, { title: runTitle(view), body, code: FOLLOW_RUN, data: follow });
  });

  app.get('/runs/:id/follow', async (c) =>
    followRun(c, host, await findRun(host, c.var.viewer, c.req.param('id'))),
  );

  app.get('/runs/:id/jobs/:job', async (c) => {
    const run = await findRun(host, c.var.viewer, c.req.param('id'));
    const job = c.req.param('job');
    const log = await logPart(host.ports, jobPrefix(run, job), 0);
    const data = log.ended ? {} : { follow: `${jobPath(run.id, job)}/follow`, offset: String(log.next) };
    return page(c, host, { title: jobTitle(job), body: jobBody(run, job, log), code: FOLLOW_LOG, data });
  });

  app.get('/runs/:id/jobs/:job/follow', async (c) => {
    const run = await findRun(host, c.var.viewer, c.req.param('id'));
    return followLog(c, host, run, jobPrefix(run, c.req.param('job')));
  });

  app.get('/runs/:id/jobs/:job/log.txt', async (c) => {
    const run = await findRun(host, c.var.viewer, c.req.param('id'));
    const prefix = jobPrefix(run, c.req.param('job'));
    return c.text(await wholeOf((at) => logPart(host.ports, prefix, at)));
  });

  app.get('/runs/:id/output.txt', async (c) => {
    const run = await findRun(host, c.var.viewer, c.req.param('id'));
    const job = await commandJob(host, run);
    return c.text(await wholeOf((at) => outputPart(host.ports, job, at)));
  });

  return app;
}

async function environmentPage(host: ApiHost, repository: string, environment: string): Promise<Html> {
  const now = host.ports.clock.now();
  const runs = await host.ports.runs.list({ repository, environment, limit: 50 });
  try {
    return environmentBody(await environmentView(host, repository, environment), runs, now);
  } catch (error) {
    // Links of a run's page still lead here when an ephemeral one has ended.
    if (error instanceof NotFound && runs.length > 0) return goneBody(repository, environment, runs, now);
    throw error;
  }
}

async function wholeOf(read: (offset: number) => Promise<LogPart>): Promise<string> {
  let text = '';
  for (let at = 0; ; ) {
    const part = await read(at);
    text += part.text;
    at = part.next;
    if (part.ended || part.text === '') return text;
  }
}

async function login(c: PageContext, host: ApiHost): Promise<Response> {
  if (!['same-origin', 'none', undefined].includes(c.req.header('sec-fetch-site'))) {
    throw new HTTPException(403, { message: 'Sign in from the page of this server.' });
  }
  const form = new URLSearchParams(await readBody(c.req.raw, 10_000));
  const token = (form.get('token') ?? '').trim();
  const next = nextPath(form.get('next'));
  const caller = /^[\x21-\x7e]{1,1000}$/.test(token) ? await callerOfToken(host, token) : null;
  if (!caller) {
    host.log('warn', 'sign-in refused', {});
    return c.html(
      loginPage(next, 'That is neither the admin token of this server nor a token that GitHub accepts.'),
      401,
    );
  }
  signIn(c, host, caller);
  host.log('info', 'signed in', { login: caller.login });
  return c.redirect(next, 303);
}

function askWho(c: PageContext): Response | Promise<Response> {
  const here = new URL(c.req.url);
  const path = `${here.pathname}${here.search}`;
  // A strict cookie does not come along from another site's link (a comment on GitHub); from this page it does.
  if (c.req.header('sec-fetch-site') === 'cross-site') {
    return c.html(layout({ title: 'Cairn', body: NOTHING, refresh: nextPath(path) }));
  }
  if (path.includes('/follow')) throw new HTTPException(401, { message: 'Sign in first.' });
  return c.redirect(`/login?next=${encodeURIComponent(path)}`, 303);
}

function page(
  c: PageContext,
  host: ApiHost,
  { title, body, code, data }: { title: string; body: Html; code?: string; data?: Record<string, string> },
): Response | Promise<Response> {
  const login = host.pages === 'open' ? null : c.var.viewer.login;
  const script = code === undefined ? {} : { script: { nonce: c.var.nonce, code } };
  return c.html(layout({ title, body, login, data: data ?? {}, ...script }));
}

function policyOf(nonce: string): string {
  return `default-src 'none'; style-src 'self'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
}

function asset(c: Context, text: string, type: string): Response {
  return c.body(text, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=300' });
}
