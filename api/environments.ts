import { CairnError, NotFound } from '../core/errors.ts';
import { defaultConfig } from '../core/projects/config.ts';
import { configAt } from '../core/projects/load-config.ts';
import { readRecord } from '../core/record/read.ts';
import type { EnvironmentRecord } from '../core/record/schema.ts';
import type { Run } from '../core/requests/run.ts';
import type { ApiHost } from './host.ts';
import { type WaitingView, waitingView } from './run-view.ts';

export interface EnvironmentView {
  repository: string;
  name: string;
  branch: string;
  /** `none`: nothing was deployed yet. `unknown`: the record cannot be read, `reason` says why. */
  state: 'none' | 'unknown' | EnvironmentRecord['state'];
  /** Why it is in that state, where there is something to say. */
  reason: string | null;
  /** The last good commit. */
  lastGood: string | null;
  /** The last deployment, whatever came of it. */
  last: { commit: string; outcome: string; runId: string; at: string } | null;
  revert: { pull: number } | null;
  /** The run that has the environment now, and how many wait behind it. */
  lock: { runId: string; command: string; since: string; waiting: number } | null;
  waiting: WaitingView | null;
  latestRun: Run | null;
}

/** A repository's environments, or why they cannot be told. */
export interface RepositoryView {
  repository: string;
  environments: EnvironmentView[];
  problem: string | null;
}

/** What a repository's default branch says there is. A forge that does not answer is a problem to show, not an error. */
export async function repositoryView(host: ApiHost, repository: string): Promise<RepositoryView> {
  try {
    return { repository, environments: await environmentsOf(host, repository), problem: null };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { repository, environments: [], problem: error.message };
  }
}

export async function environmentView(
  host: ApiHost,
  repository: string,
  name: string,
): Promise<EnvironmentView> {
  const found = (await environmentsOf(host, repository)).find((environment) => environment.name === name);
  if (found) return found;
  throw new NotFound(`There is no environment ${JSON.stringify(name.slice(0, 100))} in ${repository}.`);
}

async function environmentsOf(host: ApiHost, repository: string): Promise<EnvironmentView[]> {
  const main = await host.ports.source.defaultBranch(repository);
  const config = (await configAt(host.ports, repository, main)) ?? defaultConfig(main);
  return Promise.all(
    Object.entries(config.environments).map(([name, { branch }]) => viewOf(host, repository, name, branch)),
  );
}

async function viewOf(
  host: ApiHost,
  repository: string,
  environment: string,
  branch: string,
): Promise<EnvironmentView> {
  const { ports } = host;
  const [recorded, lock, waiting, [latestRun]] = await Promise.all([
    recordedState(host, repository, environment),
    ports.locks.get(repository, environment),
    ports.approvals.get(repository, environment),
    ports.runs.list({ repository, environment, workflow: 'deploy', limit: 1 }),
  ]);
  const holder = lock?.holder ?? null;
  return {
    repository,
    name: environment,
    branch,
    ...recorded,
    lock: holder && {
      runId: holder.runId,
      command: holder.command,
      since: holder.at,
      waiting: lock?.waiting.length ?? 0,
    },
    waiting: waiting && waitingView(waiting),
    latestRun: latestRun ?? null,
  };
}

type Recorded = Pick<EnvironmentView, 'state' | 'reason' | 'lastGood' | 'last' | 'revert'>;

/** A record that cannot be read hides one environment's state, not the list. */
async function recordedState(host: ApiHost, repository: string, environment: string): Promise<Recorded> {
  const nothing = { reason: null, lastGood: null, last: null, revert: null };
  try {
    const record = await readRecord(host.ports, repository, environment);
    if (!record) return { ...nothing, state: 'none' };
    const { state, broken, commit, last, at, revert } = record;
    return {
      state,
      reason: broken,
      lastGood: commit,
      last: { commit: last.commit, outcome: last.outcome, runId: last.run, at },
      revert: revert && { pull: revert.pull },
    };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { ...nothing, state: 'unknown', reason: error.message };
  }
}
