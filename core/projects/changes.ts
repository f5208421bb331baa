import { parentOf, resolveLinks } from './links.ts';
import type { ModuleGraph } from './module-graph.ts';
import type { Tree } from './project.ts';
import { belongsToTop, partsOf } from './project-files.ts';
import { sameEntry } from './tree.ts';

/** Paths that differ between two trees: content, mode, there or not. Sorted. */
export function changedPaths(base: Tree, head: Tree): string[] {
  const changed: string[] = [];
  const [before, after] = [base.entries, head.entries];
  // Both are sorted by path.
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    const [a, b] = [before[i], after[j]];
    if (a && b && a.path === b.path) {
      if (!sameEntry(a, b)) changed.push(b.path);
      i++;
      j++;
    } else if (b === undefined || (a && a.path < b.path)) {
      if (a) changed.push(a.path);
      i++;
    } else {
      changed.push(b.path);
      j++;
    }
  }
  return changed;
}

/** What a set of changed paths means in one tree's graph. */
interface Touched {
  /** Module folder -> changed files that belong to it. */
  modules: ReadonlyMap<string, readonly string[]>;
  /** Changed paths and every folder above one. */
  paths: ReadonlySet<string>;
  /** Folder -> a changed file that every root below it heeds. */
  below: ReadonlyMap<string, string>;
}

/** Heeded by roots below the folder, where it belongs to no module: shared values, pinned versions. */
const HEEDED_BELOW =
  /(?:^|\/)(?:[^/]*\.tfvars(?:\.json)?|\.terraform-version|\.opentofu-version|\.tool-versions)$/;

export function touchedBy(changed: readonly string[], graph: ModuleGraph): Touched {
  const paths = new Set<string>();
  const modules = new Map<string, string[]>();
  const below = new Map<string, string>();
  const add = (path: string) => {
    for (let at = path; !paths.has(at); at = parentOf(at)) {
      paths.add(at);
      if (at === '.') break;
    }
    const owner = graph.owner(path);
    if (owner !== null && (owner !== '.' || belongsToTop(path))) {
      const list = modules.get(owner);
      if (list) list.push(path);
      else modules.set(owner, [path]);
    }
    const dir = parentOf(path);
    if (HEEDED_BELOW.test(path) && (owner !== dir || !path.includes('.tfvars'))) below.set(dir, path);
  };
  for (const path of changed) add(path);
  for (const link of graph.links.keys()) {
    const target = resolveLinks(graph.links, link);
    if (target !== null && paths.has(target)) add(link);
  }
  return { modules, paths, below };
}

/** The changed files that a root module is touched by, in one tree's graph. */
export function touching(projectDir: string, graph: ModuleGraph, touched: Touched): string[] {
  const { dirs, inputs, broken } = partsOf(graph, projectDir);
  const found = new Set<string>();
  for (const dir of dirs) for (const path of touched.modules.get(dir) ?? []) found.add(path);
  for (const input of inputs) if (touched.paths.has(input)) found.add(input);
  for (let dir = dirs[0] ?? '.'; touched.below.size > 0; dir = parentOf(dir)) {
    const path = touched.below.get(dir);
    if (path !== undefined) found.add(path);
    if (dir === '.') break;
  }
  // Nobody can tell what a file that does not parse uses: every module that changed may be it.
  if (broken !== null) for (const dir of touched.modules.keys()) if (graph.callers.has(dir)) found.add(dir);
  return [...found];
}
