import type { RepositoryRow } from '../state.ts';
import { findRepository, fullName, type World } from '../world.ts';
import { userShape } from './user.ts';

/** URL templates that GitHub's `repository` carries, each below its own API address. */
const PATHS = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export function apiUrl(world: World, repository: RepositoryRow): string {
  return `${world.url()}/api/v3/repos/${fullName(repository)}`;
}

export function pageUrl(world: World, repository: RepositoryRow): string {
  return `${world.url()}/${fullName(repository)}`;
}

/** GitHub's `repository`, as it stands in pull requests and webhooks. */
export function repositoryShape(world: World, repository: RepositoryRow) {
  const api = apiUrl(world, repository);
  const page = pageUrl(world, repository);
  const open = repository.pulls.filter((pull) => pull.state === 'open').length;
  const urls = Object.fromEntries(Object.entries(PATHS).map(([key, path]) => [key, api + path]));
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: fullName(repository),
    private: repository.private,
    owner: userShape(world, repository.owner),
    html_url: page,
    description: repository.description,
    fork: repository.parent !== null,
    url: api,
    ...(urls as Record<keyof typeof PATHS, string>),
    clone_url: `${page}.git`,
    git_url: `${page.replace(/^https?/, 'git')}.git`,
    ssh_url: `git@127.0.0.1:${fullName(repository)}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    is_template: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
  };
}

/** GitHub's `full-repository`: what `GET /repos/{owner}/{repo}` answers. */
export function fullRepositoryShape(world: World, repository: RepositoryRow) {
  const parent = repository.parent === null ? null : findRepository(world, repository.parent);
  return {
    ...repositoryShape(world, repository),
    network_count: 0,
    subscribers_count: 0,
    ...(parent ? { parent: repositoryShape(world, parent), source: repositoryShape(world, parent) } : {}),
  };
}
