import { diffFiles } from './diff.ts';
import { git } from './git.ts';
import { isAncestor, mergeBase, readRef } from './objects.ts';
import { fullPullShape, type PullNumbers } from './shapes/pull.ts';
import { repositoryShape } from './shapes/repository.ts';
import { userShape } from './shapes/user.ts';
import type { PullRow, RepositoryRow } from './state.ts';
import { mergeableNow, startTestMerge } from './test-merge.ts';
import {
  findRepository,
  findUser,
  fullName,
  gitDir,
  nextId,
  now,
  unprocessable,
  type World,
} from './world.ts';
import { mergeTree, swapRef, writeCommit } from './write.ts';

interface NewPull {
  title: string;
  body: string | null;
  /** `branch`, or `owner:branch` for a fork's. */
  head: string;
  base: string;
  draft: boolean;
}

export async function openPull(
  world: World,
  repository: RepositoryRow,
  author: string,
  wanted: NewPull,
): Promise<PullRow> {
  const dir = gitDir(world, repository);
  const from = headOf(world, repository, wanted.head);
  const headSha = from === null ? null : await readRef(gitDir(world, from.repository), from.ref);
  const baseSha = await readRef(dir, `refs/heads/${wanted.base}`);
  if (from === null || headSha === null) throw unprocessable('PullRequest', 'head', 'head is invalid');
  if (baseSha === null) throw unprocessable('PullRequest', 'base', 'base is invalid');
  const headRepository = fullName(from.repository);
  const twin = repository.pulls.find(
    (pull) =>
      pull.state === 'open' &&
      pull.headRepository === headRepository &&
      pull.headBranch === from.branch &&
      pull.baseBranch === wanted.base,
  );
  if (twin) {
    throw unprocessable(
      'PullRequest',
      'head',
      `A pull request already exists for ${from.repository.owner}:${from.branch}.`,
    );
  }
  if (from.repository !== repository) await bring(world, repository, from.repository, headSha);
  if (await isAncestor(dir, headSha, baseSha)) {
    throw unprocessable('PullRequest', 'head', `No commits between ${wanted.base} and ${wanted.head}`);
  }
  const at = now(world);
  const pull: PullRow = {
    id: nextId(world),
    number: repository.nextNumber++,
    title: wanted.title,
    body: wanted.body,
    state: 'open',
    draft: wanted.draft,
    author,
    headRepository,
    headBranch: from.branch,
    headSha,
    baseBranch: wanted.base,
    baseSha,
    createdAt: at,
    updatedAt: at,
    closedAt: null,
    mergedAt: null,
    mergedBy: null,
    mergeCommitSha: null,
    test: null,
  };
  repository.pulls.push(pull);
  world.store.touch();
  await git(dir, ['update-ref', `refs/pull/${pull.number}/head`, headSha]);
  await tellPull(world, repository, pull, 'opened', author);
  return pull;
}

function headOf(world: World, repository: RepositoryRow, head: string) {
  const [owner, ...rest] = head.split(':');
  const branch = rest.length === 0 ? head : rest.join(':');
  const ref = `refs/heads/${branch}`;
  if (rest.length === 0 || owner?.toLowerCase() === repository.owner.toLowerCase()) {
    return { repository, branch, ref };
  }
  const fork = Object.values(world.store.state.repositories).find(
    (row) =>
      row.owner.toLowerCase() === owner?.toLowerCase() &&
      findRepository(world, row.parent ?? '') === repository,
  );
  return fork ? { repository: fork, branch, ref } : null;
}

/** Objects of a fork's commit, as GitHub shares them within a network of forks. */
export async function bring(
  world: World,
  to: RepositoryRow,
  from: RepositoryRow,
  sha: string,
): Promise<void> {
  await git(gitDir(world, to), ['fetch', '--quiet', '--no-tags', gitDir(world, from), sha]);
}

export async function pullNumbers(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
): Promise<PullNumbers> {
  const known = counted.get(pull);
  const key = `${pull.baseSha} ${pull.headSha}`;
  const counts = known?.key === key ? known.counts : await countChanges(gitDir(world, repository), pull);
  counted.set(pull, { key, counts });
  return { ...counts, mergeable: mergeableNow(world, repository, pull) };
}

type Counts = Omit<PullNumbers, 'mergeable'>;
const counted = new WeakMap<PullRow, { key: string; counts: Counts }>();

async function countChanges(dir: string, pull: PullRow): Promise<Counts> {
  const from = (await mergeBase(dir, pull.baseSha, pull.headSha)) ?? pull.baseSha;
  const [files, count] = await Promise.all([
    diffFiles(dir, from, pull.headSha),
    git(dir, ['rev-list', '--count', `${from}..${pull.headSha}`]),
  ]);
  const sum = (key: 'additions' | 'deletions') => files.reduce((total, file) => total + file[key], 0);
  return {
    commits: Number(count),
    additions: sum('additions'),
    deletions: sum('deletions'),
    changedFiles: files.length,
  };
}

export async function tellPull(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  action: string,
  sender: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  if (pull.state === 'open') startTestMerge(world, repository, pull);
  const numbers = await pullNumbers(world, repository, pull);
  world.tell(repository, 'pull_request', {
    action,
    number: pull.number,
    ...more,
    pull_request: fullPullShape(world, repository, pull, numbers),
    repository: repositoryShape(world, repository),
    sender: userShape(world, sender),
  });
}

export async function closePull(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  by: string,
  mergeCommitSha: string | null,
): Promise<void> {
  const at = now(world);
  pull.state = 'closed';
  pull.closedAt = at;
  pull.updatedAt = at;
  if (mergeCommitSha !== null) {
    pull.mergedAt = at;
    pull.mergedBy = by;
    pull.mergeCommitSha = mergeCommitSha;
  }
  world.store.touch();
  await tellPull(world, repository, pull, 'closed', by);
}

/** Merges into the base branch, by a merge commit or squashed. Answers the new head of the base branch. */
export async function mergePull(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  by: string,
  how: { squash: boolean; title?: string | undefined; message?: string | undefined },
): Promise<string | null> {
  const dir = gitDir(world, repository);
  const base = await readRef(dir, `refs/heads/${pull.baseBranch}`);
  if (base === null) return null;
  const user = findUser(world, by);
  const who = { name: by, email: user?.email ?? `${by}@example.com`, date: world.clock.now() };
  const owner = pull.headRepository.split('/')[0];
  const text = how.squash
    ? `${how.title ?? `${pull.title} (#${pull.number})`}\n\n${how.message ?? ''}`
    : `${how.title ?? `Merge pull request #${pull.number} from ${owner}/${pull.headBranch}`}\n\n${how.message ?? pull.title}`;
  const tree = await mergeTree(dir, base, pull.headSha);
  if (tree === null) return null;
  const parents = how.squash ? [base] : [base, pull.headSha];
  const commit = await writeCommit(dir, {
    tree,
    parents,
    message: text.trimEnd(),
    author: who,
    committer: { ...who, name: 'GitHub', email: 'noreply@github.com' },
  });
  return (await swapRef(dir, `refs/heads/${pull.baseBranch}`, commit, base)) ? commit : null;
}
