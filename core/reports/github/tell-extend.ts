import { ephemeralCommentKey, renderEphemeralCheck, renderEphemeralComment } from '../comments/ephemeral.ts';
import { ephemeralReport } from '../ephemeral-report.ts';
import { prose } from '../markdown.ts';
import { check, comment, type TellGithub } from './on-github.ts';
import { tellRefusal } from './refusal.ts';

/** The new end, where the environment is shown; or why it stays as it is, under the command. */
export const tellExtend: TellGithub = async (event, run, doc, ports) => {
  const report = doc && (await ephemeralReport(doc, event, ports));
  if (report && doc) {
    const key = ephemeralCommentKey(run.repository, run.environment);
    if (doc.pull) await comment(key, run, event, doc.pull.number, renderEphemeralComment(report), ports);
    if (doc.commit === '') return;
    await check(`cairn: ${run.environment}`, run, event, doc.commit, renderEphemeralCheck(report), ports);
    return;
  }
  await tellRefusal(event, run, `The end of ${prose(run.environment)} was not moved.`, ports);
};
