import { sourceKey } from '../jobs/keys.ts';
import type { Ports } from '../ports.ts';
import type { Tree } from '../projects/project.ts';
import { currentPass, type RunDocument } from './document.ts';

type Fetching = Pick<Ports, 'artifacts' | 'source' | 'archives'>;

/** One archive per commit among the artifacts; jobs and later steps read that and nothing else. */
export async function fetchSourceOf(ports: Fetching, repository: string, commit: string): Promise<void> {
  const key = sourceKey(repository, commit);
  if (await ports.artifacts.has(key)) return;
  const archive = await ports.archives.pack(await ports.source.tarball(repository, commit));
  await ports.artifacts.put(key, archive);
}

/** A commit's files. An archive that is not there is an error, never an empty tree. */
export async function sourceTree(
  ports: Pick<Ports, 'artifacts' | 'archives'>,
  repository: string,
  commit: string,
): Promise<Tree> {
  return ports.archives.read(await ports.artifacts.get(sourceKey(repository, commit)));
}

/**
 * Puts the archives of a run that asks people once more: a store that deletes old sources counts their days from
 * when they were put, and a run that waited before needs them for as long again.
 */
export async function keepSources(ports: Pick<Ports, 'artifacts'>, doc: RunDocument): Promise<void> {
  const used = Object.values(currentPass(doc).projects).map(({ commit }) => commit);
  const commits = new Set([doc.commit, ...(doc.base === null ? [] : [doc.base]), ...used]);
  for (const commit of commits) {
    const key = sourceKey(doc.repository, commit);
    await ports.artifacts.put(key, await ports.artifacts.get(key));
  }
}
