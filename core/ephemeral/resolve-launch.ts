import { configDigest } from '../config/load-config.ts';
import { InvalidInput } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { backendOf } from '../projects/address.ts';
import { addressesOf } from '../projects/affected.ts';
import { destroyWaves } from '../projects/destroy-waves.ts';
import { discoverRoots, projectsOf } from '../projects/discover.ts';
import { moduleGraph } from '../projects/module-graph.ts';
import type { Project } from '../projects/project.ts';
import { waves } from '../projects/waves.ts';
import { deployedEnvironments, readOutline } from '../record/read.ts';
import type { EphemeralRequest } from '../requests/request.ts';
import { newDocument, type RunDocument } from '../runs/document.ts';
import { findPull, pullPart } from '../runs/pull-part.ts';
import { checkSizes, progressOf, type ReadCommit, readCommit } from '../runs/resolve.ts';
import { fetchSourceOf, sourceTree } from '../runs/sources.ts';
import type { RunInput } from '../steps/input.ts';
import { goneProgress } from './applied.ts';
import { collisions, ownersOf } from './collision.ts';
import { ephemeralConfig, ephemeralPolicy, withEphemeral } from './config.ts';
import type { AppliedProject, Ephemeral } from './environment.ts';
import { allowedIn, type Members, membersOf, missingUpstream, movedStates, withoutMoved } from './members.ts';
import { foreignReads } from './reads.ts';
import { readAs, type StatePlace, statePlaces } from './states.ts';

export type LaunchNeeds = Pick<
  Ports,
  'archives' | 'artifacts' | 'binaries' | 'ephemerals' | 'git' | 'hcl' | 'pulls' | 'sizes' | 'source'
>;

export interface LaunchContext {
  run: RunInput;
  request: EphemeralRequest;
  commit: string;
  number: number;
  fence: number;
}

/**
 * The first document of a launch or an update: projects and files of the commit, by the rules of the default branch.
 * Throws InvalidInput with everything that stands in its way, before anything runs.
 */
export async function resolveLaunch(context: LaunchContext, ports: LaunchNeeds): Promise<RunDocument> {
  const { run, request, commit } = context;
  const { repository, environment } = run;
  const [head, base, known, pull] = await Promise.all([
    readCommit(ports, repository, commit),
    defaultCommit(repository, ports),
    ports.ephemerals.get(repository, environment),
    findPull(ports, repository, request.pull ?? null),
  ]);
  if (!known) throw new Error(`${environment} is not known: its launch has to come first`);
  const rules = ephemeralConfig(base.config, 'the default branch');
  const graph = moduleGraph(head.tree);
  const config = withEphemeral(head.config, base.config, environment);
  const everywhere = discoverRoots(head.tree, head.config, graph);
  const all = allowedIn(projectsOf(config, environment, everywhere), rules);
  const placesOf = (projects: readonly Project[]) =>
    statePlaces({ tree: head.tree, graph, projects, environment, state: rules.state, hcl: ports.hcl });
  const named = membersOf(all, request.projects, known);
  const renamed = await renamedOf(named, all, placesOf);
  const members =
    renamed.length === 0 ? named : membersOf(all, [...(request.projects ?? []), ...renamed], known);
  checkSizes(members.chosen, ports.sizes);
  const policy = ephemeralPolicy(base.config, environment);
  const { places, problems } = await placesOf(members.chosen);
  const gone = withoutMoved(members.gone, places);
  const owners = async () => {
    const others = (await ports.ephemerals.list(repository)).filter((one) => one.environment !== environment);
    const commits = await addressesIn([head, base], ports);
    return ownersOf(commits, await records(repository, ports), others);
  };
  const inWorkspaces = [...places.values()].filter(
    (place) => place.address && rules.state.kind === 'workspace',
  );
  problems.push(
    ...missingUpstream(members.chosen, all, rules.reads),
    ...movedStates(places, known),
    ...(hasOwn(places) ? collisions(places, await owners()) : []),
    ...(await foreignReads({
      tree: head.tree,
      graph,
      projects: members.chosen,
      allowed: rules.reads,
      inWorkspaces: new Set(inWorkspaces.map(({ project }) => project.name)),
      hcl: ports.hcl,
    })),
  );
  if (members.chosen.length === 0) problems.push(noProject(members));
  if (problems.length > 0) throw new InvalidInput(problems.join('\n'));

  const addresses = new Map([...places].map(([name, { address }]) => [name, address]));
  const progress = [...places.values()].map(({ project, backendConfig }) =>
    progressOf(
      project,
      {
        commit,
        tree: head.tree,
        graph,
        environment,
        policy,
        record: null,
        binaries: ports.binaries,
        sizes: ports.sizes,
        addresses,
      },
      { reasons: [known.applied[project.name] ? 'an update' : 'new'], destroy: false, backendConfig },
    ),
  );
  const chosen = progress.map(({ project }) => project);
  return newDocument(run, {
    runNumber: context.number,
    pull: pull && pullPart(pull),
    commit,
    policy,
    configDigest: configDigest(base.configText),
    slackChannel: base.config.notifications.slack?.channel ?? null,
    authors: await authorsOf(repository, commit, pull?.author ?? null, ports),
    fence: context.fence,
    backends: { ...backendsOf(places), ...(await backendsOfGone(run, gone, ports)) },
    brokenBefore: isHalfMade(known),
    everApplied: everApplied(known, members),
    ephemeral: {
      ref: known.ref,
      owner: known.owner,
      email: known.email,
      endsAt: known.endsAt,
      outputs: known.outputs,
      // One of which nothing had to be applied stands as well; one that was left half made is not new either.
      existed: known.state !== 'launching' || Object.keys(known.applied).length > 0,
      destroyedBy: null,
      rules,
      before: known,
    },
    deploy: {
      commit,
      // What is gone goes last, and what depended on it before it.
      waves: [...waves(chosen, chosen), ...destroyWaves(gone.map(({ project }) => project))],
      wave: 0,
      stage: 'new',
      projects: Object.fromEntries([...progress, ...gone.map(goneProgress)].map((p) => [p.project.name, p])),
    },
  });
}

/** Those that nobody asks for by the name that they have now, and that hold a state of the environment already. */
async function renamedOf(
  { chosen, gone }: Members,
  all: readonly Project[],
  placesOf: (projects: readonly Project[]) => ReturnType<typeof statePlaces>,
): Promise<string[]> {
  const lost = new Set(gone.flatMap(({ address }) => address ?? []));
  if (lost.size === 0) return [];
  const { places } = await placesOf(all.filter((project) => !chosen.includes(project)));
  return [...places].flatMap(([name, { address }]) => (address && lost.has(address.key) ? [name] : []));
}

/** Something of it was applied, and the run that did so never came to a good end. */
export function isHalfMade({ state, applied }: Pick<Ephemeral, 'state' | 'applied'>): boolean {
  return state === 'launching' && Object.keys(applied).length > 0;
}

async function defaultCommit(repository: string, ports: LaunchNeeds): Promise<ReadCommit> {
  const head = await ports.source.head(repository, await ports.source.defaultBranch(repository));
  await fetchSourceOf(ports, repository, head);
  return readCommit(ports, repository, head);
}

function hasOwn(places: ReadonlyMap<string, StatePlace>): boolean {
  return [...places.values()].some(({ address }) => address !== null);
}

async function addressesIn(
  commits: ReadCommit[],
  ports: LaunchNeeds,
): Promise<Parameters<typeof ownersOf>[0]> {
  return Promise.all(
    commits.map(async ({ tree, config }) => {
      const graph = moduleGraph(tree);
      const projects = discoverRoots(tree, config, graph);
      return { addresses: await addressesOf(tree, projects, graph, ports.hcl) };
    }),
  );
}

async function records(
  repository: string,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<Parameters<typeof ownersOf>[1]> {
  const names = await deployedEnvironments(ports, repository);
  const found = names.map(async (name) => [name, await readOutline(ports, repository, name)] as const);
  return Object.fromEntries(await Promise.all(found));
}

function noProject({ gone }: Members): string {
  const help =
    gone.length > 0 ? 'Take it down instead: `cairn env down`.' : 'See `ephemeral.projects` in cairn.yaml.';
  return `This commit has no project that an ephemeral environment could be made of. ${help}`;
}

/** What somebody depends on that is not made here counts as applied: a plan that fails has no one to wait for. */
function everApplied(known: Ephemeral, { chosen }: Members): string[] {
  const made = new Set(chosen.map(({ name }) => name));
  const elsewhere = chosen.flatMap(({ dependsOn }) => dependsOn.filter((name) => !made.has(name)));
  return [...new Set([...Object.keys(known.applied), ...elsewhere])];
}

async function authorsOf(
  repository: string,
  commit: string,
  pullAuthor: string | null,
  ports: Pick<Ports, 'source'>,
): Promise<string[]> {
  const { author } = await ports.source.commit(repository, commit);
  return [...new Set([author, pullAuthor].filter((login) => login !== null))];
}

function backendsOf(places: ReadonlyMap<string, StatePlace>): RunDocument['backends'] {
  return Object.fromEntries([...places].flatMap(([name, { read }]) => (read ? [[name, read]] : [])));
}

/** Their own commits' files: what is destroyed is destroyed as it was applied. */
async function backendsOfGone(
  { repository, environment }: RunInput,
  gone: AppliedProject[],
  ports: LaunchNeeds,
): Promise<RunDocument['backends']> {
  const backends: RunDocument['backends'] = {};
  for (const applied of gone) {
    await fetchSourceOf(ports, repository, applied.commit);
    if (applied.state !== 'own') continue;
    const tree = await sourceTree(ports, repository, applied.commit);
    const backend = await backendOf(tree, applied.project, ports.hcl);
    if (backend) backends[applied.project.name] = readAs(backend, applied, environment);
  }
  return backends;
}
