import { isDeepStrictEqual } from 'node:util';
import picomatch from 'picomatch';
import { defaultConfig, parseConfig } from '../config/config.ts';
import type { Config } from '../config/types.ts';
import { InvalidConfig, InvalidInput } from '../errors.ts';
import type { Hcl } from '../ports.ts';
import { sharedAddresses, stateAddress } from './address.ts';
import { changedPaths, touchedBy, touching } from './changes.ts';
import { discoverRoots, nameMatcher, projectsOf } from './discover.ts';
import { type ModuleGraph, moduleGraph } from './module-graph.ts';
import { type Doubtful, type Move, sortOut } from './moves.ts';
import { type Project, STANDARD_SIZE, type StateAddress, type Tree } from './project.ts';
import { isBelow } from './project-files.ts';
import { dependentsOf } from './waves.ts';

interface AffectedProject extends Project {
  /** Why, for people: `modules/vpc/main.tf changed`, `depends on network`. */
  reasons: string[];
  /** False if only something that it depends on is affected. */
  direct: boolean;
}

export interface Affected {
  /** By name. */
  projects: AffectedProject[];
  /** Every project of the environment in `head`. */
  all: Project[];
  /** Roots that are gone and whose state nobody claims: to destroy, or to report. As they were in `base`. */
  removed: Project[];
  /** Projects that have another name now. State that Cairn keeps by name has to follow. */
  moved: Move[];
  /** Gone, but perhaps only renamed, or still there without being a project: nothing is destroyed. */
  doubtful: Doubtful[];
  /** State addresses by project name, of those in `head` and of `removed`; null: Cairn keeps it. */
  addresses: Map<string, StateAddress | null>;
  graph: ModuleGraph;
}

interface AffectedInput {
  /** What changes are computed from; null if nothing was deployed yet. */
  base: Tree | null;
  head: Tree;
  config: Config;
  environment: string;
  hcl: Hcl;
  /** Configuration of `base`; read from its cairn.yaml if it is not given. */
  baseConfig?: Config;
}

/** Throws InvalidConfig for listed projects that are not there and for two roots with one state. */
export async function affectedProjects(input: AffectedInput): Promise<Affected> {
  const { base, head, config, environment, hcl } = input;
  const graph = moduleGraph(head);
  const everywhere = discoverRoots(head, config, graph);
  const all = projectsOf(config, environment, everywhere);
  const addresses = await addressesOf(head, everywhere, graph, hcl);
  const problems = sharedAddresses(everywhere, addresses, config);
  if (problems.length > 0) throw new InvalidConfig(problems);

  if (!base) {
    const projects = all.map((project) => ({ ...project, reasons: ['first deployment'], direct: true }));
    return { projects, all, removed: [], moved: [], doubtful: [], addresses, graph };
  }
  const changed = changedPaths(base, head);
  const before = baseSide(base, input, graph, new Set(changed));
  const names = new Set(all.map((project) => project.name));
  const { removed, moved, doubtful, ...gone } = await sortOut({
    gone: before.projects.filter((project) => !names.has(project.name)),
    fresh: all.filter((project) => !before.names.has(project.name)),
    base: { tree: base, graph: before.graph },
    head: { tree: head, graph },
    everywhere,
    addresses,
    hcl,
  });
  for (const [name, address] of gone.addresses) addresses.set(name, address);
  const reasons = directReasons({ changed, before, all, graph, moved, environment, config });
  return { projects: withDependents(all, reasons), all, removed, moved, doubtful, addresses, graph };
}

interface BaseSide {
  graph: ModuleGraph;
  projects: Project[];
  names: ReadonlyMap<string, Project>;
}

function baseSide(
  base: Tree,
  input: AffectedInput,
  head: ModuleGraph,
  changed: ReadonlySet<string>,
): BaseSide {
  const graph = moduleGraph(base, { graph: head, changed });
  const config = input.baseConfig ?? configOfTree(base, input.environment);
  const projects = projectsOf(config, input.environment, discoverLeniently(base, config, graph));
  return { graph, projects, names: new Map(projects.map((project) => [project.name, project])) };
}

/** The configuration that a tree carries; zero configuration, named like this environment, if it has none. */
function configOfTree(tree: Tree, environment: string): Config {
  const zero = defaultConfig(environment);
  if (!tree.has('cairn.yaml')) return zero;
  try {
    return parseConfig(tree.read('cairn.yaml'));
  } catch (error) {
    // What was there before cannot be mended any more; its roots are still its roots.
    if (error instanceof InvalidConfig) return zero;
    throw error;
  }
}

/** Of a commit of the past: names in its configuration that nothing has are left out. */
function discoverLeniently(tree: Tree, config: Config, graph: ModuleGraph): Project[] {
  try {
    return discoverRoots(tree, config, graph);
  } catch (error) {
    if (!(error instanceof InvalidConfig)) throw error;
    return discoverRoots(tree, { ...config, projects: [], discover: true, environments: {} }, graph);
  }
}

/** Where each keeps its state; null: Cairn keeps it. */
export async function addressesOf(
  tree: Tree,
  projects: readonly Project[],
  graph: ModuleGraph,
  hcl: Hcl,
): Promise<Map<string, StateAddress | null>> {
  const addresses = new Map<string, StateAddress | null>();
  for (const project of projects) {
    try {
      addresses.set(project.name, await stateAddress(tree, project, hcl, graph));
    } catch (error) {
      // Its plan will say so, with the position; the others go on.
      if (!(error instanceof InvalidInput)) throw error;
      addresses.set(project.name, { backend: 'unknown', key: `unknown:${project.name}` });
    }
  }
  return addresses;
}

interface DirectInput {
  changed: readonly string[];
  before: BaseSide;
  all: readonly Project[];
  graph: ModuleGraph;
  moved: readonly Move[];
  environment: string;
  config: Config;
}

function directReasons(input: DirectInput): Map<string, string[]> {
  const { changed, before, all, graph, moved } = input;
  const inHead = touchedBy(changed, graph);
  const inBase = touchedBy(changed, before.graph);
  const globs = globMatcher(changed);
  const builds = buildReasons(input);
  const reasons = new Map<string, string[]>();
  for (const project of all) {
    const own: string[] = [];
    const old = before.names.get(project.name);
    if (old) own.push(...settingReasons(old, project));
    else
      own.push(
        moved.some((move) => move.to.name === project.name) ? movedReason(project, moved) : 'new project',
      );
    const files = new Set(touching(project.dir, graph, inHead));
    if (old) for (const path of touching(old.dir, before.graph, inBase)) files.add(path);
    const matched = globs(project.whenModified);
    if (matched !== null) files.add(matched);
    own.push(...fileReasons([...files].sort()), ...(builds(project) ?? []));
    if (own.length > 0) reasons.set(project.name, own);
  }
  return reasons;
}

function movedReason(project: Project, moved: readonly Move[]): string {
  return `moved from ${moved.find((move) => move.to.name === project.name)?.from.name ?? ''}`;
}

const SETTINGS = ['dir', 'workspace', 'variables', 'secrets', 'dependsOn', 'whenModified', 'size'] as const;
const YAML_NAME: Record<string, string> = { dependsOn: 'depends_on', whenModified: 'when_modified' };

/** What cairn.yaml says about this project, the environment's variables included. */
function settingReasons(old: Project, project: Project): string[] {
  if (isBare(old) && isBare(project) && old.dir === project.dir) return [];
  return SETTINGS.filter((key) => !isDeepStrictEqual(old[key], project[key])).map(
    (key) => `its ${YAML_NAME[key] ?? key} changed in cairn.yaml`,
  );
}

/** As discovered, without settings: nearly all of a large repository. */
function isBare({ workspace, variables, secrets, dependsOn, whenModified, size }: Project): boolean {
  for (const _ in variables) return false;
  for (const _ in secrets) return false;
  if (workspace !== 'default' || size !== STANDARD_SIZE) return false;
  return dependsOn.length === 0 && whenModified.length === 0;
}

const MOST_REASONS = 5;

function fileReasons(paths: readonly string[]): string[] {
  const shown = paths.slice(0, MOST_REASONS).map((path) => `${path} changed`);
  const more = paths.length - shown.length;
  return more > 0 ? [...shown, `${more} more changed`] : shown;
}

/** The first changed path that any of the globs matches. Most projects share theirs, so answers are kept. */
function globMatcher(changed: readonly string[]): (globs: readonly string[]) => string | null {
  const known = new Map<string, string | null>();
  return (globs) => {
    if (globs.length === 0) return null;
    const key = globs.join('\n');
    const before = known.get(key);
    if (before !== undefined) return before;
    const matches = picomatch([...globs], { dot: true });
    const answer = changed.find((path) => matches(path)) ?? null;
    known.set(key, answer);
    return answer;
  };
}

/** What a build makes goes into the projects that use it, though none of their files change. */
function buildReasons({ config, environment, changed }: DirectInput): (project: Project) => string[] | null {
  const build = config.environments[environment]?.build;
  if (!build || build.dir === '.') return () => null;
  const path = changed.find((one) => isBelow(one, build.dir));
  if (path === undefined) return () => null;
  const uses = build.projects === null ? () => true : nameMatcher(build.projects);
  return (project) => (uses(project) ? [`built from ${path}, which changed`] : null);
}

function withDependents(all: readonly Project[], direct: ReadonlyMap<string, string[]>): AffectedProject[] {
  const affected = new Set([...direct.keys(), ...dependentsOf(direct.keys(), all)]);
  return all
    .filter((project) => affected.has(project.name))
    .map((project) => ({
      ...project,
      direct: direct.has(project.name),
      reasons: [
        ...(direct.get(project.name) ?? []),
        ...project.dependsOn.filter((name) => affected.has(name)).map((name) => `depends on ${name}`),
      ],
    }));
}
