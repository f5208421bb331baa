import type { IssueRow, PullRow, RepositoryRow } from '../state.ts';
import type { World } from '../world.ts';
import { association } from './pull.ts';
import { apiUrl, pageUrl, repositoryShape } from './repository.ts';
import { userShape } from './user.ts';

/** GitHub's `issue`. A pull request is one too: that is how lists of issues and `issue_comment` webhooks show it. */
export function issueShape(world: World, repository: RepositoryRow, row: IssueRow | PullRow) {
  const api = apiUrl(world, repository);
  const url = `${api}/issues/${row.number}`;
  const isPull = 'headSha' in row;
  const page = `${pageUrl(world, repository)}/${isPull ? 'pull' : 'issues'}/${row.number}`;
  const closedBy = isPull ? row.mergedBy : row.closedBy;
  return {
    id: row.id,
    node_id: `I_${row.id}`,
    number: row.number,
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: page,
    title: row.title,
    body: row.body,
    user: userShape(world, row.author),
    labels: [],
    state: row.state,
    state_reason: isPull || row.state === 'open' ? null : 'completed',
    locked: false,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: repository.comments.filter((comment) => comment.pull === row.number).length,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    closed_at: row.closedAt,
    closed_by: closedBy === null ? null : userShape(world, closedBy),
    author_association: association(repository, row.author),
    active_lock_reason: null,
    ...(isPull
      ? {
          draft: row.draft,
          pull_request: {
            url: `${api}/pulls/${row.number}`,
            html_url: page,
            diff_url: `${page}.diff`,
            patch_url: `${page}.patch`,
          },
        }
      : {}),
  };
}

/** What an `issues` webhook carries. */
export function issueEvent(
  world: World,
  repository: RepositoryRow,
  issue: IssueRow,
  action: string,
  sender: string,
): Record<string, unknown> {
  return {
    action,
    issue: issueShape(world, repository, issue),
    repository: repositoryShape(world, repository),
    sender: userShape(world, sender),
  };
}
