import type { Freeze } from '../runs/document.ts';
import type { RecordEntry } from './entry.ts';
import type { HistoryLine } from './schema.ts';

/** Git cuts nothing, people's screens do. */
const SUBJECT = 100;

/** Subject, body and trailers of the record's commit; `git log --oneline cairn/record` tells the story. */
export function recordMessage(entry: RecordEntry, line: HistoryLine): string {
  const body = [
    entry.command
      ? `Change ${line.number} of ${entry.environment}, by hand: ${calm(oneLine(entry.command))}`
      : `Deployment ${line.number} of ${entry.environment}.`,
    line.failure === null ? null : calm(line.failure),
    entry.after.broken === null || saidBefore(entry) ? null : calm(oneLine(entry.after.broken)),
    entry.runUrl,
  ].filter((part) => part !== null);

  return `${cut(subject(entry))}\n\n${body.join('\n\n')}\n\n${trailers(entry).join('\n')}\n`;
}

/** Of the commit that freezes an environment, or lets it go. */
export function freezeMessage(
  environment: string,
  { freeze, by }: { freeze: Freeze | null; by: string },
): string {
  const trailers = [`Cairn-Environment: ${environment}`];
  if (freeze === null) {
    return `${environment}: unfrozen by ${by}\n\n${[...trailers, `Unfrozen-by: ${by}`].join('\n')}\n`;
  }
  trailers.push(`Frozen-by: ${by}`);
  if (freeze.until !== null) trailers.push(`Frozen-until: ${freeze.until}`);
  const subject = cut(`${environment}: frozen by ${by}: ${freeze.reason}`);
  return `${subject}\n\n${calm(freeze.reason)}\n\n${trailers.join('\n')}\n`;
}

const COMMAND_ENDED: Partial<Record<RecordEntry['outcome'], string>> = {
  failed: 'failed to run',
  expired: 'nobody approved in time',
};

function subject(entry: RecordEntry): string {
  const { environment, outcome, commit, applied, failedProject, after } = entry;
  const at = commit.slice(0, 7);
  const back = after.commit?.slice(0, 7) ?? 'nothing';
  const failed = failedProject ?? 'it';

  if (entry.command) return `${environment}: ${COMMAND_ENDED[outcome] ?? outcome} ${calm(entry.command)}`;
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
    case 'destroyed':
      return `${environment}: destroyed, it stood at ${at}`;
    case 'ran':
      return `${environment}: ran a command at ${at}`;
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
    ['Despite-Freeze', entry.despiteFreeze ?? null],
  ];
  return found.filter(([, value]) => value !== null).map(([key, value]) => `${key}: ${oneLine(value ?? '')}`);
}

/** A mention in a commit message calls people, and `#1` closes or links what it names. */
export function calm(text: string): string {
  return text.replace(/[@#]/g, '$&\u200b');
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

export function cut(text: string): string {
  const characters = Array.from(oneLine(text));
  return characters.length <= SUBJECT ? characters.join('') : `${characters.slice(0, SUBJECT - 1).join('')}…`;
}
