import { Hono } from 'hono';
import { z } from 'zod';
import { isSha } from '../git.ts';
import { readCommit, resolveCommit } from '../objects.ts';
import { checkShape, simpleStatusShape, statusShape } from '../shapes/check.ts';
import { apiUrl, repositoryShape } from '../shapes/repository.ts';
import { userShape } from '../shapes/user.ts';
import type { CheckRow, RepositoryRow, StatusRow } from '../state.ts';
import { type Ctx, type Env, ForgeError, gitDir, nextId, notFound, now, type World } from '../world.ts';
import { bodyOf, integer, paged, readable, writable } from './request.ts';

const fields = {
  details_url: z.url().optional(),
  external_id: z.string().max(255).optional(),
  status: z.enum(['queued', 'in_progress', 'completed']).optional(),
  conclusion: z
    .enum(['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'])
    .optional(),
  started_at: z.string().optional(),
  completed_at: z.string().optional(),
  output: z
    .object({
      title: z.string().max(255).optional(),
      summary: z.string().max(65_535).optional(),
      text: z.string().max(65_535).optional(),
    })
    .optional(),
};
const newCheck = z.object({
  name: z.string().min(1).max(255),
  head_sha: z.string().refine(isSha),
  ...fields,
});
const checkChange = z.object({ name: z.string().min(1).max(255).optional(), ...fields });
const newStatus = z.object({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.url().nullish(),
  description: z.string().max(140, 'description is too long (maximum is 140 characters)').nullish(),
  context: z.string().min(1).max(255).default('default'),
});

export function checkRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo';

  app.post(`${at}/check-runs`, async (c) => {
    const { repository, login, appId } = asApp(world, c);
    const body = await bodyOf(c, newCheck);
    await needCommit(world, repository, body.head_sha);
    const check: CheckRow = {
      id: nextId(world),
      appId,
      sha: body.head_sha,
      name: body.name,
      status: 'queued',
      conclusion: null,
      title: null,
      summary: null,
      text: null,
      detailsUrl: null,
      externalId: '',
      startedAt: now(world),
      completedAt: null,
    };
    repository.checks.push(check);
    change(world, repository, check, login, body, 'created');
    return c.json(shapeOf(world, repository, check), 201);
  });

  app.patch(`${at}/check-runs/:id`, async (c) => {
    const { repository, login, appId } = asApp(world, c);
    const check = checkOf(repository, c);
    if (check.appId !== appId) throw new ForgeError(403, 'Invalid app_id for check run.');
    change(world, repository, check, login, await bodyOf(c, checkChange), 'updated');
    return c.json(shapeOf(world, repository, check));
  });

  app.get(`${at}/check-runs/:id`, (c) => {
    const repository = readable(world, c);
    return c.json(shapeOf(world, repository, checkOf(repository, c)));
  });

  app.get(`${at}/commits/:ref/check-runs`, async (c) => {
    const repository = readable(world, c);
    const sha = await commitOf(world, repository, c.req.param('ref'));
    const { check_name: name, filter = 'latest' } = c.req.query();
    const all = repository.checks.filter(
      (row) => row.sha === sha && (name === undefined || row.name === name),
    );
    const rows = filter === 'all' ? all : latestChecks(all);
    const shown = paged(c, [...rows].reverse()).map((row) => shapeOf(world, repository, row));
    return c.json({ total_count: rows.length, check_runs: shown });
  });

  app.post(`${at}/statuses/:sha`, async (c) => {
    const { repository, login } = writable(world, c);
    const sha = c.req.param('sha');
    await needCommit(world, repository, sha);
    const body = await bodyOf(c, newStatus);
    const row: StatusRow = {
      id: nextId(world),
      sha,
      state: body.state,
      context: body.context,
      description: body.description ?? null,
      targetUrl: body.target_url ?? null,
      creator: login,
      createdAt: now(world),
    };
    repository.statuses.push(row);
    return c.json(statusShape(world, repository, row), 201);
  });

  app.get(`${at}/commits/:ref/statuses`, async (c) => {
    const repository = readable(world, c);
    const sha = await commitOf(world, repository, c.req.param('ref'));
    const rows = repository.statuses.filter((row) => row.sha === sha).reverse();
    return c.json(paged(c, rows).map((row) => statusShape(world, repository, row)));
  });

  app.get(`${at}/commits/:ref/status`, async (c) => {
    const repository = readable(world, c);
    const sha = await commitOf(world, repository, c.req.param('ref'));
    const rows = latestStatuses(repository.statuses.filter((row) => row.sha === sha));
    const states = rows.map((row) => row.state);
    const failed = states.some((state) => state === 'failure' || state === 'error');
    const good = states.length > 0 && states.every((state) => state === 'success');
    return c.json({
      state: failed ? 'failure' : good ? 'success' : 'pending',
      statuses: rows.map((row) => simpleStatusShape(world, repository, row)),
      sha,
      total_count: rows.length,
      repository: repositoryShape(world, repository),
      commit_url: `${apiUrl(world, repository)}/commits/${sha}`,
      url: `${apiUrl(world, repository)}/commits/${sha}/status`,
    });
  });

  return app;
}

export function latestChecks(rows: CheckRow[]): CheckRow[] {
  return [...new Map(rows.map((row) => [`${row.appId} ${row.name}`, row])).values()];
}

export function latestStatuses(rows: StatusRow[]): StatusRow[] {
  return [...new Map(rows.map((row) => [row.context, row])).values()];
}

function asApp(world: World, c: Ctx) {
  const { repository, login } = writable(world, c);
  const { appId } = c.get('caller');
  if (appId === null) throw new ForgeError(403, 'You must authenticate via a GitHub App.');
  return { repository, login, appId };
}

function change(
  world: World,
  repository: RepositoryRow,
  check: CheckRow,
  login: string,
  body: z.infer<typeof checkChange>,
  action: 'created' | 'updated',
): void {
  if (body.status === 'completed' && body.conclusion === undefined) {
    throw new ForgeError(422, 'Invalid request. "conclusion" wasn\'t supplied.');
  }
  const wasDone = check.status === 'completed';
  check.name = body.name ?? check.name;
  // A conclusion completes the run, whatever the status says.
  check.status = body.conclusion === undefined ? (body.status ?? check.status) : 'completed';
  check.conclusion = check.status === 'completed' ? (body.conclusion ?? check.conclusion) : null;
  check.completedAt = check.status === 'completed' ? (body.completed_at ?? now(world)) : null;
  check.title = body.output?.title ?? check.title;
  check.summary = body.output?.summary ?? check.summary;
  check.text = body.output?.text ?? check.text;
  check.detailsUrl = body.details_url ?? check.detailsUrl;
  check.externalId = body.external_id ?? check.externalId;
  check.startedAt = body.started_at ?? check.startedAt;
  world.store.touch();
  const tell = (what: string) =>
    world.tell(repository, 'check_run', {
      action: what,
      check_run: shapeOf(world, repository, check),
      repository: repositoryShape(world, repository),
      sender: userShape(world, login),
    });
  if (action === 'created') tell('created');
  if (check.status === 'completed' && !wasDone) tell('completed');
}

function shapeOf(world: World, repository: RepositoryRow, check: CheckRow) {
  const app = world.store.state.apps.find((row) => row.id === check.appId);
  return checkShape(world, repository, check, app);
}

function checkOf(repository: RepositoryRow, c: Ctx): CheckRow {
  const id = integer(c.req.param('id'));
  const check = repository.checks.find((row) => row.id === id);
  if (!check) throw notFound();
  return check;
}

async function needCommit(world: World, repository: RepositoryRow, sha: string): Promise<void> {
  const commit = isSha(sha) ? await readCommit(gitDir(world, repository), sha) : null;
  if (!commit) throw new ForgeError(422, `No commit found for SHA: ${sha}`);
}

async function commitOf(world: World, repository: RepositoryRow, ref: string): Promise<string> {
  const sha = await resolveCommit(gitDir(world, repository), ref);
  if (sha === null) throw new ForgeError(422, `No commit found for SHA: ${ref}`);
  return sha;
}
