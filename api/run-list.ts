import type { Run, RunFilter } from '../core/requests/run.ts';
import type { ApiHost } from './host.ts';

/** Runs of these repositories, newest first. */
export async function listRuns(
  host: ApiHost,
  repositories: string[],
  filter: Omit<RunFilter, 'repository'>,
): Promise<Run[]> {
  const lists = await Promise.all(
    repositories.map((repository) => host.ports.runs.list({ ...filter, repository })),
  );
  // Each list is in order; where there is only one, its order stands (two runs may start in one millisecond).
  const all = lists.length === 1 ? lists.flat() : lists.flat().sort(newestFirst);
  return all.slice(0, filter.limit);
}

function newestFirst(a: Run, b: Run): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return b.number - a.number;
}
