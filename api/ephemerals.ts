import type { Ephemeral } from '../core/ephemeral/environment.ts';
import { ephemeralName } from '../core/ephemeral/name.ts';
import { remaining } from '../core/ephemeral/times.ts';
import { NotFound } from '../core/errors.ts';
import { type Caller, mayWrite } from './caller.ts';
import type { ApiHost } from './host.ts';

/** An ephemeral environment as long as it exists. */
export interface EphemeralView
  extends Pick<
    Ephemeral,
    | 'repository'
    | 'environment'
    | 'state'
    | 'ref'
    | 'commit'
    | 'pull'
    | 'automatic'
    | 'owner'
    | 'email'
    | 'createdAt'
    | 'startedAt'
    | 'endsAt'
    | 'outputs'
    | 'left'
  > {
  /** Time that is left, for people: `5 h 20 min`, `over`, `never`; `now` while it is destroyed, `-` once it leaked. */
  endsIn: string;
  /** Those that it is made of. */
  projects: string[];
  /** The command that helps, where something of it is left. */
  helps: string | null;
  /** The run that changed it last. */
  run: { id: string; url: string };
}

/** What exists, leaked ones first, then what ends next. */
export async function ephemeralViews(host: ApiHost, repository: string): Promise<EphemeralView[]> {
  const all = await host.ports.ephemerals.list(repository);
  const views = all.map((one) => viewOf(host, one));
  const rank = ({ state, endsAt }: EphemeralView) => (state === 'leaked' ? '' : (endsAt ?? '~'));
  return views.sort((a, b) => compare(rank(a), rank(b)) || compare(a.environment, b.environment));
}

/** By its name, with or without `eph-`. */
export async function ephemeralView(host: ApiHost, repository: string, name: string): Promise<EphemeralView> {
  const environment = ephemeralName(name);
  const found = await host.ports.ephemerals.get(repository, environment);
  if (found) return viewOf(host, found);
  throw new NotFound(`There is no ephemeral environment ${JSON.stringify(environment)} in ${repository}.`);
}

/**
 * Of one repository, as this caller may see them: a public repository is read by everybody, and whoever asked for an
 * environment gave their address to those who work on it.
 */
export async function shownTo(
  host: ApiHost,
  caller: Caller,
  views: EphemeralView[],
): Promise<EphemeralView[]> {
  const withMail = views.find(({ email }) => email !== null);
  if (!withMail || (await mayWrite(host, caller, withMail.repository))) return views;
  return views.map((view) => ({ ...view, email: null }));
}

/** Of these the time that they were given says nothing any more. */
const ENDS_IN: Partial<Record<Ephemeral['state'], string>> = { destroying: 'now', leaked: '-' };

/** Of projects of which something is left: where the others answered, nothing answers. */
function outputsOf(outputs: Ephemeral['outputs'], left: Ephemeral['left']): Ephemeral['outputs'] {
  if (Object.keys(left).length === 0) return outputs;
  const stands = (name: string) => Object.hasOwn(left, name.slice(0, name.lastIndexOf('.')));
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => stands(name)));
}

function viewOf({ ports }: ApiHost, one: Ephemeral): EphemeralView {
  const { repository, environment, state, ref, commit, pull, automatic, owner, email } = one;
  const { createdAt, startedAt, endsAt, outputs, left, runId } = one;
  return {
    repository,
    environment,
    state,
    ref,
    commit,
    pull,
    automatic,
    owner,
    email,
    createdAt,
    startedAt,
    endsAt,
    endsIn: ENDS_IN[state] ?? remaining(endsAt, ports.clock.now()),
    outputs: state === 'leaked' ? outputsOf(outputs, left) : outputs,
    left,
    projects: one.projects ?? Object.keys(one.applied).sort(),
    helps: state === 'leaked' ? `cairn env down ${environment} --repository ${repository}` : null,
    run: { id: runId, url: ports.links.run(runId) },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
