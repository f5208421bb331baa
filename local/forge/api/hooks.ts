import { Hono } from 'hono';
import { z } from 'zod';
import { type Deliverer, headersOf, pingPayload } from '../hooks.ts';
import { apiUrl } from '../shapes/repository.ts';
import type { DeliveryRow, HookRow, RepositoryRow } from '../state.ts';
import {
  type Ctx,
  type Env,
  ForgeError,
  findRepository,
  nextId,
  notFound,
  now,
  permissionOf,
  type World,
} from '../world.ts';
import { bodyOf, integer, paged, pageOf, readable } from './request.ts';

const HOOK_EVENTS = ['push', 'pull_request', 'issue_comment'];

const newHook = z.object({
  active: z.boolean().default(true),
  events: z.array(z.string()).default(HOOK_EVENTS),
  config: z.object({ url: z.url(), secret: z.string().default(''), content_type: z.literal('json') }),
});

export function hookRoutes(world: World, deliverer: Deliverer): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo/hooks';

  app.get(at, (c) => {
    const repository = administered(world, c);
    return c.json(paged(c, repository.hooks).map((hook) => hookShape(world, repository, hook)));
  });

  app.post(at, async (c) => {
    const repository = administered(world, c);
    const { events, config } = await bodyOf(c, newHook);
    const hook = addHook(world, deliverer, repository, { ...config, events });
    return c.json(hookShape(world, repository, hook), 201);
  });

  app.get(`${at}/:id/deliveries`, (c) => {
    const hook = hookOf(administered(world, c), c);
    const rows = world.store.state.deliveries.filter((row) => row.hookId === hook.id).reverse();
    return c.json(fromCursor(c, rows).map((row) => itemShape(world, row)));
  });

  app.get(`${at}/:id/deliveries/:delivery`, (c) => {
    const hook = hookOf(administered(world, c), c);
    const row = deliveryOf(world, hook, c);
    const body = JSON.stringify(row.payload);
    const { 'x-hub-signature': _, 'x-hub-signature-256': __, ...headers } = headersOf(hook, row, body);
    return c.json({
      ...itemShape(world, row),
      url: hook.url,
      request: { headers, payload: row.payload },
      response: { headers: {}, payload: '' },
    });
  });

  app.post(`${at}/:id/deliveries/:delivery/attempts`, (c) => {
    const repository = administered(world, c);
    const hook = hookOf(repository, c);
    const row = deliveryOf(world, hook, c);
    deliverer.deliver(repository, hook, row.event, row.payload, row.guid);
    return c.json({}, 202);
  });

  // Apps have no webhook of their own here: what the hooks of the repositories send stands for it.
  app.get('/app/hook/deliveries', (c) => {
    appOf(c);
    const rows = [...world.store.state.deliveries].reverse();
    return c.json(fromCursor(c, rows).map((row) => itemShape(world, row)));
  });

  app.post('/app/hook/deliveries/:delivery/attempts', (c) => {
    appOf(c);
    const id = integer(c.req.param('delivery'));
    const row = world.store.state.deliveries.find((item) => item.id === id);
    const repository = row && findRepository(world, row.repository);
    const hook = repository?.hooks.find((item) => item.id === row?.hookId);
    if (!row || !repository || !hook) throw notFound();
    deliverer.deliver(repository, hook, row.event, row.payload, row.guid);
    return c.json({}, 202);
  });

  return app;
}

function appOf(c: Ctx): void {
  if (c.get('caller').kind !== 'app') {
    throw new ForgeError(401, 'A JSON web token could not be decoded');
  }
}

/** What is not sent yet is not listed. The page after this one begins at the delivery that the cursor names. */
function fromCursor(c: Ctx, newestFirst: DeliveryRow[]): DeliveryRow[] {
  const { perPage } = pageOf(c);
  const cursor = c.req.query('cursor');
  const sent = newestFirst.filter(({ status }) => status !== 'pending');
  const start = cursor === undefined ? 0 : sent.findIndex(({ id }) => `${id}` === cursor);
  if (start < 0) throw new ForgeError(422, 'Invalid cursor');
  const next = sent[start + perPage];
  if (next) {
    const url = new URL(c.req.url);
    url.searchParams.set('cursor', `${next.id}`);
    c.header('link', `<${url}>; rel="next"`);
  }
  return sent.slice(start, start + perPage);
}

export function addHook(
  world: World,
  deliverer: Deliverer,
  repository: RepositoryRow,
  wanted: { url: string; secret: string; events?: string[] | undefined },
): HookRow {
  const known = repository.hooks.find((hook) => hook.url === wanted.url);
  const hook = known ?? { id: nextId(world), url: wanted.url, secret: '', events: [], createdAt: now(world) };
  hook.secret = wanted.secret;
  hook.events = wanted.events ?? HOOK_EVENTS;
  if (!known) repository.hooks.push(hook);
  world.store.touch();
  deliverer.deliver(repository, hook, 'ping', pingPayload(world, repository, hook));
  return hook;
}

function administered(world: World, c: Ctx): RepositoryRow {
  const repository = readable(world, c);
  const { login } = c.get('caller');
  if (permissionOf(repository, login) === 'admin') return repository;
  if (login === null) throw new ForgeError(401, 'Requires authentication');
  throw notFound();
}

function hookOf(repository: RepositoryRow, c: Ctx): HookRow {
  const id = integer(c.req.param('id'));
  const hook = repository.hooks.find((row) => row.id === id);
  if (!hook) throw notFound();
  return hook;
}

function deliveryOf(world: World, hook: HookRow, c: Ctx): DeliveryRow {
  const id = integer(c.req.param('delivery'));
  const row = world.store.state.deliveries.find((item) => item.hookId === hook.id && item.id === id);
  if (!row) throw notFound();
  return row;
}

function hookShape(world: World, repository: RepositoryRow, hook: HookRow) {
  const url = `${apiUrl(world, repository)}/hooks/${hook.id}`;
  const last = world.store.state.deliveries.findLast((row) => row.hookId === hook.id);
  return {
    type: 'Repository',
    id: hook.id,
    name: 'web',
    active: true,
    events: hook.events,
    config: {
      url: hook.url,
      content_type: 'json',
      insecure_ssl: '0',
      ...(hook.secret ? { secret: '********' } : {}),
    },
    url,
    ping_url: `${url}/pings`,
    test_url: `${url}/test`,
    deliveries_url: `${url}/deliveries`,
    created_at: hook.createdAt,
    updated_at: hook.createdAt,
    last_response: {
      code: last?.statusCode ?? null,
      status: last?.status ?? 'unused',
      message: last?.status ?? null,
    },
  };
}

function itemShape(world: World, row: DeliveryRow) {
  return {
    id: row.id,
    guid: row.guid,
    delivered_at: row.deliveredAt,
    redelivery: row.redelivery,
    duration: row.duration,
    status: row.status,
    status_code: row.statusCode,
    event: row.event,
    action: row.action,
    installation_id: null,
    repository_id: world.store.state.repositories[row.repository.toLowerCase()]?.id ?? null,
    throttled_at: null,
  };
}
