import type { RecordEntry } from './entry.ts';
import type { HistoryLine } from './schema.ts';

/** Git cuts nothing, people's screens do. */
const SUBJECT = 100;

/** Subject, body and trailers of the record's commit; `git log --oneline cairn/record` tells the story. */
export function recordMessage(entry: RecordEntry, line: HistoryLine): string {
  const body = [
    `Deployment ${line.number} of ${entry.environment}.`,
    line.failure === null ? null : calm(line.failure),
    entry.after.broken === null || saidBefore(entry) ? null : calm(oneLine(entry.after.broken)),
    entry.runUrl,
  ].filter((part) => part !== null);

  return `${cut(subject(entry))}\n\n${body.join('\n\n')}\n\n${trailers(entry).join('\n')}\n`;
}

function subject(entry: RecordEntry): string {
  const { environment, outcome, commit, applied, failedProject, after } = entry;
  const at = commit.slice(0, 7);
  const back = after.commit?.slice(0, 7) ?? 'nothing';
  const failed = failedProject ?? 'it';

  switch (outcome) {
    case 'deployed':
      return `${environment}: deployed ${at}${applied.length > 0 ? ` (${applied.join(', ')})` : ''}`;
    case 'nothing':
      return `${environment}: nothing to change at ${at}`;
    case 'rolled-back':
      return entry.failure === null
        ? `${environment}: rolled back to ${back}`
        : `${environment}: rolled back to ${back} after ${failed} failed at ${at}`;
    case 'failed':
      return `${environment}: failed at ${at}${failedProject === null ? '' : ` in ${failedProject}`}`;
    case 'rejected':
      return `${environment}: rejected at ${at}`;
    case 'expired':
      return `${environment}: nobody approved ${at} in time`;
    case 'refused':
      return `${environment}: refused ${at}`;
    case 'broken':
      return `${environment}: broken at ${at}${failedProject === null ? '' : ` since ${failedProject} failed`}`;
  }
}

/** The environment was broken before, or its reason is the failure itself. */
function saidBefore({ outcome, failure, after }: RecordEntry): boolean {
  return outcome !== 'broken' || failure === after.broken;
}

function trailers(entry: RecordEntry): string[] {
  const { runId, environment, outcome, commit, planDigest, requestedBy, approvedBy } = entry;
  const found: [string, string | null][] = [
    ['Cairn-Run', runId],
    ['Cairn-Environment', environment],
    ['Cairn-Outcome', outcome],
    ['Cairn-Commit', commit],
    ['Cairn-Good', entry.after.commit],
    ['Cairn-Plan-Digest', planDigest],
    ['Requested-by', requestedBy],
    ...approvedBy.map((login): [string, string] => ['Approved-by', login]),
  ];
  return found.filter(([, value]) => value !== null).map(([key, value]) => `${key}: ${oneLine(value ?? '')}`);
}

/** A mention in a commit message calls people, and `#1` closes or links what it names. */
function calm(text: string): string {
  return text.replace(/[@#]/g, '$&\u200b');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string): string {
  const characters = Array.from(oneLine(text));
  return characters.length <= SUBJECT ? characters.join('') : `${characters.slice(0, SUBJECT - 1).join('')}…`;
}
