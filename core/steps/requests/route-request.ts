import { defaultConfig } from '../../config/config.ts';
import { configAt } from '../../config/load-config.ts';
import { checkConfirmed } from '../../environments/take-down.ts';
import { startAutomatic } from '../../ephemeral/automatic.ts';
import { endOfPull } from '../../ephemeral/end-of-pull.ts';
import { launchWish } from '../../ephemeral/launch-end.ts';
import { bareName, environmentOf, isEphemeral } from '../../ephemeral/name.ts';
import { checkWish } from '../../ephemeral/times.ts';
import { CairnError, InvalidConfig, InvalidInput, NotAllowed, NotFound } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { didYouMean } from '../../projects/nearest.ts';
import {
  tellConfigMended,
  tellOnCommit,
  tellOnPull,
  tellRequester,
  tellWorkflow,
} from '../../requests/replies.ts';
import {
  type DeployRequest,
  type DestroyRequest,
  type DriftRequest,
  type ExtendRequest,
  isOperator,
  type PlanRequest,
  type Request,
  type RollbackRequest,
  type RunRequest,
  requestSchema,
  type UnfreezeRequest,
} from '../../requests/request.ts';
import { inEnvironment } from '../../requests/where.ts';
import { mayBreakGlass } from '../../runs/break-glass.ts';
import { startDeploys, startRun } from '../../runs/start.ts';
import { warnOfEnd } from '../ephemeral/warn-of-end.ts';
import { changeFreeze } from '../freeze/change-freeze.ts';
import { step } from '../step.ts';
import { answerApproval } from './answer-approval.ts';

/**
 * Takes a request from the bus and starts what it asks for: one run per environment. What cannot be done is
 * told where it was asked: under the comment, on the commit, or to the caller.
 */
export const routeRequest = step({
  input: requestSchema,
  ports: [
    ...answerApproval.ports,
    ...changeFreeze.ports,
    ...warnOfEnd.ports,
    'ephemerals',
    'people',
    'pulls',
    'reports',
    'runs',
    'sent',
    'source',
    'workflows',
  ],
  async run(request, ports) {
    try {
      await checkPermission(request, ports);
      const answer = await route(request, ports);
      await tellRequester(request, answer, ports);
      const { started, message } = answer;
      if (!Array.isArray(started) || started.length === 0) {
        await tellWorkflow(
          request,
          { ok: true, message: String(message ?? 'There was nothing to do.') },
          ports,
        );
      }
      return answer;
    } catch (error) {
      // What can pass is tried again by the bus; what cannot is said.
      if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
      if (request.origin.source === 'api' || request.origin.source === 'cli') throw error;
      await tellWhereAsked(request, error, ports);
      await tellWorkflow(request, { ok: false, message: error.message }, ports);
      return { started: [], refused: error.message };
    }
  },
});

async function tellWhereAsked(
  request: Request,
  error: CairnError,
  ports: Pick<Ports, 'chat' | 'pulls' | 'reports' | 'sent'>,
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
  if (isOperator(request.origin)) return;
  const permission = login === null ? 'none' : await ports.people.permission(request.repository, login);
  if (permission === 'admin' || permission === 'write') return;
  throw new NotAllowed(`@${login ?? 'nobody'} has no write access to ${request.repository}.`);
}

async function route(
  request: Request,
  ports: Pick<Ports, 'ephemerals' | 'pulls' | 'reports' | 'runs' | 'sent' | 'source' | 'workflows'> &
    Parameters<typeof answerApproval.run>[1] &
    Parameters<typeof changeFreeze.run>[1] &
    Parameters<typeof warnOfEnd.run>[1],
): Promise<Record<string, unknown>> {
  switch (request.command) {
    case 'push':
      return { started: await startDeploys(request, ports) };
    case 'plan':
      return { started: await startPlans(request, ports) };
    case 'deploy':
    case 'rollback': {
      const branch = await mustExist(request, ports);
      await mayBreakGlass(request, ports);
      const named = await withCommit(request, branch, ports);
      return { started: [await startRun('deploy', named, request.environment, ports)] };
    }
    case 'ephemeral':
      if (request.ttl !== undefined) checkWish(launchWish(request.ttl), ports.clock.now());
      return { started: [await startRun('ephemeral', request, environmentOf(request), ports)] };
    case 'closed':
      return { started: await endOfPull(request, ports) };
    case 'destroy':
    case 'extend':
    case 'run':
    case 'drift': {
      const placed = await inEnvironment(request, ports);
      await mustStand(placed, ports);
      if (placed.command === 'extend') checkWish(placed, ports.clock.now());
      if (placed.command === 'destroy' && !isEphemeral(placed.environment)) checkConfirmed(placed);
      return { started: [await startRun(placed.command, placed, placed.environment, ports)] };
    }
    case 'freeze':
      if (!isEphemeral(request.environment)) await mustExist(request, ports);
      return changeFreeze.run(request, ports);
    case 'unfreeze':
      return unfreeze(request, ports);
    case 'warn':
      return warnOfEnd.run(request, ports);
    case 'help':
      // What was not understood is answered like any other mistake: by a reply under the comment.
      throw new InvalidInput(request.text);
    default:
      return answerApproval.run(request, ports);
  }
}

async function startPlans(
  request: PlanRequest,
  ports: Pick<Ports, 'pulls' | 'reports' | 'runs' | 'sent' | 'source' | 'workflows'>,
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
  const plans = await Promise.all(
    environments.map((environment) => startRun('plan', request, environment, ports)),
  );
  return [...plans, ...(await startAutomatic(request, pull, base, ports))];
}

/** An ephemeral environment that is known, or a permanent one of the configuration. */
async function mustStand(
  request: DestroyRequest | DriftRequest | ExtendRequest | RunRequest,
  ports: Pick<Ports, 'ephemerals' | 'source'>,
): Promise<void> {
  const { repository, environment } = request;
  if (!isEphemeral(environment)) {
    await mustExist(request, ports);
    return;
  }
  if (await ports.ephemerals.get(repository, environment)) return;
  const others = (await ports.ephemerals.list(repository)).map((one) => one.environment);
  const close = didYouMean(environment, others);
  const there = others.length === 0 ? ': none stands now.' : close || `; there stands ${others.join(', ')}.`;
  const isAsked = request.command === 'destroy' && request.origin.source !== 'schedule';
  const hint = isAsked ? await permanentHint(request, ports) : '';
  throw new NotFound(`There is no ephemeral environment "${environment}" in ${repository}${there}${hint}`);
}

/** `cairn env down prod` is read as `eph-prod`: what takes a permanent one down is another command. */
async function permanentHint(
  { repository, environment }: DestroyRequest,
  ports: Pick<Ports, 'source'>,
): Promise<string> {
  const name = bareName(environment);
  const main = await ports.source.defaultBranch(repository);
  const config = await configAt(ports, repository, main).catch((error: unknown) => {
    if (error instanceof InvalidConfig) return null;
    throw error;
  });
  if (!Object.hasOwn(config?.environments ?? {}, name)) return '';
  return ` "${name}" is a permanent one: \`cairn destroy ${name}\` takes it down.`;
}

/** What is frozen is unfrozen, also where cairn.yaml does not name it any more or cannot be read. */
async function unfreeze(
  request: UnfreezeRequest,
  ports: Parameters<typeof changeFreeze.run>[1],
): Promise<Record<string, unknown>> {
  try {
    return await changeFreeze.run(request, ports);
  } catch (error) {
    // A name that is not there at all is worth more words than that it is not frozen.
    if (error instanceof NotFound) await mustExist(request, ports);
    throw error;
  }
}

/** Answers the environment's branch. */
async function mustExist(
  request: {
    repository: string;
    environment: string;
    command: Request['command'];
    origin: Request['origin'];
  },
  ports: Pick<Ports, 'source'>,
): Promise<string> {
  const main = await ports.source.defaultBranch(request.repository);
  const config = (await configAt(ports, request.repository, main)) ?? defaultConfig(main);
  const own = Object.hasOwn(config.environments, request.environment)
    ? config.environments[request.environment]
    : undefined;
  if (own === undefined) {
    const names = Object.keys(config.environments);
    throw new NotFound(
      `There is no environment "${request.environment}" in cairn.yaml on ${main}${didYouMean(request.environment, names) || `; there is ${names.join(', ')}.`}`,
    );
  }
  // What a workflow is bound to is its branch: with it goes what is deployed from there, and nothing else.
  if (request.origin.source !== 'actions' || request.command !== 'deploy') return own.branch;
  const from = 'branch' in request ? request.branch : undefined;
  if (from === own.branch) return own.branch;
  throw new NotAllowed(
    `A workflow on ${from ?? 'no branch'} cannot deploy to "${request.environment}", which lives on ${own.branch}.`,
  );
}

/**
 * A deploy of no commit in particular is of the head of the environment's branch as it is now. One that is named
 * has to be on that branch: a forge knows the commits of every fork too, and nobody merged those.
 */
async function withCommit<R extends DeployRequest | RollbackRequest>(
  request: R,
  branch: string,
  ports: Pick<Ports, 'source'>,
): Promise<R> {
  if (request.command === 'rollback') return request;
  const { repository, environment, commit } = request;
  const head = await ports.source.head(repository, branch);
  if (commit === undefined) return { ...request, commit: head };
  if (commit === head || (await ports.source.between(repository, head, commit)).length === 0) return request;
  throw new NotAllowed(
    `${commit.slice(0, 7)} is not on ${branch}: what was not merged there is not deployed to "${environment}".`,
  );
}
