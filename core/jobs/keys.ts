import { isEphemeral, placeOf } from '../ephemeral/name.ts';

/** Where the archive of a commit is kept. */
export function sourceKey(repository: string, commit: string): string {
  return `sources/${repository}/${commit}.tar.gz`;
}

/** A project's name as one path segment. */
export function segment(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E');
}

/** An ephemeral environment's stands below `ephemeral/`, where its rights end. */
export function stateKey(
  { repository, environment }: { repository: string; environment: string },
  project: string,
): string {
  const place = isEphemeral(environment) ? `${placeOf(environment)}/${environment}` : environment;
  return `${repository}/${place}/${segment(project)}`;
}
