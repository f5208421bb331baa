import type { Ports, Pull } from '../ports.ts';
import type { Config } from '../projects/config-types.ts';
import type { EphemeralRequest, PlanRequest } from '../requests/request.ts';
import { startRun } from '../runs/start.ts';
import { pullEnvironment } from './name.ts';

/**
 * The run that makes or updates a pull request's own environment, where the base branch says `on_pull_request`. One
 * per head, whatever else asks for a plan of it.
 *
 * `base`: what the base branch itself says; null if it says nothing.
 */
export async function startAutomatic(
  request: PlanRequest,
  pull: Pull,
  base: Config | null,
  ports: Pick<Ports, 'runs' | 'workflows'>,
): Promise<string[]> {
  if (!base?.ephemeral?.onPullRequest || pull.fork || pull.state === 'closed') return [];
  if (pull.draft && !request.asked) return [];
  // A plan of one project or one environment is all that was asked for.
  if (request.project !== undefined || request.environment !== undefined) return [];
  const environment = pullEnvironment(pull.number);
  const { sha } = pull.head;
  const launch: EphemeralRequest = {
    command: 'ephemeral',
    repository: request.repository,
    pull: pull.number,
    commit: sha,
    automatic: true,
    origin: {
      source: 'webhook',
      login: pull.author,
      trigger: `${pull.number}/${sha}${await sinceClosed(request, environment, ports)}`,
    },
  };
  return [await startRun('ephemeral', launch, environment, ports)];
}

/** A pull request that is opened again with the head it had: what was made for it then is gone, and is made anew. */
async function sinceClosed(
  { repository, origin }: PlanRequest,
  environment: string,
  ports: Pick<Ports, 'runs'>,
): Promise<string> {
  if (!origin.trigger.endsWith('/reopened')) return '';
  const [ended] = await ports.runs.list({ repository, environment, workflow: 'destroy', limit: 1 });
  return ended ? `/after-${ended.id}` : '';
}
