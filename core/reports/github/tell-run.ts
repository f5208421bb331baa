import { commandReport } from '../command-report.ts';
import { renderCommandComment, renderCommandNote } from '../comments/command.ts';
import { comment, type TellGithub } from './on-github.ts';

/** A terraform command and what it printed: one reply where it was asked for, edited in place. */
export const tellRun: TellGithub = async (event, run, doc, ports) => {
  // Asked for elsewhere, it is shown there.
  if (run.pull === null) return;
  const report = doc && commandReport(doc, run, ports.links);
  if (!report && event.kind === 'run.started') return;
  const of = { runId: run.id, runNumber: run.number, runUrl: ports.links.run(run.id) };
  const body = report ? renderCommandComment(report) : renderCommandNote(of, event.message);
  await comment(`comment/${run.repository}/run/${run.id}`, run, event, run.pull, body, ports);
};
