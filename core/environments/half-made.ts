import { NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { affectedProjects } from '../projects/affected.ts';
import type { EnvironmentRecord } from '../record/schema.ts';
import { commitOf } from '../runs/standing.ts';

type Needs = Pick<Ports, 'archives' | 'artifacts' | 'binaries' | 'hcl' | 'sizes' | 'source'>;

/**
 * The record with what it does not know of: projects that the last deployment may have made before it broke off, or
 * that its rollback left. Whether they hold anything is what a plan tells.
 */
export async function withHalfMade(
  place: { repository: string; environment: string },
  record: EnvironmentRecord,
  ports: Needs,
): Promise<EnvironmentRecord> {
  const { commit } = record.last;
  if (record.state === 'ok' || record.state === 'frozen' || commit === record.commit) return record;
  const names = await projectsAt(place, commit, ports);
  const unknown = names.filter((name) => !Object.hasOwn(record.projects, name));
  const made = unknown.map((name) => [name, { ...NOTHING_KNOWN, dir: name, commit }]);
  return { ...record, projects: { ...record.projects, ...Object.fromEntries(made) } };
}

/** All else about it stands in its commit. */
const NOTHING_KNOWN: Omit<EnvironmentRecord['projects'][string], 'commit' | 'dir'> = {
  workspace: 'default',
  dependsOn: [],
  deployment: 1,
  digest: '',
  planDigest: '',
  terraform: { binary: '', version: '' },
  providers: {},
  address: null,
  buildOutputs: {},
};

async function projectsAt(
  { repository, environment }: { repository: string; environment: string },
  commit: string,
  ports: Needs,
): Promise<string[]> {
  try {
    const { tree, config } = await commitOf(repository, commit, ports);
    const { all } = await affectedProjects({ base: null, head: tree, config, environment, hcl: ports.hcl });
    return all.map(({ name }) => name);
  } catch (error) {
    // A commit that is gone tells nothing any more.
    if (error instanceof NotFound) return [];
    throw error;
  }
}
