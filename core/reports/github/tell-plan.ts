import type { Run } from '../../requests/run.ts';
import { planMarker, renderPlanComment } from '../comments/comment.ts';
import type { StatusEvent } from '../event.ts';
import { planReport } from '../from-run.ts';
import { prose } from '../markdown.ts';
import { renderPlanCheck } from './check.ts';
import { check, comment, type GithubSink, type TellGithub } from './on-github.ts';

export const tellPlan: TellGithub = async (event, run, doc, ports) => {
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
};

function couldNotPlan(run: Run, event: StatusEvent, ports: GithubSink): string {
  const where = `[Run ${run.number}](${ports.links.run(run.id)})`;
  return `${planMarker(run.environment)}\n**Cairn could not plan ${run.environment}.**\n\n${prose(event.message)}\n\n${where}\n`;
}
