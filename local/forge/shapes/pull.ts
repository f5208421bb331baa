import type { CommentRow, PullRow, RepositoryRow } from '../state.ts';
import { findRepository, fullName, permissionOf, type World } from '../world.ts';
import { apiUrl, pageUrl, repositoryShape } from './repository.ts';
import { userShape } from './user.ts';

/** GitHub's `pull-request-simple`, as in lists. */
export function pullShape(world: World, repository: RepositoryRow, pull: PullRow) {
  const api = apiUrl(world, repository);
  const url = `${api}/pulls/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const page = `${pageUrl(world, repository)}/pull/${pull.number}`;
  const links = {
    self: url,
    html: page,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${api}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${api}/statuses/${pull.headSha}`,
  };
  const head = findRepository(world, pull.headRepository);
  return {
    id: pull.id,
    node_id: `PR_${pull.id}`,
    number: pull.number,
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: links.commits,
    comments_url: links.comments,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    statuses_url: links.statuses,
    _links: Object.fromEntries(Object.entries(links).map(([key, href]) => [key, { href }])),
    state: pull.state,
    locked: false,
    draft: pull.draft,
    title: pull.title,
    body: pull.body,
    user: userShape(world, pull.author),
    labels: [],
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    milestone: null,
    author_association: association(repository, pull.author),
    auto_merge: null,
    head: side(world, head, pull.headRepository, pull.headBranch, pull.headSha),
    base: side(world, repository, fullName(repository), pull.baseBranch, pull.baseSha),
    merge_commit_sha: pull.mergeCommitSha ?? pull.test?.commit ?? null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
  };
}

export interface PullNumbers {
  commits: number;
  additions: number;
  deletions: number;
  changedFiles: number;
  /** null while the test merge is being made. */
  mergeable: boolean | null;
}

/** GitHub's `pull-request`. */
export function fullPullShape(world: World, repository: RepositoryRow, pull: PullRow, numbers: PullNumbers) {
  const states = { true: 'clean', false: 'dirty', null: 'unknown' } as const;
  return {
    ...pullShape(world, repository, pull),
    merged: pull.mergedAt !== null,
    merged_by: pull.mergedBy === null ? null : userShape(world, pull.mergedBy),
    mergeable: numbers.mergeable,
    rebaseable: null,
    mergeable_state: states[`${numbers.mergeable}`],
    comments: repository.comments.filter((comment) => comment.pull === pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: numbers.commits,
    additions: numbers.additions,
    deletions: numbers.deletions,
    changed_files: numbers.changedFiles,
  };
}

function side(world: World, repository: RepositoryRow | null, name: string, ref: string, sha: string) {
  const owner = name.split('/')[0] ?? '';
  return {
    label: `${owner}:${ref}`,
    ref,
    sha,
    user: userShape(world, owner),
    repo: repository === null ? null : repositoryShape(world, repository),
  };
}

export function association(repository: RepositoryRow, login: string): string {
  if (login.toLowerCase() === repository.owner.toLowerCase()) return 'OWNER';
  return ['admin', 'write'].includes(permissionOf(repository, login)) ? 'COLLABORATOR' : 'NONE';
}

export function commentShape(world: World, repository: RepositoryRow, comment: CommentRow) {
  const url = `${apiUrl(world, repository)}/issues/comments/${comment.id}`;
  const count = (content: string) => comment.reactions.filter((row) => row.content === content).length;
  const kind = repository.pulls.some(({ number }) => number === comment.pull) ? 'pull' : 'issues';
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url,
    html_url: `${pageUrl(world, repository)}/${kind}/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${apiUrl(world, repository)}/issues/${comment.pull}`,
    user: userShape(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: association(repository, comment.author),
    body: comment.body,
    performed_via_github_app: null,
    reactions: {
      url: `${url}/reactions`,
      total_count: comment.reactions.length,
      '+1': count('+1'),
      '-1': count('-1'),
      laugh: count('laugh'),
      confused: count('confused'),
      heart: count('heart'),
      hooray: count('hooray'),
      rocket: count('rocket'),
      eyes: count('eyes'),
    },
  };
}
