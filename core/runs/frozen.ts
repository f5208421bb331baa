import { frozenSentence, refusalByFreeze } from '../environments/freeze.ts';
import { thawWithin } from '../environments/thaw.ts';
import type { Freeze, RunDocument } from './document.ts';

/**
 * What a deploy does that meets a freeze: it is refused, waits until the environment is unfrozen, or goes ahead in
 * spite of it. Only a deploy of a commit waits: the next look for drift comes by itself, and what was to be replaced
 * may be another thing by then.
 */
export type Met =
  | { kind: 'refused'; doc: RunDocument }
  | { kind: 'waits'; doc: RunDocument; within: number }
  | { kind: 'goes'; doc: RunDocument };

export function meetFreeze(doc: RunDocument, freeze: Freeze, now: Date): Met {
  const frozen: RunDocument = { ...doc, frozen: freeze };
  const refusal = refusalByFreeze(doc, freeze, false);
  if (refusal === null) return { kind: 'goes', doc: frozen };
  if (waits(doc)) return { kind: 'waits', doc: frozen, within: thawWithin(freeze, now) };
  return { kind: 'refused', doc: refusedBy(frozen, refusal) };
}

function waits({ request, policy }: RunDocument): boolean {
  if (policy.whileFrozen !== 'queue') return false;
  if ('despiteFreeze' in request && request.despiteFreeze) return false;
  return !('projects' in request && request.projects);
}

/** A run that has waited for the end of the freeze for as long as it can. */
export function refusedByFreeze(doc: RunDocument, freeze: Freeze): RunDocument {
  const refusal = refusalByFreeze(doc, freeze, false) ?? frozenSentence(doc.environment, freeze);
  return refusedBy({ ...doc, frozen: freeze }, refusal);
}

/** Before the first apply of a run whose environment may have been frozen while it planned or waited for a person. */
export function meetLateFreeze(doc: RunDocument, freeze: Freeze): Exclude<Met, { kind: 'waits' }> {
  const frozen: RunDocument = { ...doc, frozen: freeze };
  const refusal = refusalByFreeze(doc, freeze, true);
  return refusal === null
    ? { kind: 'goes', doc: frozen }
    : { kind: 'refused', doc: refusedBy(frozen, refusal) };
}

function refusedBy(doc: RunDocument, message: string): RunDocument {
  return { ...doc, outcome: 'refused', failure: { project: null, stage: 'freeze', message, job: null } };
}

/** True for a run that a freeze ended, whether it came before or while it waited. */
export function wasRefusedByFreeze({ outcome, failure }: RunDocument): boolean {
  return outcome === 'refused' && failure?.stage === 'freeze';
}

/** What a pull request says of the environment that it is for. */
export function frozenPull(doc: Pick<RunDocument, 'environment' | 'frozen' | 'policy'>): string | null {
  if (!doc.frozen) return null;
  const then =
    doc.policy.whileFrozen === 'queue'
      ? 'A merge now waits until it is unfrozen.'
      : 'A merge now is refused, and deployed once it is unfrozen.';
  return `${frozenSentence(doc.environment, doc.frozen)}. ${then}`;
}
