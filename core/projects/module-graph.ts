import type { Input } from './hcl-inputs.ts';
import { type Backend, type Scan, scanHcl } from './hcl-scan.ts';
import { scanJson } from './json-scan.ts';
import { joinPath, type Links, parentOf, resolveLinks } from './links.ts';
import type { Tree, TreeEntry } from './project.ts';

/** A folder with Terraform files. */
export interface Module {
  dir: string;
  /** Folders of the local modules it calls, links followed; there or not. */
  calls: string[];
  /** Files and folders it reads, from the repository's root. */
  inputs: string[];
  /** The same for paths that are relative to whichever root module uses it. */
  rootInputs: string[];
  backends: Backend[];
  /** Those of override files, which win. */
  overrides: Backend[];
  requiredVersions: string[];
  providers: string[];
  /** `modules/x/main.tf, line 3: …`; null if all its files can be read. */
  broken: string | null;
  /** It has a lock file or variables of its own: somebody runs terraform there. */
  usedAsRoot: boolean;
  /** It has variables without a default. */
  wantsValues: boolean;
}

export interface ModuleGraph {
  modules: ReadonlyMap<string, Module>;
  /** Folder -> folders that call it. */
  callers: ReadonlyMap<string, readonly string[]>;
  links: Links;
  /** Of each Terraform file, by its own path. */
  scans: ReadonlyMap<string, Scan>;
  entries: ReadonlyMap<string, TreeEntry>;
  /** The folder of a module that a file belongs to: the nearest one above it. Null: none. */
  owner(path: string): string | null;
  /** A module's folder and those of all modules below it, itself first. */
  closure(dir: string): string[];
}

/** Of a file that another tree has unchanged: two trees of one repository share nearly all of them. */
export type KnownScan = (path: string) => Scan | undefined;

const TERRAFORM_FILE = /\.(?:tf|tofu)(\.json)?$/;
const TEST_FILE = /\.(?:tftest|tofutest)\.hcl$/;
const ROOT_FILE =
  /(?:^|\/)(?:\.terraform\.lock\.hcl|terraform\.tfvars(?:\.json)?|[^/]*\.auto\.tfvars(?:\.json)?)$/;
const OVERRIDE = /(?:^|_|\/)override\.(?:tf|tofu)(?:\.json)?$/;

/** The graph of local modules of a tree. Files that do not parse are in it, marked. */
export function moduleGraph(tree: Tree, known: KnownScan = () => undefined): ModuleGraph {
  const links = new Map<string, string>();
  const entries = new Map<string, TreeEntry>();
  for (const entry of tree.entries) {
    entries.set(entry.path, entry);
    if (entry.link !== undefined) links.set(entry.path, entry.link);
  }
  const modules = new Map<string, Module>();
  const scans = new Map<string, Scan>();
  const rootFiles: string[] = [];
  const tests: string[] = [];
  for (const { path } of tree.entries) {
    if (ROOT_FILE.test(path)) rootFiles.push(path);
    if (TEST_FILE.test(path)) tests.push(path);
    if (!TERRAFORM_FILE.test(path) || path.startsWith('.terraform/') || path.includes('/.terraform/'))
      continue;
    const file = fileAt(entries, links, path);
    if (!file) continue;
    const dir = parentOf(path);
    const module = modules.get(dir) ?? emptyModule(dir);
    modules.set(dir, module);
    const scan = scans.get(file.path) ?? known(file.path) ?? scanOf(tree, file.path);
    scans.set(file.path, scan);
    addScan(module, path, scan, links);
  }
  for (const path of tests) {
    // Tests stand beside a module or in its `tests`, and call modules from the module's own folder.
    const module = modules.get(parentOf(path).replace(/(^|\/)tests$/, '') || '.');
    const file = fileAt(entries, links, path);
    if (module && file) addCalls(module, scanOf(tree, file.path).modules, links);
  }
  for (const path of rootFiles) {
    const module = modules.get(parentOf(path));
    if (module) module.usedAsRoot = true;
  }
  return {
    modules,
    callers: callersOf(modules), links, scans, entries,
    owner: ownerOf(modules),
    closure: closureOf(modules),
  };
}

/** The file that a path leads to. A link to nothing is none, one to a folder neither. */
function fileAt(entries: ReadonlyMap<string, TreeEntry>, links: Links, path: string): TreeEntry | null {
  const target = links.size === 0 ? path : resolveLinks(links, path);
  const file = target === null ? undefined : entries.get(target);
  return file && file.link === undefined ? file : null;
}

function scanOf(tree: Tree, path: string): Scan {
  return path.endsWith('.json') ? scanJson(tree.read(path)) : scanHcl(tree.read(path));
}

function emptyModule(dir: string): Module {
  return {
    dir,
    calls: [],
    inputs: [],
    rootInputs: [],
    backends: [],
    overrides: [],
    requiredVersions: [],
    providers: [],
    broken: null,
    usedAsRoot: false,
    wantsValues: false,
  };
}

function addScan(module: Module, path: string, scan: Scan, links: Links): void {
  addCalls(module, scan.modules, links);
  for (const input of scan.inputs) addInput(module, input, links);
  (OVERRIDE.test(path) ? module.overrides : module.backends).push(...scan.backends);
  module.requiredVersions.push(...scan.requiredVersions);
  module.providers.push(...scan.providers);
  if (scan.wantsValues) module.wantsValues = true;
  if (scan.broken !== null) module.broken ??= `${path}, ${scan.broken}`;
}

function addCalls(module: Module, sources: readonly string[], links: Links): void {
  for (const source of sources) {
    // `./x` and `../x` are local; everything else comes from a registry or another repository.
    if (!/^\.{1,2}(\/|$)/.test(source)) continue;
    const target = resolveFrom(module.dir, source, links);
    if (target !== null && target !== module.dir && !module.calls.includes(target)) module.calls.push(target);
  }
}

function addInput(module: Module, input: Input, links: Links): void {
  if (input.from === 'root') {
    if (!module.rootInputs.includes(input.path)) module.rootInputs.push(input.path);
    return;
  }
  for (const path of inputPaths(module.dir, input.path, links)) {
    if (!module.inputs.includes(path)) module.inputs.push(path);
  }
}

/** Where an input is: as written and, if a link is on the way, where that leads. Outside of the checkout: none. */
export function inputPaths(dir: string, path: string, links: Links): string[] {
  const written = joinPath(dir, path);
  const real = resolveFrom(dir, path, links);
  return [...new Set([written, real])].filter((p) => p !== null);
}

function resolveFrom(dir: string, path: string, links: Links): string | null {
  return links.size === 0 ? joinPath(dir, path) : resolveLinks(links, `${dir}/${path}`);
}

function callersOf(modules: ReadonlyMap<string, Module>): Map<string, string[]> {
  const callers = new Map<string, string[]>();
  for (const { dir, calls } of modules.values()) {
    for (const target of calls) {
      const known = callers.get(target);
      if (known) known.push(dir);
      else callers.set(target, [dir]);
    }
  }
  return callers;
}

function ownerOf(modules: ReadonlyMap<string, Module>): ModuleGraph['owner'] {
  // Folders are asked for again and again: a folder's answer is kept.
  const known = new Map<string, string | null>();
  const ofDir = (dir: string): string | null => {
    const before = known.get(dir);
    if (before !== undefined) return before;
    const answer = modules.has(dir) ? dir : dir === '.' ? null : ofDir(parentOf(dir));
    known.set(dir, answer);
    return answer;
  };
  return (path) => ofDir(parentOf(path));
}

function closureOf(modules: ReadonlyMap<string, Module>): ModuleGraph['closure'] {
  const known = new Map<string, string[]>();
  return (dir) => {
    const before = known.get(dir);
    if (before) return before;
    const found = new Set([dir]);
    // A set hands out what is added to it while it is walked.
    for (const next of found) for (const target of modules.get(next)?.calls ?? []) found.add(target);
    const closure = [...found];
    known.set(dir, closure);
    return closure;
  };
}
