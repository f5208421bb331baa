import { NotFound } from '../errors.ts';
import type { Ports, Pull } from '../ports.ts';
import { backendOf } from '../projects/address.ts';
import { destroyWaves } from '../projects/destroy-waves.ts';
import type { DestroyRequest } from '../requests/request.ts';
import { newDocument, type RunDocument } from '../runs/document.ts';
import { findPull, pullPart } from '../runs/pull-part.ts';
import { slackChannelOf } from '../runs/slack-channel.ts';
import { fetchSourceOf, sourceTree } from '../runs/sources.ts';
import type { RunInput } from '../steps/input.ts';
import { goneProgress } from './applied.ts';
import { changeEnvironment } from './change-environment.ts';
import type { AppliedProject, Ephemeral } from './environment.ts';
import { NO_POLICY } from './no-policy.ts';
import { partOf } from './part.ts';
import { scheduleSafety } from './safety.ts';
import { inWorkspace } from './states.ts';

type Needs = Pick<
  Ports,
  'archives' | 'artifacts' | 'clock' | 'ephemerals' | 'hcl' | 'pulls' | 'schedules' | 'source'
>;

/**
 * The first document of an ephemeral environment's end. What is destroyed, and with what, is known from when it was
 * applied: no configuration is read that could be wrong or changed by now.
 */
export async function resolveEnd(
  run: RunInput,
  request: DestroyRequest,
  known: { number: number; fence: number },
  ports: Needs,
): Promise<RunDocument> {
  const before = await ports.ephemerals.get(run.repository, run.environment);
  const pull = await findPull(ports, run.repository, before?.pull ?? request.pull ?? null);
  const { environment, stays } = await beginEnd(
    run,
    (current) => (current.runId === run.runId ? null : whyItStays(request, current, pull, ports)),
    ports,
  );

  const doc = newDocument(run, {
    runNumber: known.number,
    fence: known.fence,
    pull: pull && pullPart(pull),
    commit: environment?.commit ?? '',
    policy: NO_POLICY,
    slackChannel: await slackChannelOf(ports, run.repository),
    destroy: { attempt: 1, gone: [], begun: false, listed: {}, left: {} },
    ephemeral: environment && partOf(environment),
  });
  if (!environment) return { ...doc, outcome: 'nothing' };
  if (stays !== null) {
    const failure = { project: null, stage: 'destroy' as const, message: stays, job: null };
    return { ...doc, outcome: 'superseded', failure };
  }
  return withProjects(doc, environment.applied, ports);
}

/** Why what nobody asked for is not done after all: what it was asked for has changed while it waited. */
function whyItStays(
  request: DestroyRequest,
  { environment, state, endsAt, automatic }: Ephemeral,
  pull: Pull | null,
  ports: Pick<Ports, 'clock'>,
): string | null {
  const { reason } = request;
  if (reason === 'asked') return null;
  if (reason === 'closed') {
    return automatic && pull?.state === 'open'
      ? `#${pull.number} is open again: ${environment} stays.`
      : null;
  }
  if (state === 'leaked') return `What is left of ${environment} waits for somebody: \`cairn env down\`.`;
  if (state === 'destroying') return null;
  if (reason === 'time') {
    if (endsAt === null) return `${environment} has no end any more: it stays.`;
    return new Date(endsAt) > ports.clock.now() ? `${environment} ends later now, at ${endsAt}.` : null;
  }
  return state === 'ready' ? `${environment} stands again: it stays.` : null;
}

/**
 * From here on nothing but its end can happen to it, and a run that is lost is followed by another. Whether it stays is
 * asked of what is written over: somebody may have extended it a moment ago.
 */
async function beginEnd(
  { repository, environment: name, runId }: RunInput,
  whyNot: (current: Ephemeral) => string | null,
  ports: Pick<Ports, 'clock' | 'ephemerals' | 'schedules'>,
): Promise<{ environment: Ephemeral | null; stays: string | null }> {
  let stays: string | null = null;
  const environment = await changeEnvironment(ports, repository, name, (current) => {
    stays = whyNot(current);
    return stays === null ? { ...current, state: 'destroying', runId } : null;
  });
  if (environment && stays === null) await scheduleSafety(environment, runId, ports);
  return { environment, stays };
}

async function withProjects(
  doc: RunDocument,
  applied: Ephemeral['applied'],
  ports: Needs,
): Promise<RunDocument> {
  const all = Object.values(applied);
  if (all.length === 0) return { ...doc, outcome: 'destroyed' };
  const fetched = await fetchAll(doc.repository, [...new Set(all.map(({ commit }) => commit))], ports);
  const reasons = ['its environment ends'];
  return {
    ...doc,
    backends: await backendsOf(doc.repository, all, fetched, ports),
    everApplied: [...new Set(all.flatMap(({ project }) => [project.name, ...project.dependsOn]))],
    deploy: {
      ...doc.deploy,
      waves: destroyWaves(all.map(({ project }) => project)),
      projects: Object.fromEntries(all.map((one) => [one.project.name, { ...goneProgress(one), reasons }])),
    },
  };
}

/** A commit that is gone stops nothing else: its own projects fail, and are told of. */
export async function fetchAll(
  repository: string,
  commits: string[],
  ports: Pick<Ports, 'archives' | 'artifacts' | 'source'>,
): Promise<Set<string>> {
  const fetched = new Set<string>();
  for (const commit of commits) {
    try {
      await fetchSourceOf(ports, repository, commit);
      fetched.add(commit);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
  return fetched;
}

/** What those that read another one's state need, as they were applied. */
export async function backendsOf(
  repository: string,
  all: AppliedProject[],
  fetched: ReadonlySet<string>,
  ports: Pick<Ports, 'archives' | 'artifacts' | 'hcl'>,
): Promise<RunDocument['backends']> {
  const upstream = new Set(all.flatMap(({ project }) => project.dependsOn));
  const own = all.filter((p) => p.state === 'own' && upstream.has(p.project.name) && fetched.has(p.commit));
  const backends: RunDocument['backends'] = {};
  for (const { project, commit, backendConfig } of own) {
    const backend = await backendOf(await sourceTree(ports, repository, commit), project, ports.hcl);
    if (!backend) continue;
    const isByKey = Object.keys(backendConfig).length > 0;
    const read = isByKey
      ? { ...backend, config: { ...backend.config, ...backendConfig } }
      : inWorkspace(backend, project.workspace);
    if (read) backends[project.name] = read;
  }
  return backends;
}
