import type { Run } from '../../requests/run.ts';
import { renderDeployComment } from '../comments/deploy.ts';
import type { DeployReport } from '../deploy-report.ts';
import type { StatusEvent } from '../event.ts';
import { deployReport } from '../from-run.ts';
import { renderDeployCheck } from './check.ts';
import { check, comment, type GithubSink, type TellGithub } from './on-github.ts';

export const tellDeploy: TellGithub = async (event, run, doc, ports) => {
  const commit = doc?.commit ?? run.commit;
  if (!commit) return;
  const name = `cairn: deploy ${run.environment}`;
  if (!doc) {
    if (event.run.state === 'superseded' && (await isSpokenFor(name, run, commit, ports))) return;
    const state =
      event.run.state === 'failed' ? 'failure' : event.run.state === 'superseded' ? 'neutral' : 'in_progress';
    await check(
      name,
      run,
      event,
      commit,
      { state, title: event.message.split('\n')[0] ?? '', summary: event.message },
      ports,
    );
    return;
  }
  const report = await deployReport(doc, doc.pull, ports);
  if (doc.pull) {
    const body = renderDeployComment(report);
    await comment(`comment/${run.repository}/run/${run.id}`, run, event, doc.pull.number, body, ports);
  }
  await check(name, run, event, commit, renderDeployCheck(report), ports);
  await deployment(event, run, report, ports);
};

/** A commit's check shows another run of it, which this one was overtaken by before it began. */
export async function isSpokenFor(
  name: string,
  run: Run,
  commit: string,
  ports: GithubSink,
): Promise<boolean> {
  const before = await ports.sent.get(`check/${run.repository}/${name}/${commit}`);
  return before !== null && Math.floor(before.order / 10_000) !== run.number;
}

const DEPLOYMENT_STATE: Partial<
  Record<DeployReport['state'], 'in_progress' | 'success' | 'failure' | 'inactive'>
> = {
  applying: 'in_progress',
  deployed: 'success',
  failed: 'failure',
  'rolled-back': 'failure',
  broken: 'failure',
};

/** GitHub's own deployment, from the moment something is applied. */
async function deployment(
  event: StatusEvent,
  run: Run,
  report: DeployReport,
  ports: GithubSink,
): Promise<void> {
  const state = DEPLOYMENT_STATE[report.state];
  const key = `deployment/${run.id}`;
  const before = await ports.sent.get(key);
  if (state === undefined || (before && before.order > event.seq)) return;
  if (!before && state !== 'in_progress') return;
  const id =
    before?.id ??
    (await ports.reports.createDeployment(run.repository, {
      commit: report.commit,
      environment: run.environment,
      description: `Cairn run ${run.number}`,
      runId: run.id,
    }));
  await ports.reports.deploymentStatus(run.repository, id, {
    state,
    description: event.message,
    url: report.runUrl,
  });
  await ports.sent.put(key, { id, order: event.seq });
}
