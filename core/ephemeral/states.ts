import type { EphemeralConfig } from '../config/types.ts';
import type { Hcl } from '../ports.ts';
import { addressOf, backendOf, type RemoteBackend } from '../projects/address.ts';
import type { ModuleGraph } from '../projects/module-graph.ts';
import type { Project, StateAddress, Tree } from '../projects/project.ts';
import type { AppliedProject } from './environment.ts';

/** Where a project of an ephemeral environment keeps its state. */
export interface StatePlace {
  /** With its workspace as it is there. */
  project: Project;
  /** Null: Cairn keeps it, by the environment's name. */
  address: StateAddress | null;
  /** What init is told beside the files. */
  backendConfig: Record<string, string>;
  /** How others read it; null: Cairn hands it to them, or nobody can. */
  read: RemoteBackend | null;
}

interface Input {
  tree: Tree;
  graph: ModuleGraph;
  /** Those that the environment is made of. */
  projects: readonly Project[];
  environment: string;
  state: EphemeralConfig['state'];
  hcl: Hcl;
}

/**
 * A state of its own for each project: by name where Cairn keeps it, else in a workspace or under a key. What cannot
 * have one is told in `problems`, as sentences. Throws InvalidInput for a backend that does not parse.
 */
export async function statePlaces(
  input: Input,
): Promise<{ places: Map<string, StatePlace>; problems: string[] }> {
  const places = new Map<string, StatePlace>();
  const problems: string[] = [];
  for (const project of input.projects) {
    const backend = await backendOf(input.tree, project, input.hcl, input.graph);
    if (!backend) {
      places.set(project.name, { project, address: null, backendConfig: {}, read: null });
      continue;
    }
    const place = ownPlace(project, backend, input);
    places.set(project.name, place);
    const problem = whyNot(project, backend, place, input);
    if (problem !== null) problems.push(problem);
  }
  return { places, problems };
}

function ownPlace(project: Project, backend: RemoteBackend, { state, environment }: Input): StatePlace {
  if (state.kind === 'workspace') {
    const inIt = { ...project, workspace: environment };
    const { address } = addressOf(backend, inIt);
    return { project: inIt, address, backendConfig: {}, read: inWorkspace(backend, environment) };
  }
  const backendConfig = filled(state.config, environment, project.name);
  const told = { type: backend.type, config: { ...backend.config, ...backendConfig } };
  return { project, address: addressOf(told, project).address, backendConfig, read: told };
}

function filled(config: Record<string, string>, environment: string, project: string) {
  const fill = (text: string) =>
    text.replaceAll('{environment}', () => environment).replaceAll('{project}', () => project);
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, fill(value)]));
}

/** Their runs, rights and variables are the service's own: Cairn could neither make nor destroy one. */
const SERVICES = ['cloud', 'remote'];
const WITHOUT_WORKSPACES = ['http'];

function whyNot(project: Project, backend: RemoteBackend, place: StatePlace, input: Input): string | null {
  const { name, dir } = project;
  const of = `${name}: its backend "${backend.type}" (in ${dir})`;
  if (SERVICES.includes(backend.type)) {
    return `${of} keeps states in a service whose workspaces have rights and variables of their own, which Cairn cannot make for an ephemeral environment. Leave ${name} out with \`ephemeral.projects\`.`;
  }
  const { state } = input;
  if (state.kind === 'workspace' && WITHOUT_WORKSPACES.includes(backend.type)) {
    return `${of} has no workspaces. Say \`ephemeral.state: key\` and, under \`ephemeral.backend_config\`, an address with \`{environment}\` and \`{project}\` in it.`;
  }
  const backendConfig = state.kind === 'key' ? place.backendConfig : {};
  const effective = { type: backend.type, config: { ...backend.config, ...backendConfig } };
  const { told, address } = addressOf(effective, place.project);
  if (!told) {
    return `${of} does not say where its state is, so nobody can tell whether it is that of a permanent environment. Say all of it in the backend block, or with \`ephemeral.state: key\` under \`ephemeral.backend_config\`.`;
  }
  if (state.kind === 'workspace') return unreadable(project, backend, place, input, of);
  const other = { ...effective, config: { ...backend.config, ...filled(state.config, 'another', name) } };
  if (addressOf(other, place.project).address.key !== address.key) return null;
  return `${of} would keep one state for all ephemeral environments: \`{environment}\` has to be in what says where the state is, such as \`key\`, under \`ephemeral.backend_config\`.`;
}

/** The variable `cairn_state` names a backend and its configuration: not every one can name a workspace's state so. */
function unreadable(
  { name }: Project,
  { type }: RemoteBackend,
  { read }: StatePlace,
  { projects }: Input,
  of: string,
): string | null {
  const reader = projects.find(({ dependsOn }) => dependsOn.includes(name));
  if (!reader || read !== null) return null;
  return `${of} cannot say in \`cairn_state\` which workspace is meant, and ${reader.name} depends on it. Say \`ephemeral.state: key\` with a \`${type === 'gcs' ? 'prefix' : 'key'}\` under \`ephemeral.backend_config\`.`;
}

/** How others read the state of a project as it was applied: under its key, or in the environment's workspace. */
export function readAs(
  { type, config }: RemoteBackend,
  { project, backendConfig }: Pick<AppliedProject, 'project' | 'backendConfig'>,
  environment: string,
): RemoteBackend {
  const told = { type, config: { ...config, ...backendConfig } };
  return project.workspace === environment ? (inWorkspace(told, environment) ?? told) : told;
}

/** The configuration by which a workspace's state is read as if it were the default one; null where there is none. */
export function inWorkspace({ type, config }: RemoteBackend, workspace: string): RemoteBackend | null {
  const text = (key: string) => (typeof config[key] === 'string' ? config[key] : '');
  const joined = (...parts: string[]) => parts.filter((part) => part !== '').join('/');
  switch (type) {
    case 's3': {
      const { workspace_key_prefix: prefix, ...rest } = config;
      const key = joined(typeof prefix === 'string' ? prefix : 'env:', workspace, text('key'));
      return { type, config: { ...rest, key } };
    }
    case 'azurerm':
      return { type, config: { ...config, key: `${text('key')}env:${workspace}` } };
    case 'consul':
      return { type, config: { ...config, path: `${text('path')}-env:${workspace}` } };
    case 'cos':
      return { type, config: { ...config, prefix: joined(text('prefix'), workspace) } };
    case 'oss':
      return { type, config: { ...config, prefix: joined(text('prefix') || 'env:', workspace) } };
    default:
      return null;
  }
}
