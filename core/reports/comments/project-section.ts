import { renderDiff } from '../diff/diff.ts';
import { htmlCode, prose } from '../markdown.ts';
import { DONE, type ReportedProject } from '../plan-report.ts';
import { plainText } from '../text.ts';
import { countsText, isQuiet, nameOf } from './overview.ts';
import type { Section } from './sections.ts';

/** A project's foldable part: what failed, else its diff; null if it has neither. */
export function sectionOf(project: ReportedProject): Section | null {
  const failure = failureOf(project);
  const diff = project.changes && !isQuiet(project) ? renderDiff(project.changes) : '';
  if (failure === '' && diff === '') return null;
  const failed = failure !== '' && project.status !== 'waits';
  return {
    summary: `${htmlCode(nameOf(project.name))} ${headline(project)}`,
    intro:
      project.status === 'waits'
        ? 'It cannot be planned before that one was applied; this is what it said:'
        : '',
    body: failure || diff,
    language: failure ? '' : 'diff',
    url: project.logUrl,
    what: failure ? 'log' : 'plan',
    open: failed,
    rank: failed ? 0 : (project.summary?.risks.length ?? 0) > 0 ? 1 : 2,
  };
}

/** Errors of terraform say most at their end, where the log's last lines stand too. */
function failureOf({ error, logTail }: ReportedProject): string {
  return [error, logTail]
    .filter((text) => text !== undefined && text.trim() !== '')
    .map((text) => plainText(text ?? '').trimEnd())
    .join('\n\n');
}

function headline({ status, summary, waitsFor }: ReportedProject): string {
  if (status === 'failed') return 'plan failed';
  if (status === 'apply-failed') return 'apply failed';
  if (status === 'waits') return waitsFor ? `waits for ${htmlCode(nameOf(waitsFor))}` : 'waits';
  const done = DONE.includes(status) ? `${status}: ` : '';
  return summary ? `${done}${prose(countsText(summary.counts))}` : status;
}
