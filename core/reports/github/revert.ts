import { nameOf } from '../comments/overview.ts';
import { short } from '../deploy-report.ts';
import { code, fenced, link, prose, sentence } from '../markdown.ts';
import { clipped, lastLines, plainText, plural, shorten } from '../text.ts';

export interface RevertText {
  environment: string;
  failedCommit: string;
  goodCommit: string;
  /** What failed; null for a rollback that somebody asked for. */
  failure: { project: string | null; stage: string; message: string } | null;
  /** The last lines of the failed job's log; scrubbed. */
  logTail: string;
  /** Projects that were taken back. */
  restored: string[];
  /** Files that this pull request takes back. */
  files: string[];
  /** Files that were changed since and are left as they are. */
  left: string[];
  runUrl: string;
  runNumber: number;
}

/** Names in one list; the diff of the pull request shows all files anyway. */
const LISTED = 50;

/** The pull request that makes the branch say again what the environment is. */
export function renderRevertPull(revert: RevertText): { title: string; body: string } {
  const { environment, failure, files, left } = revert;
  const [good, failed] = [code(short(revert.goodCommit)), code(short(revert.failedCommit))];
  const parts = [
    whatHappened(revert, good, failed),
    ...logOf(revert),
    restoredOf(revert.restored, good),
    `**This pull request** takes ${plural(files.length, 'file')} back to ${good}, so that the branch says what ${prose(environment)} is. It never touches \`.github/\`.`,
    ...(left.length > 0
      ? [
          `**Left as they are**, because they changed since ${failed}; please look at them by hand:\n\n${list(left)}`,
        ]
      : []),
    nextOf(revert),
    `<sub>Made by Cairn in ${link(`run ${revert.runNumber}`, revert.runUrl)}.</sub>`,
  ];
  const cause = failure?.project ? `: ${nameOf(failure.project)} failed` : '';
  return {
    // GitHub takes titles of up to 256 characters.
    title: shorten(`Revert ${environment} to ${short(revert.goodCommit)}${cause}`, 200),
    body: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
  };
}

function whatHappened(
  { environment, failure, runUrl, runNumber }: RevertText,
  good: string,
  failed: string,
): string {
  const run = link(`Run ${runNumber}`, runUrl);
  if (!failure) return `${run} took ${prose(environment)} back from ${failed} to ${good}, as asked.`;
  const who = failure.project === null ? '' : ` of ${code(nameOf(failure.project))}`;
  return `${run} deployed ${failed} to ${prose(environment)}; its ${prose(failure.stage)}${who} failed.`;
}

function logOf({ failure, logTail }: RevertText): string[] {
  const said = plainText(failure?.message ?? '').trim();
  const log = plainText(logTail).trimEnd();
  const lines = log.includes(said) ? log : [said, log].filter((text) => text !== '').join('\n\n');
  if (lines.trim() === '') return [];
  return lines.includes('\n') ? [fenced(lastLines(lines, 30, 8_000))] : [sentence(shorten(lines, 2_000))];
}

function restoredOf(restored: string[], good: string): string {
  if (restored.length === 0) return '';
  const names = restored.slice(0, LISTED).map((name) => code(nameOf(name)));
  const more = restored.length > LISTED ? ` and ${restored.length - LISTED} more` : '';
  return `**Taken back** to ${good}: ${names.join(', ')}${more}.`;
}

function list(paths: string[]): string {
  const lines = paths.slice(0, LISTED).map((path) => `- ${code(clipped(path, 200))}`);
  if (paths.length > LISTED) lines.push(`- … and ${paths.length - LISTED} more`);
  return lines.join('\n');
}

function nextOf({ environment }: RevertText): string {
  return [
    '**What to do next**',
    '',
    '- Merge this: the deploy that follows finds nothing to change, and the environment is `ok` again.',
    '- Or fix the cause in a new change; it takes the place of this one once it is deployed.',
    `- Or deploy the same content again, if the cause lay elsewhere: ${code(`/cairn deploy ${environment} --retry`)}`,
  ].join('\n');
}
