import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { InvalidInput } from '../core/errors.ts';
import { readDriftHistory } from '../core/record/drift/drift.ts';
import { type RunFilter, WORKFLOWS } from '../core/requests/run.ts';
import { readBody } from './body.ts';
import { type Caller, callerOf, readable, readableRepositories, writable } from './caller.ts';
import { environmentView, repositoryView } from './environments.ts';
import { ephemeralView, ephemeralViews, shownTo } from './ephemerals.ts';
import { schemaProblems } from './errors.ts';
import { followLog, followLogs, followRun } from './follow.ts';
import type { ApiHost } from './host.ts';
import { jobPrefix, jobsOf, logPart, outputPart } from './jobs.ts';
import { parseRequestBody, toRequest, triggerOf } from './requests.ts';
import { listRuns } from './run-list.ts';
import { commandJob, findRun, runView } from './run-view.ts';

const LARGEST = 64 * 1024;

type Env = { Variables: { caller: Caller } };

/** The API for programs. Everything needs a token; what is read needs read access, what is asked for write access. */
export function v1Routes(host: ApiHost): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    c.header('Cache-Control', 'no-store');
    c.set('caller', await callerOf(host, c.req.header('authorization')));
    await next();
  });

  app.get('/me', (c) => c.json({ login: c.var.caller.login }));

  app.get('/repositories', async (c) =>
    c.json({ repositories: await readableRepositories(host, c.var.caller) }),
  );

  app.get('/environments', async (c) => {
    const repositories = await chosen(host, c);
    const views = await Promise.all(repositories.map((repository) => repositoryView(host, repository)));
    const problems = views.flatMap(({ repository, problem }) =>
      problem === null ? [] : [{ repository, problem }],
    );
    return c.json({ environments: views.flatMap(({ environments }) => environments), problems });
  });

  app.get('/environments/:owner/:name/:environment', async (c) => {
    const { owner, name, environment } = c.req.param();
    const repository = await readable(host, c.var.caller, `${owner}/${name}`);
    const view = await environmentView(host, repository, environment);
    const [ephemeral = null] = await shownTo(host, c.var.caller, view.ephemeral ? [view.ephemeral] : []);
    return c.json({ ...view, ephemeral });
  });

  app.get('/environments/:owner/:name/:environment/drift', async (c) => {
    const { owner, name, environment } = c.req.param();
    const repository = await readable(host, c.var.caller, `${owner}/${name}`);
    const { limit } = parseQuery(limitSchema, c.req.query());
    const { drift } = await environmentView(host, repository, environment);
    return c.json({ drift, history: await readDriftHistory(host.ports, repository, environment, limit) });
  });

  app.get('/ephemerals', async (c) => {
    const repositories = await chosen(host, c);
    const views = await Promise.all(
      repositories.map(async (repository) =>
        shownTo(host, c.var.caller, await ephemeralViews(host, repository)),
      ),
    );
    return c.json({ ephemerals: views.flat() });
  });

  app.get('/ephemerals/:owner/:name/:environment', async (c) => {
    const { owner, name, environment } = c.req.param();
    const repository = await readable(host, c.var.caller, `${owner}/${name}`);
    const view = await ephemeralView(host, repository, environment);
    const [shown] = await shownTo(host, c.var.caller, [view]);
    return c.json(shown);
  });

  app.get('/runs', async (c) => {
    const { repository: _, ...filter } = parseQuery(filterSchema, c.req.query());
    return c.json({ runs: await listRuns(host, await chosen(host, c), filter as RunFilter) });
  });

  app.get('/runs/:id', async (c) =>
    c.json(await runView(host, await findRun(host, c.var.caller, c.req.param('id')))),
  );

  app.get('/runs/:id/follow', async (c) =>
    followRun(c, host, await findRun(host, c.var.caller, c.req.param('id'))),
  );

  app.get('/runs/:id/logs/follow', async (c) =>
    followLogs(c, host, await findRun(host, c.var.caller, c.req.param('id'))),
  );

  app.get('/runs/:id/jobs', async (c) => {
    const run = await findRun(host, c.var.caller, c.req.param('id'));
    return c.json({ jobs: await jobsOf(host.ports, run) });
  });

  app.get('/runs/:id/jobs/:job/log', async (c) => {
    const run = await findRun(host, c.var.caller, c.req.param('id'));
    const { offset } = parseQuery(offsetSchema, c.req.query());
    return c.json(await logPart(host.ports, jobPrefix(run, c.req.param('job')), offset));
  });

  app.get('/runs/:id/jobs/:job/follow', async (c) => {
    const run = await findRun(host, c.var.caller, c.req.param('id'));
    return followLog(c, host, run, jobPrefix(run, c.req.param('job')));
  });

  app.get('/runs/:id/output', async (c) => {
    const run = await findRun(host, c.var.caller, c.req.param('id'));
    const { offset } = parseQuery(offsetSchema, c.req.query());
    return c.json(await outputPart(host.ports, await commandJob(host, run), offset));
  });

  app.post('/requests', async (c) => {
    const { caller } = c.var;
    const trigger = triggerOf(caller.login, c.req.header('idempotency-key'));
    const body = parseRequestBody(await readBody(c.req.raw, LARGEST));
    const repository = await writable(host, caller, body.repository ?? onlyOne(host));
    const request = toRequest(body, repository, caller.login, trigger);
    const answer = await host.request(request);
    host.log('info', 'asked through the API', { command: body.command, repository, login: caller.login });
    return c.json({ repository, ...answer, ...links(host, answer) });
  });

  return app;
}

const count = z.coerce.number().int();
const limitSchema = z.object({ limit: count.min(1).max(200).default(30) });
const offsetSchema = z.object({ offset: count.min(0).default(0) });
const filterSchema = z.strictObject({
  repository: z.string().max(200).optional(),
  environment: z.string().max(100).optional(),
  pull: count.positive().optional(),
  workflow: z.enum(WORKFLOWS).optional(),
  active: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  limit: count.min(1).max(200).default(30),
});

function parseQuery<T>(schema: z.ZodType<T>, query: Record<string, string>): T {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(schemaProblems(parsed.error), { cause: parsed.error });
}

/** The repository that the query names, or all that the caller can read. */
async function chosen(host: ApiHost, c: Context<Env>): Promise<string[]> {
  const named = c.req.query('repository');
  if (named === undefined) return readableRepositories(host, c.var.caller);
  return [await readable(host, c.var.caller, named)];
}

function onlyOne(host: ApiHost): string {
  const [repository, ...more] = host.repositories;
  if (repository !== undefined && more.length === 0) return repository;
  throw new InvalidInput(
    `Say which repository: this server watches ${host.repositories.join(', ') || 'none'}.`,
  );
}

/** Addresses of the runs that an answer names. */
function links(host: ApiHost, answer: Record<string, unknown>): { urls: Record<string, string> } {
  const started = Array.isArray(answer['started']) ? answer['started'] : [];
  const ids = [...started, answer['runId']].filter((id) => typeof id === 'string');
  return { urls: Object.fromEntries(ids.map((id) => [id, host.ports.links.run(id)])) };
}
