import picomatch from 'picomatch';
import { isGlob, unknownNames } from '../config/checks.ts';
import { projectName } from '../config/config.ts';
import type { Config, ProjectConfig } from '../config/types.ts';
import { InvalidConfig } from '../errors.ts';
import { parentOf, resolveLinks } from './links.ts';
import { type Module, type ModuleGraph, moduleGraph } from './module-graph.ts';
import { type Project, STANDARD_SIZE, type Tree } from './project.ts';

/** Folders that hold what is tried, not what is deployed, when they are inside of a library. */
const SAMPLES: ReadonlySet<string> = new Set(['examples', 'example', 'tests', 'test', 'fixtures']);

/**
 * Every project of a tree: the listed ones, and the roots that are found by themselves. Sorted by name. Throws
 * InvalidConfig for a listed folder that is not there and for names that nothing has.
 */
export function discoverRoots(tree: Tree, config: Config, graph: ModuleGraph = moduleGraph(tree)): Project[] {
  const listed = new Set(config.projects.map((project) => project.dir));
  const found = config.discover ? rootFolders(graph, config.ignore).filter((dir) => !listed.has(dir)) : [];
  const projects = [...config.projects.map(listedProject), ...found.map(foundProject)];
  projects.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

  const problems = [
    ...missingFolders(config, graph),
    ...found
      .filter((dir) => dir.startsWith('-'))
      .map(
        (dir) =>
          `${dir}: a folder that starts with "-" cannot be a project; rename it, or list it under "ignore" of cairn.yaml`,
      ),
    ...projects.filter(({ name }) => name in Object.prototype).map(reservedName),
    ...sameNames(projects),
    ...(config.discover
      ? unknownNames(
          config,
          projects.map((project) => project.name),
        )
      : []),
  ];
  if (problems.length > 0) throw new InvalidConfig(problems);
  return projects;
}

/** The projects of an environment, with its variables; what they depend on elsewhere is not waited for. */
export function projectsOf(config: Config, environment: string, projects: readonly Project[]): Project[] {
  const settings = Object.hasOwn(config.environments, environment)
    ? config.environments[environment]
    : undefined;
  if (!settings) return [];
  const names = settings.projects?.map((reference) => reference.name) ?? null;
  const chosen = names === null ? projects : projects.filter(nameMatcher(names));
  return chosen.map((project) => ({
    ...project,
    variables: { ...settings.variables, ...project.variables },
  }));
}

/** Tells projects whose name is listed, or matches a glob that is. */
export function nameMatcher(patterns: readonly string[]): (project: Pick<Project, 'name'>) => boolean {
  const names = new Set(patterns);
  const globs = patterns.filter(isGlob);
  const matches = globs.length > 0 ? picomatch(globs, { dot: true }) : () => false;
  return ({ name }) => names.has(name) || matches(name);
}

/** Folders of root modules, sorted. */
function rootFolders(graph: ModuleGraph, ignore: readonly string[]): string[] {
  const ignored = ignore.length > 0 ? picomatch([...ignore], { dot: true }) : () => false;
  const libraries = new Set<string>();
  const candidates: Module[] = [];
  for (const module of graph.modules.values()) {
    if (isLibrary(module, graph)) libraries.add(module.dir);
    else candidates.push(module);
  }
  const shelves = libraryShelves(libraries, candidates, graph);
  return candidates
    .filter(
      (module) =>
        !insideLibrary(module, libraries) &&
        !(module.wantsValues && !looksUsed(module) && shelves.has(parentOf(module.dir))),
    )
    .map((module) => module.dir)
    .filter((dir) => ignore.length === 0 || !withParents(dir).some((folder) => ignored(folder)))
    .sort();
}

function withParents(dir: string): string[] {
  const parts = dir.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Called by another folder, or below `modules/`; but who says where its state is kept is a root. */
function isLibrary(module: Module, graph: ModuleGraph): boolean {
  if (module.backends.length + module.overrides.length > 0) return false;
  if (module.dir.split('/').slice(0, -1).includes('modules')) return true;
  const callers = graph.callers.get(module.dir) ?? [];
  if (callers.length === 0) return false;
  // A root's own tests call it too.
  const fromOutside = callers.some((caller) => module.dir !== '.' && !caller.startsWith(`${module.dir}/`));
  return fromOutside || (module.providers.length === 0 && !module.usedAsRoot);
}

/** Below a library: its parts; its samples even if they have a backend. */
function insideLibrary(module: Module, libraries: ReadonlySet<string>): boolean {
  const parts = module.dir.split('/');
  const sample = parts.some((part) => SAMPLES.has(part));
  if (parts.includes('modules') && sample) return true;
  if (module.backends.length + module.overrides.length > 0 && !sample) return false;
  for (let dir = module.dir; dir !== '.'; ) {
    dir = parentOf(dir);
    if (libraries.has(dir) && (dir !== '.' || sample)) return true;
  }
  return false;
}

/**
 * Folders that hold libraries only: what is in one, cannot run without values and is called by nobody (yet, or
 * any more) is no root. A library that was just written must not be deployed.
 */
function libraryShelves(
  libraries: ReadonlySet<string>,
  candidates: readonly Module[],
  graph: ModuleGraph,
): Set<string> {
  const shelves = new Set<string>();
  for (const dir of libraries) {
    const shelf = parentOf(dir);
    if (shelf !== '.' && graph.callers.get(dir)?.some((caller) => parentOf(caller) !== shelf))
      shelves.add(shelf);
  }
  for (const module of candidates) if (looksUsed(module)) shelves.delete(parentOf(module.dir));
  return shelves;
}

function looksUsed(module: Module): boolean {
  return module.usedAsRoot || module.providers.length + module.backends.length + module.overrides.length > 0;
}

function listedProject(project: ProjectConfig): Project {
  const { name, dir, workspace, whenModified, variables, secrets, size } = project;
  const dependsOn = project.dependsOn.map((d) => d.name);
  return { name, dir, workspace, whenModified, dependsOn, variables, secrets, size };
}

function foundProject(dir: string): Project {
  const name = projectName(dir, 'default');
  return {
    name,
    dir,
    workspace: 'default',
    whenModified: [],
    dependsOn: [],
    variables: {},
    secrets: {},
    size: STANDARD_SIZE,
  };
}

/** What is kept by project would be mixed up with what every object of JavaScript has. */
function reservedName({ name, dir }: Project): string {
  return `cairn.yaml: no project can be called "${name}"; give ${dir} another "name" under "projects"`;
}

function missingFolders(config: Config, graph: ModuleGraph): string[] {
  return config.projects
    .filter((project) => !graph.modules.has(resolveLinks(graph.links, project.dir) ?? ''))
    .map(
      (project) =>
        `${project.at}.dir: there are no Terraform files in ${project.dir} (.tf, .tofu or .tf.json)`,
    );
}

function sameNames(projects: readonly Project[]): string[] {
  return projects.flatMap((project, index) => {
    const other = projects[index + 1];
    if (other?.name !== project.name || other.dir === project.dir) return [];
    return [
      `cairn.yaml: ${project.dir} and ${other.dir} would both be the project "${project.name}"; give one a "name"`,
    ];
  });
}
