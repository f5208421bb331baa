import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { appShape, installationShape, publicUserShape, userShape } from '../shapes/user.ts';
import type { AppRow } from '../state.ts';
import { type Ctx, type Env, ForgeError, findUser, notFound, permissionOf, type World } from '../world.ts';
import { integer, readable, writable } from './request.ts';

const HOUR = 3_600_000;

export function peopleRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/user', (c) => {
    const { kind, login } = c.get('caller');
    if (login === null) throw new ForgeError(401, 'Requires authentication');
    if (kind === 'installation') throw new ForgeError(403, 'Resource not accessible by integration');
    const user = findUser(world, login);
    if (!user) throw notFound();
    return c.json(publicUserShape(world, user));
  });

  app.get('/users/:login', (c) => {
    const user = findUser(world, c.req.param('login'));
    if (!user) throw notFound();
    return c.json(publicUserShape(world, user));
  });

  app.get('/repos/:owner/:repo/collaborators/:login/permission', (c) => {
    writable(world, c);
    const repository = readable(world, c);
    const user = findUser(world, c.req.param('login'));
    if (!user) throw new ForgeError(404, `${c.req.param('login')} is not a user`);
    const permission = permissionOf(repository, user.login);
    return c.json({
      permission,
      role_name: permission,
      user: { ...userShape(world, user.login), role_name: permission },
    });
  });

  app.get('/app', (c) => c.json(appShape(world, appOf(world, c))));

  app.get('/repos/:owner/:repo/installation', (c) => {
    const row = appOf(world, c);
    const name = `${c.req.param('owner')}/${c.req.param('repo')}`.toLowerCase();
    const repository = world.store.state.repositories[name];
    if (!repository || permissionOf(repository, `${row.slug}[bot]`) === 'none') throw notFound();
    return c.json(installationShape(world, row, repository));
  });

  app.post('/app/installations/:id/access_tokens', (c) => {
    const row = appOf(world, c);
    if (integer(c.req.param('id')) !== row.installationId) throw notFound();
    const at = world.clock.now().getTime();
    const seed = `${row.publicKey} ${at} ${Math.random()}`;
    const token = `ghs_${createHash('sha256').update(seed).digest('hex').slice(0, 36)}`;
    const until = new Date(at + HOUR).toISOString();
    const { tokens } = world.store.state;
    for (const [key, { until: end }] of Object.entries(tokens)) {
      if (end !== null && end < new Date(at).toISOString()) delete tokens[key];
    }
    tokens[token] = { login: `${row.slug}[bot]`, until };
    world.store.touch();
    return c.json({ token, expires_at: until, repository_selection: 'all', permissions: {} }, 201);
  });

  return app;
}

function appOf(world: World, c: Ctx): AppRow {
  const { kind, appId } = c.get('caller');
  const row = kind === 'app' ? world.store.state.apps.find((app) => app.id === appId) : undefined;
  if (!row) throw new ForgeError(401, 'A JSON web token could not be decoded');
  return row;
}
