import { NotFound } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Run } from '../requests/run.ts';
import type { RunDocument } from '../runs/document.ts';
import { loadDocument } from '../runs/store.ts';
import { renderDeployCheck, renderPlanCheck } from './check.ts';
import { planMarker, renderPlanComment } from './comment.ts';
import { renderDeployComment } from './deploy-comment.ts';
import type { DeployReport } from './deploy-report.ts';
import type { StatusEvent } from './event.ts';
import { deployReport, planReport } from './from-run.ts';
import { prose } from './markdown.ts';

type Sink = Pick<Ports, 'runs' | 'artifacts' | 'links' | 'reports' | 'sent' | 'pulls'>;

/** Shows an event on GitHub: one comment, one check, one deployment, each edited in place. */
export async function tellGithub(event: StatusEvent, ports: Sink): Promise<void> {
  const run = await ports.runs.get(event.runId);
  if (!run) return;
  const doc = event.doc === null ? null : await loadDocument(ports, event.doc);
  if (run.workflow === 'plan') return tellPlan(event, run, doc, ports);
  return tellDeploy(event, run, doc, ports);
}

/** An older run never writes over a newer one, nor an older event over a newer one of the same run. */
function orderOf(run: Run, event: StatusEvent): number {
  return run.number * 10_000 + event.seq;
}

async function tellPlan(event: StatusEvent, run: Run, doc: RunDocument | null, ports: Sink): Promise<void> {
  // A run that was overtaken says nothing: the newer one speaks for the pull request.
  if (run.state === 'superseded') return;
  if (event.kind === 'run.ended' && doc !== null && doc.outcome !== 'failed') return;
  const report = doc ? await planReport(doc, ports) : null;
  // A plan of one project, by hand, says nothing about the pull request as a whole: it gets a comment of its own.
  const project = doc?.request.command === 'plan' ? doc.request.project : undefined;
  const key = `comment/${run.repository}/${run.pull}/${run.environment}${project === undefined ? '' : `/${project}`}`;
  if (run.pull !== null && (report || event.kind === 'run.ended')) {
    const body = report ? renderPlanComment(report) : couldNotPlan(run, event, ports);
    await comment(key, run, event, run.pull, body, ports);
  }
  if (project !== undefined) return;
  const commit = doc?.pull?.head ?? event.run.commit ?? run.commit;
  if (!commit) return;
  const failed = event.kind === 'run.ended';
  const shown = report
    ? renderPlanCheck(report)
    : failed
      ? { state: 'failure' as const, title: event.message.split('\n')[0] ?? 'Failed', summary: event.message }
      : { state: 'in_progress' as const, title: 'Planning', summary: event.message };
  await check(`cairn: ${run.environment}`, run, event, commit, shown, ports);
}

function couldNotPlan(run: Run, event: StatusEvent, ports: Sink): string {
  const where = `[Run ${run.number}](${ports.links.run(run.id)})`;
  return `${planMarker(run.environment)}\n**Cairn could not plan ${run.environment}.**\n\n${prose(event.message)}\n\n${where}\n`;
}

async function tellDeploy(event: StatusEvent, run: Run, doc: RunDocument | null, ports: Sink): Promise<void> {
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
}

async function comment(
  key: string,
  run: Run,
  event: StatusEvent,
  pull: number,
  body: string,
  ports: Sink,
): Promise<void> {
  const order = orderOf(run, event);
  const before = await ports.sent.get(key);
  if (before && before.order > order) return;
  const id = before ? await editOrCreate(run.repository, pull, before.id, body, ports) : null;
  await ports.sent.put(key, {
    id: id ?? (await ports.reports.createComment(run.repository, pull, body)),
    order,
  });
}

/** Somebody may have deleted the comment: then it is made anew. */
async function editOrCreate(
  repository: string,
  pull: number,
  id: string,
  body: string,
  ports: Sink,
): Promise<string> {
  try {
    await ports.reports.editComment(repository, id, body);
    return id;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return ports.reports.createComment(repository, pull, body);
  }
}

async function check(
  name: string,
  run: Run,
  event: StatusEvent,
  commit: string,
  shown: {
    state: 'queued' | 'in_progress' | 'success' | 'failure' | 'neutral';
    title: string;
    summary: string;
  },
  ports: Sink,
): Promise<void> {
  const key = `check/${run.repository}/${name}/${commit}`;
  const order = orderOf(run, event);
  const before = await ports.sent.get(key);
  if (before && before.order > order) return;
  const value = { name, commit, ...shown, url: ports.links.run(run.id), externalId: run.id };
  const id = await ports.reports.check(run.repository, value, before?.id ?? null);
  await ports.sent.put(key, { id, order });
}

/** A commit's check shows another run of it, which this one was overtaken by before it began. */
async function isSpokenFor(name: string, run: Run, commit: string, ports: Sink): Promise<boolean> {
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
async function deployment(event: StatusEvent, run: Run, report: DeployReport, ports: Sink): Promise<void> {
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
