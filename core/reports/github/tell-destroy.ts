import { isEphemeral } from '../../ephemeral/name.ts';
import type { Run } from '../../requests/run.ts';
import type { RunDocument } from '../../runs/document.ts';
import { renderDeployComment } from '../comments/deploy.ts';
import { leftLine, renderDestroyComment } from '../comments/destroy.ts';
import { ephemeralCommentKey } from '../comments/ephemeral.ts';
import type { DeployReport } from '../deploy-report.ts';
import type { StatusEvent } from '../event.ts';
import { deployReport } from '../from-run.ts';
import { prose } from '../markdown.ts';
import { renderDeployCheck } from './check.ts';
import { check, comment, type GithubSink, type TellGithub } from './on-github.ts';
import { tellRefusal } from './refusal.ts';
import { ephemeralDeploymentKey } from './tell-ephemeral.ts';

/** An environment that is taken down, and what is left of it. */
export const tellDestroy: TellGithub = async (event, run, doc, ports) => {
  if (!doc) return tellRefusal(event, run, `Cairn could not take ${prose(run.environment)} down.`, ports);
  // It stays as it is, or was gone before: whoever made that so has said it.
  if (doc.outcome === 'superseded' || doc.outcome === 'nothing') return;
  const report = await destroyReport(doc, ports);
  if (isEphemeral(run.environment)) await tellEnd(event, run, doc, report, ports);
  else await tellTakeDown(event, run, doc, report, ports);
  if (doc.outcome === 'destroyed') await endDeployment(event, run, report, ports);
};

async function destroyReport(doc: RunDocument, ports: GithubSink): Promise<DeployReport> {
  const report = await deployReport(doc, doc.pull, ports);
  const left = isEphemeral(doc.environment) ? '' : leftLine(doc);
  return left === '' ? report : { ...report, message: left };
}

async function tellEnd(
  event: StatusEvent,
  run: Run,
  doc: RunDocument,
  report: DeployReport,
  ports: GithubSink,
): Promise<void> {
  if (doc.pull) {
    const key = ephemeralCommentKey(run.repository, run.environment);
    await comment(key, run, event, doc.pull.number, renderDestroyComment(doc, report), ports);
  }
  if (doc.commit === '') return;
  await check(`cairn: ${run.environment}`, run, event, doc.commit, renderDeployCheck(report), ports);
}

async function tellTakeDown(
  event: StatusEvent,
  run: Run,
  doc: RunDocument,
  report: DeployReport,
  ports: GithubSink,
): Promise<void> {
  if (doc.pull) {
    const key = `comment/${run.repository}/run/${run.id}`;
    await comment(key, run, event, doc.pull.number, renderDeployComment(report), ports);
  }
  const name = `cairn: destroy ${run.environment}`;
  await check(name, run, event, doc.commit, renderDeployCheck(report), ports);
}

/** GitHub shows nothing as deployed where nothing stands. */
async function endDeployment(
  event: StatusEvent,
  run: Run,
  report: DeployReport,
  ports: GithubSink,
): Promise<void> {
  const id = await deploymentOf(run, ports);
  if (id === null) return;
  const told = `deployment/${run.id}/inactive`;
  if (await ports.sent.get(told)) return;
  await ports.reports.deploymentStatus(run.repository, id, {
    state: 'inactive',
    description: event.message,
    url: report.runUrl,
  });
  await ports.sent.put(told, { id, order: event.seq });
}

async function deploymentOf(run: Run, ports: GithubSink): Promise<string | null> {
  const { repository, environment } = run;
  if (isEphemeral(environment)) {
    return (await ports.sent.get(ephemeralDeploymentKey(repository, environment)))?.id ?? null;
  }
  const deploys = await ports.runs.list({ repository, environment, workflow: 'deploy', limit: 20 });
  for (const { id } of deploys) {
    const made = await ports.sent.get(`deployment/${id}`);
    if (made) return made.id;
  }
  return null;
}
