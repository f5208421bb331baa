import { Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Deliverer } from '../hooks.ts';
import { type Env, ForgeError, type World } from '../world.ts';
import { actionRoutes } from './actions.ts';
import { checkRoutes } from './checks.ts';
import { commentRoutes } from './comments.ts';
import { deploymentRoutes } from './deployments.ts';
import { gitDataRoutes } from './git-data.ts';
import { hookRoutes } from './hooks.ts';
import { issueRoutes } from './issues.ts';
import { peopleRoutes } from './people.ts';
import { pullRoutes } from './pulls.ts';
import { repositoryRoutes } from './repositories.ts';

/** The part of GitHub's REST API that Cairn and the demo use, below `/api/v3` as on GitHub Enterprise. */
export function apiRoutes(world: World, deliverer: Deliverer): Hono<Env> {
  const app = new Hono<Env>();
  app.use('/repos/*', etag({ weak: true }));
  app.use(async (c, next) => {
    c.header('x-github-media-type', 'github.v3');
    await next();
  });
  app.route('/', pullRoutes(world));
  app.route('/', commentRoutes(world));
  app.route('/', issueRoutes(world));
  app.route('/', checkRoutes(world));
  app.route('/', deploymentRoutes(world));
  app.route('/', gitDataRoutes(world));
  app.route('/', hookRoutes(world, deliverer));
  app.route('/', peopleRoutes(world));
  app.route('/', actionRoutes(world));
  app.route('/', repositoryRoutes(world));
  app.all('*', (c) =>
    c.json({ message: 'Not Found', documentation_url: 'https://docs.github.com/rest', status: '404' }, 404),
  );
  app.onError((error, c) => {
    if (!(error instanceof ForgeError)) throw error;
    const { status, message, errors } = error;
    const body = {
      message,
      ...(errors ? { errors } : {}),
      documentation_url: 'https://docs.github.com/rest',
      status: `${status}`,
    };
    return c.json(body, status);
  });
  return app;
}
