import { NotAllowed, NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { EphemeralRequest } from '../requests/request.ts';
import { branchHead } from '../runs/branch-head.ts';

type Reading = Pick<Ports, 'git' | 'pulls' | 'source'>;

/** The commit that an ephemeral environment is made from, or why it no longer matters. Never a fork's. */
export async function ephemeralHead(
  request: EphemeralRequest,
  ports: Reading,
): Promise<{ commit: string | null; reason: string | null }> {
  const { repository, ref, pull: number } = request;
  if (number === undefined || ref !== undefined) {
    return { commit: await ownCommit(repository, ref ?? '', ports), reason: null };
  }
  const pull = await ports.pulls.get(repository, number);
  if (pull.fork) {
    throw new NotAllowed(
      `#${number} comes from a fork: no ephemeral environment is made from a fork. Whoever has read it can push it to a branch of ${repository} and name that.`,
    );
  }
  const head = pull.head.sha;
  if (pull.state === 'closed') return { commit: head, reason: `pull request #${number} is closed` };
  if (request.commit !== undefined && request.commit !== head) {
    return { commit: head, reason: `the head of #${number} is ${head.slice(0, 7)} now` };
  }
  return { commit: head, reason: null };
}

/**
 * The commit of a branch or tag, or one that somebody with write access brought in. A forge answers for every
 * commit of every fork too, by its digits as by `pull/N/head`: those are nobody's here.
 */
async function ownCommit(repository: string, ref: string, ports: Reading): Promise<string> {
  const branch = await branchHead(repository, ref, ports);
  if (branch !== null) return branch;
  if ((await ports.git.ref(repository, `refs/tags/${ref}`)) !== null) {
    return (await ports.source.commit(repository, `tags/${ref}`)).sha;
  }
  if (!/^[0-9a-f]{7,40}$/.test(ref)) {
    throw new NotFound(`There is no branch and no tag "${ref}" in ${repository}.`);
  }
  const { sha } = await ports.source.commit(repository, ref);
  if (await isOwn(repository, sha, ports)) return sha;
  throw new NotAllowed(
    `${ref} is neither on the default branch of ${repository} nor in a pull request from one of its own branches, and no ephemeral environment is made from a fork. Name the branch or the tag instead.`,
  );
}

async function isOwn(repository: string, sha: string, ports: Reading): Promise<boolean> {
  const pulls = await ports.pulls.ofCommit(repository, sha);
  if (pulls.some(({ fork }) => !fork)) return true;
  const main = await ports.source.head(repository, await ports.source.defaultBranch(repository));
  return main === sha || (await ports.source.between(repository, main, sha)).length === 0;
}
