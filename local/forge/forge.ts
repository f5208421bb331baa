import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type Administration, administration } from './administration.ts';
import { apiRoutes } from './api/index.ts';
import { callerOf } from './auth.ts';
import { type Deliverer, startDeliverer } from './hooks.ts';
import { pageRoutes } from './pages/index.ts';
import { smartHttp } from './smart-http.ts';
import { openStore } from './store.ts';
import { type Env, makeLocks, type World } from './world.ts';

export interface Forge extends Administration {
  /** `http://127.0.0.1:PORT`: pages, and `OWNER/NAME.git` for git. */
  url: string;
  /** Base URL of the REST API. */
  apiUrl: string;
  close(): Promise<void>;
}

/** A GitHub on this machine, reachable from this machine only. Everything it keeps stands in `dir`. */
export async function startForge(options: {
  dir: string;
  port?: number;
  clock?: { now(): Date };
}): Promise<Forge> {
  await mkdir(join(options.dir, 'git'), { recursive: true });
  let url = '';
  let deliverer: Deliverer;
  const world: World = {
    dir: options.dir,
    store: openStore(options.dir),
    clock: options.clock ?? { now: () => new Date() },
    url: () => url,
    locked: makeLocks(),
    tell(repository, event, payload) {
      for (const hook of repository.hooks) {
        if (hook.events.includes(event) || hook.events.includes('*')) {
          deliverer.deliver(repository, hook, event, payload);
        }
      }
    },
  };
  deliverer = startDeliverer(world);
  const server = serve({
    fetch: forgeApp(world, deliverer).fetch,
    hostname: '127.0.0.1',
    port: options.port ?? 0,
    overrideGlobalObjects: false,
  });
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    apiUrl: `${url}/api/v3`,
    ...administration(world, deliverer),
    async close() {
      await deliverer.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await promisify(server.close.bind(server))();
      world.store.flush();
    },
  };
}

function forgeApp(world: World, deliverer: Deliverer): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    // Another name for this address would be a page elsewhere that rebinds its own name to us.
    const host = (c.req.header('host') ?? '').replace(/:\d+$/, '');
    if (host !== '127.0.0.1' && host !== 'localhost') return c.text('Unknown host.', 421);
    const caller = callerOf(world, c);
    if (caller === 'bad')
      return c.json(
        { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest', status: '401' },
        401,
      );
    c.set('caller', caller);
    await next();
    world.store.flush();
  });
  app.route('/api/v3', apiRoutes(world, deliverer));
  app.route('/', smartHttp(world));
  app.route('/', pageRoutes(world));
  app.onError((error, c) => {
    console.error(`forge: ${c.req.method} ${c.req.path} failed`, error);
    return c.json({ message: 'Server Error', documentation_url: '', status: '500' }, 500);
  });
  return app;
}
