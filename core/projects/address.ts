import { createHash } from 'node:crypto';
import type { Config } from '../config/types.ts';
import type { Hcl } from '../ports.ts';
import { projectsOf } from './discover.ts';
import type { Backend } from './hcl/scan.ts';
import { resolveLinks } from './links.ts';
import { type ModuleGraph, moduleGraph } from './module-graph.ts';
import type { Project, StateAddress, Tree } from './project.ts';

/** A remote backend as a root's own files configure it. */
export interface RemoteBackend {
  type: string;
  config: Record<string, unknown>;
}

/**
 * Arguments that say where a state is, and those without which nobody can tell. Credentials, locking and
 * encryption do not move a state: a root that is renamed and gets `use_lockfile` keeps its address.
 */
const IDENTITY: Record<string, { where: string[]; needed: string[] }> = {
  azurerm: {
    where: ['storage_account_name', 'container_name', 'key'],
    needed: ['storage_account_name', 'container_name', 'key'],
  },
  cloud: { where: ['hostname', 'organization', 'workspaces'], needed: ['workspaces'] },
  consul: { where: ['address', 'datacenter', 'path'], needed: ['path'] },
  cos: { where: ['region', 'bucket', 'prefix', 'key'], needed: ['bucket'] },
  gcs: { where: ['bucket', 'prefix'], needed: ['bucket'] },
  http: { where: ['address'], needed: ['address'] },
  kubernetes: { where: ['secret_suffix', 'namespace', 'host', 'config_context'], needed: ['secret_suffix'] },
  oss: { where: ['bucket', 'prefix', 'key', 'endpoint'], needed: ['bucket'] },
  pg: { where: ['conn_str', 'schema_name'], needed: ['conn_str'] },
  remote: { where: ['hostname', 'organization', 'workspaces'], needed: ['workspaces'] },
  s3: { where: ['bucket', 'key', 'endpoint', 'endpoints'], needed: ['bucket', 'key'] },
};

/** The remote backend that a project's files name; null for none, and for `local`. Throws InvalidInput. */
export async function backendOf(
  tree: Tree,
  project: Pick<Project, 'dir'>,
  hcl: Hcl,
  graph: ModuleGraph = moduleGraph(tree),
): Promise<RemoteBackend | null> {
  const module = graph.modules.get(resolveLinks(graph.links, project.dir) ?? '');
  const backend = module?.overrides.at(-1) ?? module?.backends[0];
  if (!backend || backend.type === 'local') return null;
  return { type: backend.type, config: await configOf(backend, project.dir, hcl) };
}

/** Where a project keeps its state; null if Cairn keeps it. Throws InvalidInput for a backend that does not parse. */
export async function stateAddress(
  tree: Tree,
  project: Pick<Project, 'dir' | 'workspace'>,
  hcl: Hcl,
  graph?: ModuleGraph,
): Promise<StateAddress | null> {
  const backend = await backendOf(tree, project, hcl, graph);
  return backend ? addressOf(backend, project).address : null;
}

/** Where a backend keeps the state of a workspace, and whether what is known of it tells so. */
export function addressOf(
  backend: RemoteBackend,
  { dir, workspace }: Pick<Project, 'dir' | 'workspace'>,
): { address: StateAddress; told: boolean } {
  const identity = IDENTITY[backend.type];
  const config = identity ? identity.where.map((name) => backend.config[name] ?? null) : backend.config;
  const where = canonical(config);
  const told = isTold(backend, where);
  // An address that its files do not tell is nobody else's: what is unknown never equals.
  const text = JSON.stringify([backend.type, where, workspace, told ? null : dir]);
  return {
    address: { backend: backend.type, key: createHash('sha256').update(text).digest('hex') },
    told,
  };
}

/** True if the files alone tell where the state is. */
export async function addressIsTold(
  tree: Tree,
  project: Pick<Project, 'dir'>,
  hcl: Hcl,
  graph?: ModuleGraph,
): Promise<boolean> {
  const backend = await backendOf(tree, project, hcl, graph);
  return backend !== null && isTold(backend, canonical(backend.config));
}

/** Two roots with one state would destroy each other's resources: an error that names both. */
export function sharedAddresses(
  projects: readonly Project[],
  addresses: ReadonlyMap<string, StateAddress | null>,
  config: Config,
): string[] {
  const file = config.file ?? 'cairn.yaml';
  const places = Object.keys(config.environments).map((name) => ({
    name,
    projects: new Set(projectsOf(config, name, projects).map((project) => project.name)),
  }));
  const first = new Map<string, Project>();
  const problems: string[] = [];
  for (const project of projects) {
    const address = addresses.get(project.name);
    if (!address) continue;
    const other = first.get(address.key);
    if (other) {
      problems.push(
        `${file}: the projects ${other.name} and ${project.name} keep their state at one address ` +
          `(backend "${address.backend}" in ${other.dir} and ${project.dir}). Give each a key of its own, or list one under "ignore".`,
      );
    } else first.set(address.key, project);
    const homes = places.filter((place) => place.projects.has(project.name)).map((place) => place.name);
    if (homes.length > 1) {
      problems.push(
        `${file}: the project ${project.name} is deployed to ${homes.join(' and ')}, but its backend "${address.backend}" ` +
          'keeps one state for all of them. List it under "projects" of one environment, or take the backend block out: then Cairn keeps a state for each.',
      );
    }
  }
  return problems;
}

async function configOf(backend: Backend, dir: string, hcl: Hcl): Promise<Record<string, unknown>> {
  if (backend.config) return backend.config;
  if (backend.text.startsWith('{')) return JSON.parse(backend.text) as Record<string, unknown>;
  const parsed = await hcl(`${dir}/backend.tf`, `backend {${backend.text}}\n`);
  return first(parsed['backend']);
}

/** hcl2json makes a list of every block. */
function first(blocks: unknown): Record<string, unknown> {
  const block: unknown = Array.isArray(blocks) ? blocks[0] : blocks;
  return typeof block === 'object' && block !== null ? (block as Record<string, unknown>) : {};
}

/** Nothing that is needed is missing, and nothing is said by an expression. */
function isTold({ type, config }: RemoteBackend, told: string): boolean {
  const needed = IDENTITY[type]?.needed ?? [];
  return needed.every((key) => config[key] !== undefined && config[key] !== '') && !/[$%]\{/.test(told);
}

function canonical(value: unknown): string {
  return JSON.stringify(sortedKeys(value));
}

function sortedKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sortedKeys);
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, sortedKeys(inner)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
