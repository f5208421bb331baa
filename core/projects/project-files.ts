import { resolveLinks } from './links.ts';
import { inputPaths, type ModuleGraph, moduleGraph } from './module-graph.ts';
import type { Tree, TreeEntry } from './project.ts';

/** Everything of a tree that one root module is made of. */
interface Parts {
  /** Its folder and those of the modules it uses, itself first. */
  dirs: string[];
  /** Files and folders that these read, wherever they are. */
  inputs: string[];
  /** The first of its files that does not parse. */
  broken: string | null;
}

export function partsOf(graph: ModuleGraph, projectDir: string): Parts {
  const root = resolveLinks(graph.links, projectDir) ?? projectDir;
  const dirs = graph.closure(root);
  const inputs: string[] = [];
  let broken: string | null = null;
  for (const dir of dirs) {
    const module = graph.modules.get(dir);
    if (!module) continue;
    inputs.push(...module.inputs);
    for (const path of module.rootInputs) inputs.push(...inputPaths(root, path, graph.links));
    broken ??= module.broken;
  }
  return { dirs, inputs, broken };
}

/** Paths of a project's own files, of its modules' files and of what they read; sorted. Links and their targets. */
export function filesOf(tree: Tree, projectDir: string, graph: ModuleGraph = moduleGraph(tree)): string[] {
  const { dirs, inputs } = partsOf(graph, projectDir);
  const index = indexOf(graph);
  const found = new Set<string>();
  for (const dir of dirs) for (const path of index.owned.get(dir) ?? []) found.add(path);
  for (const input of inputs) for (const path of index.below(input)) found.add(path);
  if (graph.links.size > 0) addTargets(found, graph, index);
  return [...found].sort();
}

/** Files that belong to one module's folder and to no other module below it; sorted. */
export function ownFiles(graph: ModuleGraph, dir: string): readonly string[] {
  return indexOf(graph).owned.get(dir) ?? [];
}

function addTargets(found: Set<string>, graph: ModuleGraph, index: Index): void {
  for (const path of found) {
    if (!graph.links.has(path)) continue;
    const target = resolveLinks(graph.links, path);
    // A set hands out what is added to it while it is walked, so links behind links are followed too.
    if (target !== null) for (const file of index.below(target)) found.add(file);
  }
}

interface Index {
  /** Folder of a module -> its files. */
  owned: ReadonlyMap<string, readonly string[]>;
  entries: ReadonlyMap<string, TreeEntry>;
  /** A file, or the files of a folder. */
  below(path: string): string[];
}

const indexes = new WeakMap<ModuleGraph, Index>();

function indexOf(graph: ModuleGraph): Index {
  const known = indexes.get(graph);
  if (known) return known;
  const owned = new Map<string, string[]>();
  // Entries of a tree are sorted.
  const paths = graph.tree.entries.map((entry) => entry.path);
  for (const path of paths) {
    const owner = graph.owner(path);
    if (owner === null || (owner === '.' && !belongsToTop(path))) continue;
    const list = owned.get(owner);
    if (list) list.push(path);
    else owned.set(owner, [path]);
  }
  const below = (path: string): string[] => {
    if (graph.tree.has(path)) return [path];
    const prefix = path === '.' ? '' : `${path}/`;
    const found: string[] = [];
    for (let i = firstNotBefore(paths, prefix); paths[i]?.startsWith(prefix); i++)
      found.push(paths[i] as string);
    return found;
  };
  const index = { owned, below, entries: new Map(graph.tree.entries.map((entry) => [entry.path, entry])) };
  indexes.set(graph, index);
  return index;
}

/** An entry of the graph's tree. */
export function entryAt(graph: ModuleGraph, path: string): TreeEntry | undefined {
  return indexOf(graph).entries.get(path);
}

/** What lies at the top of the repository and has nothing to do with a root module there. */
export function belongsToTop(path: string): boolean {
  return path !== 'cairn.yaml' && !path.startsWith('.github/');
}

function firstNotBefore(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** True if `path` is `dir` or below it. */
export function isBelow(path: string, dir: string): boolean {
  return dir === '.' || path === dir || path.startsWith(`${dir}/`);
}
