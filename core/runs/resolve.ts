import { defaultConfig, parseConfig } from '../config/config.ts';
import { CONFIG_FILE } from '../config/load-config.ts';
import type { Policy } from '../config/policy.ts';
import type { Config } from '../config/types.ts';
import { InvalidInput } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { backendOf } from '../projects/address.ts';
import { contentDigest } from '../projects/content-digest.ts';
import { type ModuleGraph, moduleGraph } from '../projects/module-graph.ts';
import { newProgress, type ProjectProgress } from '../projects/progress.ts';
import { type Project, STANDARD_SIZE, type StateAddress, type Tree } from '../projects/project.ts';
import type { EnvironmentRecord } from '../record/schema.ts';
import type { RunDocument } from './document.ts';
import { sourceTree } from './sources.ts';

/** A commit with its configuration. */
export interface ReadCommit {
  commit: string;
  tree: Tree;
  /** Its own `cairn.yaml`, or the zero configuration. */
  config: Config;
  configText: string | null;
}

export async function readCommit(
  ports: Pick<Ports, 'artifacts' | 'archives' | 'source'>,
  repository: string,
  commit: string,
): Promise<ReadCommit> {
  const tree = await sourceTree(ports, repository, commit);
  const configText = tree.has(CONFIG_FILE) ? tree.read(CONFIG_FILE) : null;
  const config =
    configText === null
      ? defaultConfig(await ports.source.defaultBranch(repository))
      : parseConfig(configText, CONFIG_FILE);
  return { commit, tree, config, configText };
}

/** Everything that the progress of a project is made from. */
export interface ProgressContext {
  commit: string;
  tree: Tree;
  graph?: ModuleGraph;
  environment: string;
  policy: Policy;
  record: EnvironmentRecord | null;
  binaries: string[];
  /** Of jobs, by name; null where the host has one for all. */
  sizes: readonly string[] | null;
  addresses: ReadonlyMap<string, StateAddress | null>;
}

/** A project at the start of a pass, with the digests that tell whether it changed. */
export function progressOf(
  project: Project,
  context: ProgressContext,
  more: {
    reasons: string[];
    destroy: boolean;
    formerState?: string | null;
    backendConfig?: Record<string, string>;
    replace?: string[];
  },
): ProjectProgress {
  const { commit, tree, environment, policy, record, binaries } = context;
  const graph = context.graph ?? moduleGraph(tree);
  const address = context.addresses.get(project.name) ?? null;
  const own: Project = {
    ...project,
    secrets: policy.secrets[project.name] ?? {},
    // A size that an older commit asks for may be gone: its way back goes on without it.
    size: isKnownSize(project.size, context.sizes) ? project.size : STANDARD_SIZE,
  };
  const deployments = Object.fromEntries(
    [own.name, ...own.dependsOn].map((name) => [name, record?.projects[name]?.deployment ?? 0]),
  );
  const of = { project: own, tree, graph, environment, variables: own.variables };
  return newProgress(plain(own), {
    commit,
    destroy: more.destroy,
    state: address ? 'own' : 'kept',
    address: address?.key ?? null,
    formerState: address ? null : (more.formerState ?? null),
    reasons: more.reasons,
    content: contentDigest({ ...of, terraform: '', deployments: {} }),
    reuse: contentDigest({ ...of, terraform: binaries.join(','), deployments }),
    buildOutputs: record?.projects[own.name]?.buildOutputs ?? {},
    backendConfig: address ? (more.backendConfig ?? {}) : {},
    replace: more.replace ?? [],
  });
}

/** Throws InvalidInput for a project that asks for a size which this host does not have. */
export function checkSizes(projects: readonly Project[], sizes: ProgressContext['sizes']): void {
  const problems = projects
    .filter(({ size }) => !isKnownSize(size, sizes))
    .map(({ name, size }) => `${name} asks for the size "${size}" in ${CONFIG_FILE}`);
  if (problems.length === 0) return;
  const names = [...new Set([STANDARD_SIZE, ...(sizes ?? [])])].join(', ');
  throw new InvalidInput(
    `${problems.join('; ')}: there is ${names}. Choose one of these; the operator of Cairn adds others.`,
  );
}

function isKnownSize(size: string, sizes: ProgressContext['sizes']): boolean {
  return sizes === null || size === STANDARD_SIZE || sizes.includes(size);
}

/** Only what a document keeps of a project. */
function plain({
  name,
  dir,
  workspace,
  dependsOn,
  whenModified,
  variables,
  secrets,
  size,
}: Project): Project {
  return { name, dir, workspace, dependsOn, whenModified, variables, secrets, size };
}

/** What others need to read the state of those projects that have a remote backend of their own. */
export async function backendsOf(
  ports: Pick<Ports, 'hcl'>,
  tree: Tree,
  projects: readonly Project[],
  addresses: ReadonlyMap<string, StateAddress | null>,
): Promise<RunDocument['backends']> {
  const upstream = new Set(projects.flatMap((project) => project.dependsOn));
  const backends: RunDocument['backends'] = {};
  for (const project of projects) {
    if (!upstream.has(project.name) || !addresses.get(project.name)) continue;
    const backend = await backendOf(tree, project, ports.hcl);
    if (backend) backends[project.name] = backend;
  }
  return backends;
}
