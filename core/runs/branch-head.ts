import { NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';

/** The commit that a branch is at; null if there is none of that name, or none yet. */
export async function branchHead(
  repository: string,
  branch: string,
  ports: Pick<Ports, 'source'>,
): Promise<string | null> {
  try {
    return await ports.source.head(repository, branch);
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}
