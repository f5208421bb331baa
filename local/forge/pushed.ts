import { diffFiles } from './diff.ts';
import { git, ZERO } from './git.ts';
import { isAncestor, readCommits } from './objects.ts';
import { bring, closePull, tellPull } from './pulls.ts';
import { pushCommitShape } from './shapes/git.ts';
import { pageUrl, repositoryShape } from './shapes/repository.ts';
import { userShape } from './shapes/user.ts';
import type { PullRow, RepositoryRow } from './state.ts';
import { startTestMerge } from './test-merge.ts';
import { findRepository, findUser, fullName, gitDir, now, type World } from './world.ts';

interface RefMove {
  ref: string;
  /** 40 zeros for a ref that was not there. */
  before: string;
  /** 40 zeros for a ref that was deleted. */
  after: string;
}

export function movesBetween(before: Map<string, string>, after: Map<string, string>): RefMove[] {
  const refs = [...new Set([...before.keys(), ...after.keys()])].sort();
  return refs
    .map((ref) => ({ ref, before: before.get(ref) ?? ZERO, after: after.get(ref) ?? ZERO }))
    .filter((move) => move.before !== move.after);
}

/** What GitHub does once refs have moved, by a push, by the API or by a merge. */
export async function refsMoved(
  world: World,
  repository: RepositoryRow,
  moves: RefMove[],
  by: string,
  merged: { pull: PullRow; commit: string } | null = null,
): Promise<void> {
  for (const move of moves) {
    if (!/^refs\/(heads|tags)\//.test(move.ref)) continue;
    repository.pushedAt = now(world);
    world.store.touch();
    world.tell(repository, 'push', await pushPayload(world, repository, move, by));
    if (!move.ref.startsWith('refs/heads/')) continue;
    await headsMoved(world, repository, move, by);
    await basesMoved(world, repository, move, by, merged);
  }
}

/** Open pull requests whose head this branch is, here or in the repository this one was forked from. */
async function headsMoved(world: World, repository: RepositoryRow, move: RefMove, by: string): Promise<void> {
  const branch = move.ref.slice('refs/heads/'.length);
  const parent = repository.parent === null ? null : findRepository(world, repository.parent);
  for (const target of parent ? [repository, parent] : [repository]) {
    for (const pull of target.pulls) {
      if (pull.state === 'closed' || pull.headBranch !== branch) continue;
      if (pull.headRepository !== fullName(repository)) continue;
      if (move.after === ZERO) {
        await closePull(world, target, pull, by, null);
        continue;
      }
      if (target !== repository) await bring(world, target, repository, move.after);
      const dir = gitDir(world, target);
      await git(dir, ['update-ref', `refs/pull/${pull.number}/head`, move.after]);
      pull.headSha = move.after;
      pull.baseSha = (await git(dir, ['rev-parse', `refs/heads/${pull.baseBranch}`])).trim();
      pull.updatedAt = now(world);
      world.store.touch();
      await tellPull(world, target, pull, 'synchronize', by, { before: move.before, after: move.after });
    }
  }
}

/** Open pull requests into this branch: merged if their head is in it now, else their test merge is stale. */
async function basesMoved(
  world: World,
  repository: RepositoryRow,
  move: RefMove,
  by: string,
  merged: { pull: PullRow; commit: string } | null,
): Promise<void> {
  const branch = move.ref.slice('refs/heads/'.length);
  for (const pull of repository.pulls) {
    if (pull.state === 'closed' || pull.baseBranch !== branch || move.after === ZERO) continue;
    if (merged?.pull === pull) await closePull(world, repository, pull, by, merged.commit);
    else if (await isAncestor(gitDir(world, repository), pull.headSha, move.after)) {
      await closePull(world, repository, pull, by, move.after);
    } else {
      pull.baseSha = move.after;
      startTestMerge(world, repository, pull);
    }
  }
}

async function pushPayload(world: World, repository: RepositoryRow, move: RefMove, by: string) {
  const dir = gitDir(world, repository);
  const created = move.before === ZERO;
  const deleted = move.after === ZERO;
  const forced = !created && !deleted && !(await isAncestor(dir, move.before, move.after));
  const shas = deleted ? [] : await newCommits(dir, repository, move);
  const commits = await Promise.all(
    (await readCommits(dir, shas)).map(async (commit) => {
      const parent = commit.parents[0];
      const files = parent === undefined ? [] : await diffFiles(dir, parent, commit.sha);
      return pushCommitShape(world, repository, commit, files);
    }),
  );
  const page = pageUrl(world, repository);
  return {
    ref: move.ref,
    before: move.before,
    after: move.after,
    base_ref: null,
    created,
    deleted,
    forced,
    compare: created ? `${page}/commits/${move.after}` : `${page}/compare/${move.before}...${move.after}`,
    commits,
    head_commit: commits.at(-1) ?? null,
    pusher: { name: by, email: findUser(world, by)?.email ?? null },
    repository: {
      ...repositoryShape(world, repository),
      created_at: Math.floor(Date.parse(repository.createdAt) / 1000),
      pushed_at: Math.floor(Date.parse(repository.pushedAt) / 1000),
      stargazers: 0,
      master_branch: repository.defaultBranch,
    },
    sender: userShape(world, by),
  };
}

/** At most 20, oldest first, as many as GitHub lists in a `push` for sure. */
async function newCommits(dir: string, repository: RepositoryRow, move: RefMove): Promise<string[]> {
  const isDefault = move.ref === `refs/heads/${repository.defaultBranch}`;
  const known =
    move.before === ZERO
      ? isDefault
        ? []
        : [`^refs/heads/${repository.defaultBranch}`]
      : [`^${move.before}`];
  const args = ['rev-list', '--max-count=20', '--reverse', '--ignore-missing', move.after, ...known];
  const text = await git(dir, args).catch(() => move.after);
  const shas = text.split('\n').filter((line) => line !== '');
  return shas.length > 0 ? shas : [move.after];
}
