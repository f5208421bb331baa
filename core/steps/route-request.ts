import { CairnError, InvalidInput, NotAllowed, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { defaultConfig } from '../projects/config.ts';
import { configAt } from '../projects/load-config.ts';
import { tellConfigMended, tellOnCommit, tellOnPull, tellRequester } from '../requests/replies.ts';
import {
  type DeployRequest,
  type PlanRequest,
  type Request,
  type RollbackRequest,
  requestSchema,
} from '../requests/request.ts';
import { startDeploys, startRun } from '../runs/start.ts';
import { answerApproval } from './answer-approval.ts';
import { step } from './step.ts';

/**
 * Takes a request from the bus and starts what it asks for: one run per environment. What cannot be done is
 * told where it was asked: under the comment, on the commit, or to the caller.
 */
export const routeRequest = step({
  input: requestSchema,
  ports: [...answerApproval.ports, 'people', 'pulls', 'reports', 'sent', 'source', 'workflows'],
  async run(request, ports) {
    try {
      await checkPermission(request, ports);
      const answer = await route(request, ports);
      await tellRequester(request, null, ports);
      return answer;
    } catch (error) {
      // What can pass is tried again by the bus; what cannot is said.
      if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
      if (request.origin.source === 'api' || request.origin.source === 'cli') throw error;
      await tellWhereAsked(request, error, ports);
      return { started: [], refused: error.message };
    }
  },
});

async function tellWhereAsked(
  request: Request,
  error: CairnError,
  ports: Pick<Ports, 'pulls' | 'reports' | 'sent'>,
): Promise<void> {
  const { repository, command, origin } = request;
  if (command !== 'push' && origin.source !== 'webhook') return tellRequester(request, error, ports);
  if (command === 'plan') return tellOnPull(request, error, ports);
  const commit = 'commit' in request ? request.commit : undefined;
  return commit === undefined ? undefined : tellOnCommit({ repository, commit, url: '' }, error, ports);
}

async function checkPermission(request: Request, ports: Pick<Ports, 'people'>): Promise<void> {
  const { source, login } = request.origin;
  if (source === 'webhook' || source === 'look' || source === 'schedule') return;
  if (request.command === 'approve' || request.command === 'reject') return;
  if (login === 'operator' && source !== 'comment') return;
  const permission = login === null ? 'none' : await ports.people.permission(request.repository, login);
  if (permission === 'admin' || permission === 'write') return;
  throw new NotAllowed(`@${login ?? 'nobody'} has no write access to ${request.repository}.`);
}

async function route(
  request: Request,
  ports: Pick<Ports, 'pulls' | 'reports' | 'sent' | 'source' | 'workflows'> &
    Parameters<typeof answerApproval.run>[1],
): Promise<Record<string, unknown>> {
  switch (request.command) {
    case 'push':
      return { started: await startDeploys(request, ports) };
    case 'plan':
      return { started: await startPlans(request, ports) };
    case 'deploy':
    case 'rollback':
      await mustExist(request, ports);
      return {
        started: [await startRun('deploy', await withCommit(request, ports), request.environment, ports)],
      };
    case 'help':
      // What was not understood is answered like any other mistake: by a reply under the comment.
      throw new InvalidInput(request.text);
    default:
      return answerApproval.run(request, ports);
  }
}

async function startPlans(
  request: PlanRequest,
  ports: Pick<Ports, 'pulls' | 'reports' | 'sent' | 'source' | 'workflows'>,
): Promise<string[]> {
  const pull = await ports.pulls.get(request.repository, request.pull);
  // The head's configuration is only read for its mistakes: what exists is what the base says.
  const [proposed, base] = await Promise.all([
    configAt(ports, request.repository, pull.head.sha),
    configAt(ports, request.repository, pull.base.branch),
  ]);
  await tellConfigMended(request, pull.head.sha, ports);
  const config = base ?? proposed ?? defaultConfig(await ports.source.defaultBranch(request.repository));
  const environments = Object.entries(config.environments)
    .filter(([, { branch }]) => branch === pull.base.branch)
    .map(([name]) => name)
    .filter((name) => request.environment === undefined || name === request.environment);
  if (environments.length === 0 && request.environment !== undefined) {
    throw new NotFound(`No environment "${request.environment}" lives on ${pull.base.branch}.`);
  }
  return Promise.all(environments.map((environment) => startRun('plan', request, environment, ports)));
}

async function mustExist(
  request: DeployRequest | RollbackRequest,
  ports: Pick<Ports, 'source'>,
): Promise<void> {
  const main = await ports.source.defaultBranch(request.repository);
  const config = (await configAt(ports, request.repository, main)) ?? defaultConfig(main);
  if (!Object.hasOwn(config.environments, request.environment)) {
    throw new NotFound(
      `There is no environment "${request.environment}" in cairn.yaml on ${main}; there is ${Object.keys(config.environments).join(', ')}.`,
    );
  }
  // What a workflow is bound to is its branch: with it goes what is deployed from there, and nothing else.
  const branch = config.environments[request.environment]?.branch;
  if (request.origin.source !== 'actions' || request.command !== 'deploy' || request.branch === branch)
    return;
  throw new NotAllowed(
    `A workflow on ${request.branch ?? 'no branch'} cannot deploy to "${request.environment}", which lives on ${branch}.`,
  );
}

/** A deploy of no commit in particular is of the head of the environment's branch as it is now. */
async function withCommit<R extends DeployRequest | RollbackRequest>(
  request: R,
  ports: Pick<Ports, 'source'>,
): Promise<R> {
  if (request.command === 'rollback' || request.commit !== undefined) return request;
  const main = await ports.source.defaultBranch(request.repository);
  const config = (await configAt(ports, request.repository, main)) ?? defaultConfig(main);
  const branch = config.environments[request.environment]?.branch ?? main;
  return { ...request, commit: await ports.source.head(request.repository, branch) };
}
