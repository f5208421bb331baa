import { defaultConfig } from '../core/config/config.ts';
import { configAt } from '../core/config/load-config.ts';
import { freezeOf } from '../core/environments/freeze.ts';
import { isEphemeral } from '../core/ephemeral/name.ts';
import { CairnError, NotFound } from '../core/errors.ts';
import { type DriftRecord, readDrift, whereOf } from '../core/record/drift/drift.ts';
import { readOutline } from '../core/record/read.ts';
import type { EnvironmentRecord } from '../core/record/schema.ts';
import type { Run } from '../core/requests/run.ts';
import type { Freeze } from '../core/runs/document.ts';
import { type EphemeralView, ephemeralView, ephemeralViews } from './ephemerals.ts';
import type { ApiHost } from './host.ts';
import { readOnce } from './read-once.ts';
import { type WaitingView, waitingView } from './run-view.ts';

export interface EnvironmentView {
  repository: string;
  name: string;
  /** Of an ephemeral one the ref that it is made from. */
  branch: string;
  /** `none`: nothing was deployed yet. `unknown`: the record cannot be read, `reason` says why. */
  state: 'none' | 'unknown' | EnvironmentRecord['state'] | EphemeralView['state'];
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
  /** Nothing is applied while it is. */
  frozen: Freeze | null;
  /** How it differs from what was deployed; null: no difference is known. */
  drift: DriftView | null;
  /** Of an ephemeral one. */
  ephemeral: EphemeralView | null;
}

/** `where`: projects with counts, for people; `since` is null where only `unknown` has projects. */
export interface DriftView extends Pick<DriftRecord, 'since' | 'at' | 'issue' | 'reconciledBy'> {
  where: string;
  /** Projects that differ. */
  projects: string[];
  /** Projects that could not be compared, with since when. */
  unknown: Record<string, string>;
}

/** A repository's environments, or why they cannot be told. */
export interface RepositoryView {
  repository: string;
  environments: EnvironmentView[];
  ephemerals: EphemeralView[];
  problem: string | null;
}

/** What a repository's default branch says there is. A forge that does not answer is a problem to show, not an error. */
export async function repositoryView(host: ApiHost, repository: string): Promise<RepositoryView> {
  const ephemerals = await ephemeralViews(host, repository);
  try {
    return { repository, environments: await environmentsOf(host, repository), ephemerals, problem: null };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { repository, environments: [], ephemerals, problem: error.message };
  }
}

/** A permanent environment, or an ephemeral one. */
export async function environmentView(
  host: ApiHost,
  repository: string,
  name: string,
): Promise<EnvironmentView> {
  if (isEphemeral(name)) return ofEphemeral(host, await ephemeralView(host, repository, name));
  const found = (await environmentsOf(host, repository)).find((environment) => environment.name === name);
  if (found) return found;
  throw new NotFound(`There is no environment ${JSON.stringify(name.slice(0, 100))} in ${repository}.`);
}

async function environmentsOf(host: ApiHost, repository: string): Promise<EnvironmentView[]> {
  const main = await host.ports.source.defaultBranch(repository);
  const config = (await configAt(host.ports, repository, main)) ?? defaultConfig(main);
  const record = readOnce(host.ports);
  return Promise.all(
    Object.entries(config.environments).map(([name, { branch }]) =>
      viewOf(host, record, { repository, name, branch }),
    ),
  );
}

async function viewOf(
  host: ApiHost,
  record: ReturnType<typeof readOnce>,
  { repository, name, branch }: Pick<EnvironmentView, 'repository' | 'name' | 'branch'>,
): Promise<EnvironmentView> {
  const [recorded, underway] = await Promise.all([
    recordedState(record, repository, name),
    underwayIn(host, repository, name, 'deploy'),
  ]);
  return { repository, name, branch, ...recorded, ...underway, ephemeral: null };
}

async function ofEphemeral(host: ApiHost, view: EphemeralView): Promise<EnvironmentView> {
  const { repository, environment, ref, state, commit, helps } = view;
  return {
    repository,
    name: environment,
    branch: ref,
    state,
    reason: helps === null ? null : `Not all of it could be destroyed. What helps: ${helps}`,
    lastGood: commit,
    last: null,
    revert: null,
    frozen: null,
    drift: null,
    ...(await underwayIn(host, repository, environment)),
    ephemeral: view,
  };
}

/** What happens in it now, and the run that was its last. */
async function underwayIn(
  { ports }: ApiHost,
  repository: string,
  environment: string,
  workflow?: Run['workflow'],
): Promise<Pick<EnvironmentView, 'lock' | 'waiting' | 'latestRun'>> {
  const [lock, waiting, [latestRun]] = await Promise.all([
    ports.locks.get(repository, environment),
    ports.approvals.get(repository, environment),
    ports.runs.list({ repository, environment, limit: 1, ...(workflow === undefined ? {} : { workflow }) }),
  ]);
  const holder = lock?.holder ?? null;
  return {
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

type Recorded = Pick<
  EnvironmentView,
  'state' | 'reason' | 'lastGood' | 'last' | 'revert' | 'frozen' | 'drift'
>;

/** A record that cannot be read hides one environment's state, not the list. */
async function recordedState(
  ports: ReturnType<typeof readOnce>,
  repository: string,
  environment: string,
): Promise<Recorded> {
  const nothing = { reason: null, lastGood: null, last: null, revert: null, frozen: null, drift: null };
  try {
    const [record, frozen, told] = await Promise.all([
      readOutline(ports, repository, environment),
      freezeOf(ports, repository, environment),
      readDrift(ports, repository, environment),
    ]);
    const drift = told && driftView(told);
    if (!record) return { ...nothing, state: 'none', frozen, drift };
    const { state, broken, commit, last, at, revert } = record;
    return {
      state,
      reason: broken,
      lastGood: commit,
      last: { commit: last.commit, outcome: last.outcome, runId: last.run, at },
      revert: revert && { pull: revert.pull },
      frozen,
      drift,
    };
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    return { ...nothing, state: 'unknown', reason: error.message };
  }
}

function driftView(told: DriftRecord): DriftView {
  const { since, at, projects, unknown, issue, reconciledBy } = told;
  return {
    since,
    at,
    where: whereOf(told),
    projects: Object.keys(projects).sort(),
    unknown,
    issue,
    reconciledBy,
  };
}
