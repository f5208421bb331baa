import { Hono } from 'hono';
import { z } from 'zod';
import { resolveCommit } from '../objects.ts';
import { deploymentShape, deploymentStatusShape } from '../shapes/check.ts';
import type { DeploymentRow, RepositoryRow } from '../state.ts';
import { type Ctx, type Env, ForgeError, gitDir, nextId, notFound, now, type World } from '../world.ts';
import { bodyOf, integer, paged, readable, writable } from './request.ts';

const newDeployment = z.object({
  ref: z.string().min(1),
  task: z.string().default('deploy'),
  auto_merge: z.boolean().default(true),
  required_contexts: z.array(z.string()).optional(),
  payload: z.union([z.record(z.string(), z.unknown()), z.string()]).default({}),
  environment: z.string().default('production'),
  description: z.string().max(140).nullish(),
});
const newStatus = z.object({
  state: z.enum(['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']),
  log_url: z.string().default(''),
  target_url: z.string().default(''),
  description: z.string().max(140, 'description is too long (maximum is 140 characters)').default(''),
  environment_url: z.string().default(''),
  auto_inactive: z.boolean().default(true),
});

export function deploymentRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo/deployments';

  app.get(at, (c) => {
    const repository = readable(world, c);
    const { sha, ref, task, environment } = c.req.query();
    const fits = (wanted: string | undefined, found: string) =>
      wanted === undefined || wanted === 'none' || wanted === found;
    const rows = repository.deployments
      .filter((row) => fits(sha, row.sha) && fits(ref, row.ref))
      .filter((row) => fits(task, row.task) && fits(environment, row.environment))
      .reverse();
    return c.json(paged(c, rows).map((row) => deploymentShape(world, repository, row)));
  });

  app.post(at, async (c) => {
    const { repository, login } = writable(world, c);
    const body = await bodyOf(c, newDeployment);
    const sha = await resolveCommit(gitDir(world, repository), body.ref);
    if (sha === null) throw new ForgeError(422, `No ref found for: ${body.ref}`);
    const failing = body.required_contexts?.length === 0 ? [] : pending(repository, sha);
    if (failing.length > 0) {
      throw new ForgeError(409, `Conflict: Commit status checks failed for ${sha}: ${failing.join(', ')}`);
    }
    const row: DeploymentRow = {
      id: nextId(world),
      sha,
      ref: body.ref,
      task: body.task,
      environment: body.environment,
      description: body.description ?? null,
      payload: body.payload,
      creator: login,
      createdAt: now(world),
      statuses: [],
    };
    repository.deployments.push(row);
    return c.json(deploymentShape(world, repository, row), 201);
  });

  app.get(`${at}/:id`, (c) => {
    const repository = readable(world, c);
    return c.json(deploymentShape(world, repository, deploymentOf(repository, c)));
  });

  app.get(`${at}/:id/statuses`, (c) => {
    const repository = readable(world, c);
    const deployment = deploymentOf(repository, c);
    const rows = [...deployment.statuses].reverse();
    return c.json(paged(c, rows).map((row) => deploymentStatusShape(world, repository, deployment, row)));
  });

  app.post(`${at}/:id/statuses`, async (c) => {
    const { repository, login } = writable(world, c);
    const deployment = deploymentOf(repository, c);
    const body = await bodyOf(c, newStatus);
    const row = {
      id: nextId(world),
      state: body.state,
      description: body.description,
      logUrl: body.log_url || body.target_url,
      environmentUrl: body.environment_url,
      creator: login,
      createdAt: now(world),
    };
    deployment.statuses.push(row);
    if (body.state === 'success' && body.auto_inactive) retire(world, repository, deployment, login);
    return c.json(deploymentStatusShape(world, repository, deployment, row), 201);
  });

  return app;
}

/** Without `required_contexts: []` GitHub refuses while any status of the commit is not a success. */
function pending(repository: RepositoryRow, sha: string): string[] {
  const latest = new Map(
    repository.statuses.filter((row) => row.sha === sha).map((row) => [row.context, row]),
  );
  return [...latest.values()].filter((row) => row.state !== 'success').map((row) => row.context);
}

/** A success makes the environment's earlier ones inactive. */
function retire(world: World, repository: RepositoryRow, newest: DeploymentRow, login: string): void {
  for (const row of repository.deployments) {
    if (row === newest || row.environment !== newest.environment) continue;
    if (row.statuses.at(-1)?.state !== 'success') continue;
    row.statuses.push({
      id: nextId(world),
      state: 'inactive',
      description: '',
      logUrl: '',
      environmentUrl: '',
      creator: login,
      createdAt: now(world),
    });
  }
}

function deploymentOf(repository: RepositoryRow, c: Ctx): DeploymentRow {
  const id = integer(c.req.param('id'));
  const row = repository.deployments.find((deployment) => deployment.id === id);
  if (!row) throw notFound();
  return row;
}
