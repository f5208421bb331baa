import { said } from '../comments/overview.ts';
import { driftReport } from '../drift-report.ts';
import { renderDriftReply } from './drift-issue.ts';
import { comment, type TellGithub } from './on-github.ts';

/**
 * Whoever asked on a pull request is answered there; a look for drift says nothing of any commit, so there is no
 * check. The environment's issue is written by the run itself.
 */
export const tellDrift: TellGithub = async (event, run, doc, ports) => {
  const isNews = event.kind === 'drift.finished' || event.kind === 'run.ended';
  if (!isNews || run.pull === null) return;
  const body = doc
    ? renderDriftReply(await driftReport(doc, ports))
    : `<!-- cairn:drift:${run.environment}:${run.id} -->\n${said(event.message, 600)}\n`;
  await comment(`comment/${run.repository}/run/${run.id}`, run, event, run.pull, body, ports);
};
