import { git } from './git.ts';
import type { PullRow, RepositoryRow } from './state.ts';
import { gitDir, type World } from './world.ts';
import { mergeCommit } from './write.ts';

const merging = new WeakMap<PullRow, Promise<void>>();

/**
 * GitHub's way: asking for a pull request starts its test merge; until that stands the answer is null, which
 * is what a client has to be ready for.
 */
export function mergeableNow(world: World, repository: RepositoryRow, pull: PullRow): boolean | null {
  if (pull.state === 'closed') return null;
  if (merging.has(pull)) return null;
  if (pull.test && pull.test.head === pull.headSha && pull.test.base === pull.baseSha) {
    return pull.test.commit !== null;
  }
  startTestMerge(world, repository, pull);
  return null;
}

export function startTestMerge(world: World, repository: RepositoryRow, pull: PullRow): void {
  if (merging.has(pull)) return;
  const work = world
    .locked(repository, () => testMerge(world, repository, pull))
    .catch((error: unknown) => console.error(`test merge of #${pull.number} failed`, error))
    .finally(() => {
      merging.delete(pull);
      world.store.flush();
    });
  merging.set(pull, work);
}

async function testMerge(world: World, repository: RepositoryRow, pull: PullRow): Promise<void> {
  const { headSha: head, baseSha: base } = pull;
  const commit = await mergeCommit(gitDir(world, repository), {
    base,
    head,
    message: `Merge ${head} into ${base}`,
    name: 'GitHub',
    email: 'noreply@github.com',
  });
  const ref = `refs/pull/${pull.number}/merge`;
  if (commit !== null) await git(gitDir(world, repository), ['update-ref', ref, commit]);
  pull.test = { head, base, commit };
  world.store.touch();
}
