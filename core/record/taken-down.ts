import type { Ports } from '../ports.ts';
import { type RunDocument, touchedTheWorld } from '../runs/document.ts';
import { entryHead, type RecordEntry } from './entry.ts';
import type { EnvironmentRecord, HistoryLine } from './schema.ts';

/** What the record says after somebody took a permanent environment down, or tried to; null: nothing. */
export function takenDown(
  doc: RunDocument,
  current: EnvironmentRecord | null,
  at: string,
  links: Ports['links'],
): RecordEntry | null {
  const outcome = outcomeOf(doc);
  if (outcome === null) return null;
  const gone = doc.destroy?.gone ?? [];
  return {
    ...entryHead(doc, at, links),
    outcome,
    applied: gone,
    after: afterwards(doc, outcome, current, gone),
  };
}

function outcomeOf(doc: RunDocument): HistoryLine['outcome'] | null {
  switch (doc.outcome) {
    case 'destroyed':
      return 'destroyed';
    case 'rejected':
    case 'expired':
    case 'failed':
    case 'leaked':
    case 'broken':
    case 'refused':
      // Half of it may be gone: what was said then does not make it whole.
      if (touchedTheWorld(doc)) return 'broken';
      return doc.outcome === 'leaked' || doc.outcome === 'broken' ? 'failed' : doc.outcome;
    default:
      return null;
  }
}

function afterwards(
  doc: RunDocument,
  outcome: HistoryLine['outcome'],
  current: EnvironmentRecord | null,
  gone: string[],
): RecordEntry['after'] {
  const nothing = { projects: {}, failed: {}, revert: null, broken: null };
  if (outcome === 'destroyed') {
    return { ...nothing, state: 'ok', commit: null, removed: Object.keys(current?.projects ?? {}) };
  }
  const unchanged: RecordEntry['after'] = {
    ...nothing,
    state: current?.state ?? 'ok',
    commit: current?.commit ?? null,
    removed: gone,
    failed: current?.failed ?? {},
    revert: current?.revert ?? null,
    broken: current?.broken ?? null,
  };
  if (outcome !== 'broken') return unchanged;
  const why = doc.failure?.message.split('\n')[0] ?? 'it was stopped on the way';
  const name = doc.environment;
  const broken = `not all of it could be destroyed: ${why} \`cairn destroy ${name} --confirm ${name}\` goes on, a deploy makes it whole.`;
  return { ...unchanged, state: 'broken', broken };
}
