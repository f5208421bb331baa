import { Hono } from 'hono';
import { workflowRunShape } from '../shapes/workflow-run.ts';
import { type Env, notFound, type World } from '../world.ts';
import { integer, readable } from './request.ts';

export function actionRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/repos/:owner/:repo/actions/runs/:id', (c) => {
    const repository = readable(world, c);
    const id = integer(c.req.param('id'));
    const run = repository.workflowRuns?.find((row) => row.id === id);
    if (!run) throw notFound();
    return c.json(workflowRunShape(world, repository, run));
  });

  return app;
}
