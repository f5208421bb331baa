import { InvalidInput } from '../errors.ts';
import type { Hcl } from '../ports.ts';
import { nameMatcher } from '../projects/discover.ts';
import { parentOf, resolveLinks } from '../projects/links.ts';
import type { ModuleGraph } from '../projects/module-graph.ts';
import type { Project, Tree } from '../projects/project.ts';
import { filesOf } from '../projects/project-files.ts';
import { type Read, readsOf, SOURCE } from './remote-states.ts';

interface Input {
  tree: Tree;
  graph: ModuleGraph;
  projects: readonly Project[];
  /** Names or globs of projects that may read what they like. */
  allowed: readonly string[];
  /** Names of those whose state is in a workspace, which `cairn_state` tells already. */
  inWorkspaces: ReadonlySet<string>;
  hcl: Hcl;
}

/**
 * Projects that read a state which is not of the environment itself, as sentences with file and line: what a branch
 * under test is made with would hang on what is permanent, and on whatever secrets its outputs hold. Modules that
 * come from elsewhere are looked into by the job that plans, once they are there.
 */
export async function foreignReads(input: Input): Promise<string[]> {
  const { tree, graph, projects, allowed, hcl } = input;
  const mayRead = nameMatcher(allowed);
  const known = new Map<string, Promise<Read[]>>();
  const problems: string[] = [];
  for (const project of projects) {
    if (mayRead(project)) continue;
    for (const path of filesOf(tree, project.dir, graph)) {
      if (!tree.has(path) || graph.links.has(path)) continue;
      if (isRootValues(path, project, graph)) {
        const line = lineOf(tree.read(path), /\bcairn_state\b/);
        if (line !== null) problems.push(`${project.name}: ${path}:${line} sets cairn_state. ${OWN}`);
        continue;
      }
      if (!SOURCE.test(path)) continue;
      const reads = known.get(path) ?? read(path, tree, hcl);
      known.set(path, reads);
      for (const one of await reads) {
        // What a root has for a default Cairn's own value replaces; a module may not be handed that.
        if (one.from.kind === 'default' && isInRoot(path, project, graph)) continue;
        const why = whyForeign(one, project, input.inWorkspaces);
        if (why !== null) problems.push(`${project.name}: ${one.what} in ${path}:${one.line} ${why}`);
      }
    }
  }
  return problems;
}

async function read(path: string, tree: Tree, hcl: Hcl): Promise<Read[]> {
  try {
    return await readsOf(path, tree.read(path), hcl);
  } catch (error) {
    // Its plan says where it does not parse; what it reads nobody can tell.
    if (error instanceof InvalidInput) return [{ what: 'a block', line: 1, from: { kind: 'unreadable' } }];
    throw error;
  }
}

const OWN = 'It is set by Cairn, to the states of this environment: take it out there.';

function whyForeign(
  { from }: Read,
  { name, dependsOn }: Project,
  inWorkspaces: ReadonlySet<string>,
): string | null {
  const allow = `allow it on the default branch of the repository with \`ephemeral: { reads: [${name}] }\` in cairn.yaml`;
  const upstream = dependsOn[0] ?? 'PROJECT';
  switch (from.kind) {
    case 'unreadable':
      return `does not parse, so nobody can tell whether it reads another environment's state.`;
    case 'own': {
      const read = from.project === null ? dependsOn : [from.project];
      if (from.workspace && read.some((other) => inWorkspaces.has(other))) {
        return `names a workspace, and \`cairn_state\` has that of this environment in it already: take \`workspace\` out, or ${allow}.`;
      }
      if (read.length > 0 && read.every((other) => dependsOn.includes(other))) return null;
      return `reads the state of ${from.project ?? 'others'}, which ${name} does not depend on: add \`depends_on: [${from.project ?? 'PROJECT'}]\` to ${name} in cairn.yaml.`;
    }
    case 'foreign':
      return `reads a state that is not of this environment. Write \`backend = var.cairn_state["${upstream}"].backend\` and \`config = var.cairn_state["${upstream}"].config\` there, or ${allow}.`;
    case 'default':
      return `has a default that names states of its own. Take the default out there, or ${allow}.`;
    case 'passed':
      return `is handed another \`cairn_state\` than Cairn's. Write \`cairn_state = var.cairn_state\` there, or ${allow}.`;
  }
}

function isInRoot(path: string, project: Project, graph: ModuleGraph): boolean {
  return parentOf(path) === (resolveLinks(graph.links, project.dir) ?? project.dir);
}

function isRootValues(path: string, project: Project, graph: ModuleGraph): boolean {
  return isInRoot(path, project, graph) && /(?:^|\/)(?:terraform|[^/]*\.auto)\.tfvars(?:\.json)?$/.test(path);
}

function lineOf(text: string, pattern: RegExp): number | null {
  const at = text.search(pattern);
  return at < 0 ? null : text.slice(0, at).split('\n').length;
}
