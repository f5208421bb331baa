import type { Policy } from '../config/policy.ts';
import type { Ports } from '../ports.ts';
import { affectedProjects } from '../projects/affected.ts';
import { newProgress, type ProjectProgress } from '../projects/progress.ts';
import { STANDARD_SIZE } from '../projects/project.ts';
import type { EnvironmentRecord } from '../record/schema.ts';
import type { RunDocument } from './document.ts';
import { backendsOf, progressOf, type ReadCommit, readCommit } from './resolve.ts';
import { fetchSourceOf } from './sources.ts';

type Needs = Pick<Ports, 'archives' | 'artifacts' | 'binaries' | 'hcl' | 'sizes' | 'source'>;

interface Standing {
  projects: ProjectProgress[];
  backends: RunDocument['backends'];
}

/** Fetched if it is not among the artifacts any more. */
export async function commitOf(repository: string, commit: string, ports: Needs): Promise<ReadCommit> {
  await fetchSourceOf(ports, repository, commit);
  return readCommit(ports, repository, commit);
}

/**
 * Every project of the record as it stands: with the commit and the build outputs that it was last applied with, and
 * the secrets of the policy in force. Sorted by name.
 */
export async function standingProjects(
  place: { repository: string; environment: string },
  of: { record: EnvironmentRecord; policy: Policy; reasons: string[]; destroy: boolean },
  ports: Needs,
): Promise<Standing> {
  const all: Standing = { projects: [], backends: {} };
  for (const commit of new Set(Object.values(of.record.projects).map((project) => project.commit))) {
    const { projects, backends } = await standingAt(place, commit, of, ports);
    all.projects.push(...projects);
    Object.assign(all.backends, backends);
  }
  all.projects.sort((a, b) => (a.project.name < b.project.name ? -1 : 1));
  return all;
}

/** Projects of the environment that were last applied from this commit. */
async function standingAt(
  { repository, environment }: { repository: string; environment: string },
  commit: string,
  { record, policy, reasons, destroy }: Parameters<typeof standingProjects>[1],
  ports: Needs,
): Promise<Standing> {
  const { tree, config } = await commitOf(repository, commit, ports);
  const { hcl, binaries, sizes } = ports;
  const { all, addresses, graph } = await affectedProjects({
    base: null,
    head: tree,
    config,
    environment,
    hcl,
  });
  const context = { commit, tree, graph, environment, policy, record, binaries, sizes, addresses };
  const names = Object.keys(record.projects).filter((name) => record.projects[name]?.commit === commit);
  const projects = names.map((name) => {
    const project = all.find((one) => one.name === name);
    return project
      ? progressOf(project, context, { reasons, destroy })
      : asRecorded(name, { record, policy, reasons, destroy });
  });
  const backends = await backendsOf(ports, tree, all, addresses);
  const own = Object.entries(backends).filter(([name]) => names.includes(name));
  return { projects, backends: Object.fromEntries(own) };
}

/** One that its own commit does not call so any more: all that the record says of it. */
function asRecorded(
  name: string,
  { record, policy, reasons, destroy }: Parameters<typeof standingProjects>[1],
): ProjectProgress {
  const known = record.projects[name];
  if (!known) throw new Error(`${name} is not in the record`);
  const { dir, workspace, dependsOn, commit, digest, address, buildOutputs } = known;
  const secrets = policy.secrets[name] ?? {};
  return newProgress(
    { name, dir, workspace, dependsOn, whenModified: [], variables: {}, secrets, size: STANDARD_SIZE },
    {
      commit,
      destroy,
      state: address === null ? 'kept' : 'own',
      address,
      formerState: null,
      reasons,
      content: digest,
      reuse: digest,
      buildOutputs,
    },
  );
}
