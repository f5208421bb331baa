import type { Ports } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import { inWords } from '../terraform/check-command.ts';
import { entryHead, type RecordEntry } from './entry.ts';
import type { EphemeralNews } from './ephemeral/schema.ts';
import type { EnvironmentRecord, HistoryLine } from './schema.ts';

/**
 * What the record says of a command that changes a state, or was to. What stands is what was deployed before: its
 * content is the same, only its state is another. So the project gets this entry's number, and no plan of before
 * that was made of the old state is used again.
 */
export function commandEntry(
  doc: RunDocument,
  current: EnvironmentRecord,
  at: string,
  links: Ports['links'],
): RecordEntry {
  const project = doc.terraform?.project ?? '';
  const changed = isChanged(doc);
  const stands = current.projects[project];
  const { deployment: _, ...same } = stands ?? { deployment: 0 };
  const { state, commit, failed, revert, broken } = current;
  return {
    ...entryHead(doc, at, links),
    outcome: outcomeOf(doc),
    command: commandIn(doc),
    applied: changed ? [project] : [],
    after: {
      state,
      commit,
      projects: changed && stands ? { [project]: same as Omit<typeof stands, 'deployment'> } : {},
      removed: [],
      failed,
      revert,
      broken,
    },
  };
}

/** The same of an ephemeral environment; null for what never came to run. */
export function commandNews(
  doc: RunDocument,
  { ref, endsAt }: { ref: string; endsAt: string | null },
  at: string,
): EphemeralNews | null {
  if (!isChanged(doc)) return null;
  return {
    at,
    event: 'ran',
    environment: doc.environment,
    ref,
    commit: doc.commit,
    run: doc.runId,
    by: doc.request.origin.login,
    endsAt,
    failure: doc.failure?.message.split('\n')[0]?.slice(0, 300) ?? null,
    command: commandIn(doc),
  };
}

function commandIn({ terraform }: RunDocument): string {
  return `${inWords(terraform?.args ?? [])} in ${terraform?.project ?? ''}`;
}

/** Its job was ordered: from then on the state may be another, also where it failed or was killed. */
function isChanged({ terraform }: RunDocument): boolean {
  return terraform?.job != null;
}

const OUTCOMES: Partial<Record<NonNullable<RunDocument['outcome']>, HistoryLine['outcome']>> = {
  ran: 'ran',
  refused: 'refused',
  rejected: 'rejected',
  expired: 'expired',
};

function outcomeOf({ outcome }: RunDocument): HistoryLine['outcome'] {
  return (outcome && OUTCOMES[outcome]) ?? 'failed';
}
