import { NotFound } from '../errors.ts';
import type { Ports, Pull } from '../ports.ts';
import type { PullPart } from './document.ts';

export function pullPart(pull: Pull): PullPart {
  const { number, title, author, url, head, base, fork } = pull;
  return {
    number,
    title,
    author,
    url,
    head: head.sha,
    headBranch: head.branch,
    base: base.sha,
    baseBranch: base.branch,
    fork,
  };
}

/** The pull request that a run is told on; null if there is none, or none any more: no run waits for that. */
export async function findPull(
  ports: Pick<Ports, 'pulls'>,
  repository: string,
  number: number | null,
): Promise<Pull | null> {
  if (number === null) return null;
  try {
    return await ports.pulls.get(repository, number);
  } catch (error) {
    if (error instanceof NotFound) return null;
    throw error;
  }
}
