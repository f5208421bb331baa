import type { AppRow, RepositoryRow, UserRow } from '../state.ts';
import { findUser, fullName, type World } from '../world.ts';

/** GitHub's `simple-user`. A login that is nobody's (a repository's owner) gets a shape too. */
export function userShape(world: World, login: string) {
  const row = findUser(world, login);
  const api = `${world.url()}/api/v3/users/${encodeURIComponent(login)}`;
  return {
    login: row?.login ?? login,
    id: row?.id ?? 0,
    node_id: `U_${row?.id ?? 0}`,
    avatar_url: `${world.url()}/avatars/${encodeURIComponent(login)}`,
    gravatar_id: '',
    url: api,
    html_url: `${world.url()}/${encodeURIComponent(login)}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: row?.type ?? 'User',
    site_admin: false,
  };
}

/** GitHub's `public-user`: what `GET /user` answers. */
export function publicUserShape(world: World, row: UserRow) {
  return {
    ...userShape(world, row.login),
    name: row.login,
    company: null,
    blog: null,
    location: null,
    email: row.email,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: row.createdAt,
    updated_at: row.createdAt,
  };
}

const PERMISSIONS = {
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
};

export function appShape(world: World, app: AppRow) {
  return {
    id: app.id,
    slug: app.slug,
    node_id: `A_${app.id}`,
    client_id: `Iv1.${app.id}`,
    owner: userShape(world, app.slug),
    name: app.slug,
    description: null,
    external_url: world.url(),
    html_url: `${world.url()}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: PERMISSIONS,
    events: ['push', 'pull_request', 'issue_comment'],
  };
}

export function installationShape(world: World, app: AppRow, repository: RepositoryRow) {
  return {
    id: app.installationId,
    account: userShape(world, repository.owner),
    repository_selection: 'all',
    access_tokens_url: `${world.url()}/api/v3/app/installations/${app.installationId}/access_tokens`,
    repositories_url: `${world.url()}/api/v3/installation/repositories`,
    html_url: `${world.url()}/${fullName(repository)}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: repository.id,
    target_type: 'User',
    permissions: PERMISSIONS,
    events: ['push', 'pull_request', 'issue_comment'],
    created_at: app.createdAt,
    updated_at: app.createdAt,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}
