import type { Config } from '../config/types.ts';
import type { Ports, Pull } from '../ports.ts';
import type { EphemeralRequest, PlanRequest } from '../requests/request.ts';
import type { WorkflowName } from '../requests/run.ts';
import { runId } from '../requests/run-id.ts';
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
  const trigger = `${pull.number}/${sha}`;
  const since = await sinceThen(request, environment, { trigger, sha }, ports);
  const launch: EphemeralRequest = {
    command: 'ephemeral',
    repository: request.repository,
    pull: pull.number,
    commit: sha,
    automatic: true,
    origin: { source: 'webhook', login: pull.author, trigger: `${trigger}${since}` },
  };
  return [await startRun('ephemeral', launch, environment, ports)];
}

/** What makes another trigger of a head that had its run: the newest of the environment's, unless that is of this head. */
async function sinceThen(
  { repository, origin }: PlanRequest,
  environment: string,
  { trigger, sha }: { trigger: string; sha: string },
  ports: Pick<Ports, 'runs'>,
): Promise<string> {
  const newest = async (workflow: WorkflowName) =>
    (await ports.runs.list({ repository, environment, workflow, limit: 1 }))[0] ?? null;
  // Else the same request, coming twice, would find its own run and take it for another one's.
  if ((await ports.runs.get(runId('ephemeral', repository, environment, trigger))) === null) return '';
  const [made, ended] = await Promise.all([newest('ephemeral'), newest('destroy')]);
  // Opened again with the head it had: what was made for it then is gone, and is made anew.
  if (ended && ended.number > (made?.number ?? 0) && isReopened(origin)) return `/after-${ended.id}`;
  // Pushed back to a head that it had before: what was made last is of another one.
  const isOfOther = made !== null && made.commit !== null && made.commit !== sha;
  return isOfOther ? `/after-${made.id}` : '';
}

/** The webhook's trigger names what was done, and when. */
function isReopened({ trigger }: PlanRequest['origin']): boolean {
  return trigger.split('/').includes('reopened');
}
