import type { FileDiff } from '../diff.ts';
import type { GitCommit } from '../objects.ts';
import type { RepositoryRow } from '../state.ts';
import type { World } from '../world.ts';
import { apiUrl, pageUrl } from './repository.ts';
import { userShape } from './user.ts';

const UNSIGNED = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };

/** Login behind a mail address: the user's own, or the kind GitHub makes up (`ID+login@users.noreply…`). */
export function loginOfEmail(world: World, email: string): string | null {
  const noreply = /^(?:\d+\+)?([^@+]+)@users\.noreply\./.exec(email)?.[1];
  const user = world.store.state.users.find((row) => row.email === email || row.login === noreply);
  return user?.login ?? null;
}

/** GitHub's `commit`. */
export function commitShape(world: World, repository: RepositoryRow, commit: GitCommit) {
  const api = apiUrl(world, repository);
  const url = `${api}/commits/${commit.sha}`;
  const author = loginOfEmail(world, commit.author.email);
  const committer = loginOfEmail(world, commit.committer.email);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url,
    html_url: `${pageUrl(world, repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      comment_count: 0,
      verification: UNSIGNED,
    },
    author: author === null ? null : userShape(world, author),
    committer: committer === null ? null : userShape(world, committer),
    parents: parents(world, repository, commit).map(({ sha, html_url }) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url,
    })),
  };
}

/** GitHub's `git-commit`, the bare object. */
export function gitCommitShape(world: World, repository: RepositoryRow, commit: GitCommit) {
  const api = apiUrl(world, repository);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${pageUrl(world, repository)}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: parents(world, repository, commit),
    verification: UNSIGNED,
  };
}

function parents(world: World, repository: RepositoryRow, commit: GitCommit) {
  return commit.parents.map((sha) => ({
    sha,
    url: `${apiUrl(world, repository)}/git/commits/${sha}`,
    html_url: `${pageUrl(world, repository)}/commit/${sha}`,
  }));
}

export function refShape(world: World, repository: RepositoryRow, ref: string, sha: string) {
  const api = apiUrl(world, repository);
  return {
    ref,
    node_id: `REF_${ref}`,
    url: `${api}/git/${ref}`,
    object: { type: 'commit', sha, url: `${api}/git/commits/${sha}` },
  };
}

/** GitHub's `diff-entry`. */
export function fileShape(world: World, repository: RepositoryRow, commit: string, file: FileDiff) {
  const api = apiUrl(world, repository);
  const page = pageUrl(world, repository);
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${commit}/${path}`,
    raw_url: `${page}/raw/${commit}/${path}`,
    contents_url: `${api}/contents/${path}?ref=${commit}`,
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

/** A commit as the `push` webhook lists it. */
export function pushCommitShape(
  world: World,
  repository: RepositoryRow,
  commit: GitCommit,
  files: FileDiff[],
) {
  const person = ({ name, email }: { name: string; email: string }) => {
    const username = loginOfEmail(world, email);
    return { name, email, ...(username === null ? {} : { username }) };
  };
  const paths = (...wanted: FileDiff['status'][]) =>
    files.filter((file) => wanted.includes(file.status)).map((file) => file.path);
  const moved = files.flatMap((file) => file.previousPath ?? []);
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${pageUrl(world, repository)}/commit/${commit.sha}`,
    author: person(commit.author),
    committer: person(commit.committer),
    added: paths('added', 'renamed'),
    removed: [...paths('removed'), ...moved],
    modified: paths('modified', 'changed'),
  };
}
