import type { AppRow, CheckRow, DeploymentRow, RepositoryRow, StatusRow } from '../state.ts';
import type { World } from '../world.ts';
import { apiUrl, pageUrl } from './repository.ts';
import { appShape, userShape } from './user.ts';

export function checkShape(
  world: World,
  repository: RepositoryRow,
  check: CheckRow,
  app: AppRow | undefined,
) {
  const url = `${apiUrl(world, repository)}/check-runs/${check.id}`;
  return {
    id: check.id,
    node_id: `CR_${check.id}`,
    head_sha: check.sha,
    external_id: check.externalId,
    url,
    html_url: `${pageUrl(world, repository)}/commit/${check.sha}`,
    details_url: check.detailsUrl,
    name: check.name,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.startedAt,
    completed_at: check.completedAt,
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: null,
    app: app ? appShape(world, app) : null,
    pull_requests: [],
  };
}

/** GitHub's `status`. */
export function statusShape(world: World, repository: RepositoryRow, row: StatusRow) {
  return {
    ...simpleStatusShape(world, repository, row),
    creator: userShape(world, row.creator),
  };
}

/** GitHub's `simple-commit-status`. */
export function simpleStatusShape(world: World, repository: RepositoryRow, row: StatusRow) {
  return {
    id: row.id,
    node_id: `SC_${row.id}`,
    url: `${apiUrl(world, repository)}/statuses/${row.sha}`,
    avatar_url: `${world.url()}/avatars/${encodeURIComponent(row.creator)}`,
    state: row.state,
    description: row.description,
    target_url: row.targetUrl,
    context: row.context,
    created_at: row.createdAt,
    updated_at: row.createdAt,
  };
}

export function deploymentShape(world: World, repository: RepositoryRow, row: DeploymentRow) {
  const url = `${apiUrl(world, repository)}/deployments/${row.id}`;
  return {
    id: row.id,
    node_id: `DE_${row.id}`,
    url,
    sha: row.sha,
    ref: row.ref,
    task: row.task,
    payload: row.payload,
    environment: row.environment,
    original_environment: row.environment,
    description: row.description,
    creator: userShape(world, row.creator),
    created_at: row.createdAt,
    updated_at: row.statuses.at(-1)?.createdAt ?? row.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: apiUrl(world, repository),
    transient_environment: false,
    production_environment: false,
  };
}

export function deploymentStatusShape(
  world: World,
  repository: RepositoryRow,
  deployment: DeploymentRow,
  row: DeploymentRow['statuses'][number],
) {
  const url = `${apiUrl(world, repository)}/deployments/${deployment.id}`;
  return {
    id: row.id,
    node_id: `DES_${row.id}`,
    url: `${url}/statuses/${row.id}`,
    state: row.state,
    description: row.description,
    environment: deployment.environment,
    target_url: row.logUrl,
    log_url: row.logUrl,
    environment_url: row.environmentUrl,
    creator: userShape(world, row.creator),
    created_at: row.createdAt,
    updated_at: row.createdAt,
    deployment_url: url,
    repository_url: apiUrl(world, repository),
  };
}
