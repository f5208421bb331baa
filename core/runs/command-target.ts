import { configDigest } from '../config/load-config.ts';
import { type Policy, policyOf } from '../config/policy.ts';
import type { Config } from '../config/types.ts';
import { ephemeralPolicy } from '../ephemeral/config.ts';
import type { Ephemeral } from '../ephemeral/environment.ts';
import { isEphemeral } from '../ephemeral/name.ts';
import { backendsOf, fetchAll } from '../ephemeral/resolve-end.ts';
import { NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { newProgress, type ProjectProgress } from '../projects/progress.ts';
import { readRecord } from '../record/read.ts';
import type { RunDocument } from './document.ts';
import { commitOf, standingProjects } from './standing.ts';

export type TargetPorts = Pick<
  Ports,
  'archives' | 'artifacts' | 'binaries' | 'ephemerals' | 'git' | 'hcl' | 'sizes' | 'source'
>;

/** What a command runs on: one project as it stands, and the rule that holds for its environment. */
export interface CommandTarget {
  progress: ProjectProgress;
  backends: RunDocument['backends'];
  policy: Policy;
  configDigest: string;
  /** Last good commit of the environment. */
  good: string;
}

const REASONS = ['asked for'];

/** `base` is the configuration of the default branch. Throws NotFound for what does not stand. */
export function commandTarget(
  place: { repository: string; environment: string },
  project: string,
  base: Config,
  ports: TargetPorts,
): Promise<CommandTarget> {
  return isEphemeral(place.environment)
    ? ephemeralTarget(place, project, base, ports)
    : permanentTarget(place, project, ports);
}

async function permanentTarget(
  place: { repository: string; environment: string },
  name: string,
  ports: TargetPorts,
): Promise<CommandTarget> {
  const { repository, environment } = place;
  const record = await readRecord(ports, repository, environment);
  if (!record?.commit) throw new NotFound(`Nothing stands in ${environment}: there is no good commit of it.`);
  const own = known(record.projects, name, environment);
  const names = [name, ...own.dependsOn].filter((one) => Object.hasOwn(record.projects, one));
  const needed = Object.entries(record.projects).filter(([one]) => names.includes(one));
  const good = await commitOf(repository, record.commit, ports);
  const policy = policyOf(good.config, environment);
  const { projects, backends } = await standingProjects(
    place,
    { record: { ...record, projects: Object.fromEntries(needed) }, policy, reasons: REASONS, destroy: false },
    ports,
  );
  const progress = projects.find((p) => p.project.name === name);
  if (!progress) throw new Error(`${name} stands in ${environment}, and was not found there`);
  return { progress, backends, policy, configDigest: configDigest(good.configText), good: record.commit };
}

async function ephemeralTarget(
  { repository, environment }: { repository: string; environment: string },
  name: string,
  base: Config,
  ports: TargetPorts,
): Promise<CommandTarget> {
  const found = await ports.ephemerals.get(repository, environment);
  if (!found?.commit) throw new NotFound(`Nothing stands in ${environment}.`);
  const { content, ...own } = known(found.applied, name, environment);
  const progress = newProgress(own.project, {
    ...own,
    destroy: false,
    formerState: null,
    reasons: REASONS,
    content,
    reuse: content,
  });
  return {
    progress,
    backends: await backendsFor(repository, found.applied, name, ports),
    // Without `ephemeral` there is no rule to go by: somebody has to agree.
    policy: base.ephemeral ? ephemeralPolicy(base, environment) : { ...NOBODYS, guards: base.guards },
    configDigest: '',
    good: found.commit,
  };
}

async function backendsFor(
  repository: string,
  applied: Ephemeral['applied'],
  name: string,
  ports: TargetPorts,
): Promise<RunDocument['backends']> {
  const names = [name, ...(applied[name]?.project.dependsOn ?? [])];
  const all = Object.values(applied).filter(({ project }) => names.includes(project.name));
  const fetched = await fetchAll(repository, [...new Set(all.map(({ commit }) => commit))], ports);
  if (!fetched.has(applied[name]?.commit ?? '')) {
    throw new NotFound(`The commit that ${name} was made from is gone: its files cannot be read any more.`);
  }
  return backendsOf(repository, all, fetched, ports);
}

const NOBODYS: Omit<Policy, 'guards'> = {
  approval: { required: true, approvers: [], notAuthor: true, within: 86_400 },
  rollback: 'off',
  removed: 'report',
  verify: null,
  build: null,
  whileFrozen: 'refuse',
  secrets: {},
};

function known<T>(projects: Record<string, T>, name: string, environment: string): T {
  const found = Object.hasOwn(projects, name) ? projects[name] : undefined;
  if (found) return found;
  const names = Object.keys(projects).sort();
  const there = names.length > 0 ? `there stands ${names.join(', ')}` : 'nothing stands there';
  throw new NotFound(`There is no project "${name}" in ${environment}; ${there}.`);
}
