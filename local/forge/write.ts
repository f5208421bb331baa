import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, runGit, ZERO } from './git.ts';
import { readCommit, readCommits } from './objects.ts';

interface Signature {
  name: string;
  email: string;
  date: Date;
}

export interface TreeChange {
  path: string;
  mode: '100644' | '100755' | '120000';
  /** null removes the path. */
  sha: string | null;
}

/** A bare repository as GitHub would keep it: pull request refs cannot be pushed, nothing runs by itself. */
export async function initRepository(dir: string, branch: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await git(dir, ['init', '--quiet', '--bare', `--initial-branch=${branch}`, '.']);
  const config = [
    ['http.receivepack', 'true'],
    ['receive.hideRefs', 'refs/pull'],
    ['receive.autogc', 'false'],
    ['uploadpack.allowAnySHA1InWant', 'true'],
    ['uploadpack.allowFilter', 'true'],
    ['gc.auto', '0'],
    ['core.hooksPath', '/dev/null'],
    ['core.logAllRefUpdates', 'false'],
  ];
  for (const [key = '', value = ''] of config) await git(dir, ['config', key, value]);
}

export async function writeBlob(dir: string, content: Uint8Array | string): Promise<string> {
  return (await git(dir, ['hash-object', '-w', '--stdin'], { input: content })).trim();
}

/** A tree made from `base` (null: from nothing) in an index of its own. */
export async function writeTree(dir: string, base: string | null, changes: TreeChange[]): Promise<string> {
  const index = join(dir, `index-${randomBytes(8).toString('hex')}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    if (base !== null) await git(dir, ['read-tree', base], { env });
    const input = changes
      .map(({ path, mode, sha }) => (sha === null ? `0 ${ZERO}\t${path}\0` : `${mode} ${sha}\t${path}\0`))
      .join('');
    await git(dir, ['update-index', '-z', '--index-info'], { env, input });
    return (await git(dir, ['write-tree'], { env })).trim();
  } finally {
    await rm(index, { force: true });
  }
}

export async function writeCommit(
  dir: string,
  commit: { tree: string; parents: string[]; message: string; author: Signature; committer: Signature },
): Promise<string> {
  const args = ['commit-tree', commit.tree, ...commit.parents.flatMap((sha) => ['-p', sha]), '-F', '-'];
  const env = { ...identity('AUTHOR', commit.author), ...identity('COMMITTER', commit.committer) };
  return (await git(dir, args, { input: commit.message, env })).trim();
}

function identity(role: 'AUTHOR' | 'COMMITTER', who: Signature): Record<string, string> {
  return {
    [`GIT_${role}_NAME`]: who.name,
    [`GIT_${role}_EMAIL`]: who.email,
    [`GIT_${role}_DATE`]: `@${Math.floor(who.date.getTime() / 1000)} +0000`,
  };
}

/** Compare and swap; `from` null means that the ref must not be there. */
export async function swapRef(dir: string, ref: string, to: string, from: string | null): Promise<boolean> {
  return (await runGit(dir, ['update-ref', ref, to, from ?? ZERO])).code === 0;
}

/** Deletes it if it still points at `from`. */
export async function dropRef(dir: string, ref: string, from: string): Promise<boolean> {
  return (await runGit(dir, ['update-ref', '-d', ref, from])).code === 0;
}

/** The tree of head merged into base, or null on a conflict. Touches no ref. */
export async function mergeTree(dir: string, base: string, head: string): Promise<string | null> {
  const result = await runGit(dir, ['merge-tree', '--write-tree', '--allow-unrelated-histories', base, head]);
  if (result.code === 0) return result.stdout.toString('utf8').split('\n')[0] ?? null;
  if (result.code === 1) return null;
  throw new Error(`git merge-tree ended with ${result.code} in ${dir}: ${result.stderr.trim()}`);
}

/** A merge of the same two commits made twice is the same commit: its date is the younger one's. */
export async function mergeCommit(
  dir: string,
  merge: { base: string; head: string; message: string; name: string; email: string },
): Promise<string | null> {
  const tree = await mergeTree(dir, merge.base, merge.head);
  if (tree === null) return null;
  const dates = (await readCommits(dir, [merge.base, merge.head])).map((commit) =>
    Date.parse(commit.committer.date),
  );
  const who = { name: merge.name, email: merge.email, date: new Date(Math.max(0, ...dates)) };
  const parents = [merge.base, merge.head];
  return writeCommit(dir, { tree, parents, message: merge.message, author: who, committer: who });
}

export async function treeOf(dir: string, commit: string): Promise<string | null> {
  return (await readCommit(dir, commit))?.tree ?? null;
}
