import type { Input } from './hcl/inputs.ts';
import { scanJson } from './hcl/json-scan.ts';
import { type Backend, type Scan, scanHcl } from './hcl/scan.ts';
import { joinPath, type Links, parentOf, resolveLinks } from './links.ts';
import type { Tree } from './project.ts';

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
  tree: Tree;
  /** The folder of a module that a file belongs to: the nearest one above it. Null: none. */
  owner(path: string): string | null;
  /** A module's folder and those of all modules below it, itself first. */
  closure(dir: string): string[];
}

/** The graph of another tree of the repository: what did not change since is taken from it. */
interface Former {
  graph: ModuleGraph;
  changed: Iterable<string>;
}

const TERRAFORM_FILE = /\.(?:tf|tofu)(\.json)?$/;
const TEST_FILE = /\.(?:tftest|tofutest)\.hcl$/;
const ROOT_FILE =
  /(?:^|\/)(?:\.terraform\.lock\.hcl|terraform\.tfvars(?:\.json)?|[^/]*\.auto\.tfvars(?:\.json)?)$/;
const OVERRIDE = /(?:^|_|\/)override\.(?:tf|tofu)(?:\.json)?$/;

/** The graph of local modules of a tree. Files that do not parse are in it, marked. */
export function moduleGraph(tree: Tree, former?: Former): ModuleGraph {
  const links = new Map<string, string>();
  for (const entry of tree.entries) if (entry.link !== undefined) links.set(entry.path, entry.link);
  // With links a folder may change although none of its own paths does.
  const stale =
    former && links.size === 0 && former.graph.links.size === 0 ? staleFolders(former.changed) : null;
  const modules = new Map<string, Module>();
  if (former && stale)
    for (const [dir, module] of former.graph.modules) if (!stale.has(dir)) modules.set(dir, module);

  const rootFiles: string[] = [];
  const tests: string[] = [];
  for (const { path } of tree.entries) {
    const kind = kindOf(path);
    if (kind === null) continue;
    const dir = moduleFolder(path, kind);
    if (stale && !stale.has(dir)) continue;
    if (kind === 'root') rootFiles.push(path);
    else if (kind === 'test') tests.push(path);
    else {
      const file = fileAt(tree, links, path);
      if (file === null) continue;
      const module = modules.get(dir) ?? emptyModule(dir);
      modules.set(dir, module);
      addScan(module, path, scanOf(tree, file), links);
    }
  }
  for (const path of tests) {
    const module = modules.get(moduleFolder(path, 'test'));
    const file = fileAt(tree, links, path);
    if (module && file !== null) addCalls(module, scanOf(tree, file).modules, links);
  }
  for (const path of rootFiles) {
    const module = modules.get(parentOf(path));
    if (module) module.usedAsRoot = true;
  }
  const callers = callersOf(modules);
  return { modules, callers, links, tree, owner: ownerOf(modules), closure: closureOf(modules) };
}

/** `terraform`: it makes a module. `test`: it calls modules. `root`: only who runs terraform there has it. */
type FileKind = 'terraform' | 'test' | 'root';

function kindOf(path: string): FileKind | null {
  if (path.includes('.terraform/')) return null;
  if (TERRAFORM_FILE.test(path)) return 'terraform';
  if (path.endsWith('test.hcl')) return TEST_FILE.test(path) ? 'test' : null;
  return (path.endsWith('.hcl') || path.includes('.tfvars')) && ROOT_FILE.test(path) ? 'root' : null;
}

/** Tests stand beside a module or in its `tests`, and call modules from the module's own folder. */
function moduleFolder(path: string, kind: FileKind): string {
  const dir = parentOf(path);
  return kind === 'test' ? dir.replace(/(^|\/)tests$/, '') || '.' : dir;
}

function staleFolders(changed: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const path of changed) {
    const kind = kindOf(path);
    if (kind !== null) folders.add(moduleFolder(path, kind));
  }
  return folders;
}

/** The file that a path leads to. A link to nothing is none, one to a folder neither. */
function fileAt(tree: Tree, links: Links, path: string): string | null {
  if (links.size === 0) return path;
  const target = resolveLinks(links, path);
  return target !== null && tree.has(target) ? target : null;
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
