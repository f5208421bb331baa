import type { RepositoryRow, WorkflowRunRow } from '../state.ts';
import { findRepository, type World } from '../world.ts';
import { apiUrl, pageUrl, repositoryShape } from './repository.ts';
import { userShape } from './user.ts';

/** GitHub's `workflow-run`. Without its head commit, which GitHub leaves out too once it is gone. */
export function workflowRunShape(world: World, repository: RepositoryRow, row: WorkflowRunRow) {
  const api = `${apiUrl(world, repository)}/actions/runs/${row.id}`;
  const head = findRepository(world, row.headRepository) ?? repository;
  return {
    id: row.id,
    node_id: `WFR_${row.id}`,
    name: 'Deploy',
    head_branch: row.branch,
    head_sha: row.sha,
    path: '.github/workflows/deploy.yml',
    display_title: row.title ?? 'Deploy',
    run_number: 1,
    run_attempt: row.attempt,
    event: row.event,
    status: row.status,
    conclusion: row.status === 'completed' ? 'success' : null,
    workflow_id: repository.id,
    url: api,
    html_url: `${pageUrl(world, repository)}/actions/runs/${row.id}`,
    pull_requests: [],
    created_at: row.createdAt,
    updated_at: row.createdAt,
    actor: userShape(world, row.actor),
    triggering_actor: userShape(world, row.triggeringActor),
    jobs_url: `${api}/jobs`,
    logs_url: `${api}/logs`,
    check_suite_url: `${apiUrl(world, repository)}/check-suites/${row.id}`,
    artifacts_url: `${api}/artifacts`,
    cancel_url: `${api}/cancel`,
    rerun_url: `${api}/rerun`,
    workflow_url: `${apiUrl(world, repository)}/actions/workflows/${repository.id}`,
    head_commit: null,
    repository: repositoryShape(world, repository),
    head_repository: repositoryShape(world, head),
  };
}
