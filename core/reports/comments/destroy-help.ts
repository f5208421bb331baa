import { isEphemeral } from '../../ephemeral/name.ts';
import type { RunDocument } from '../../runs/document.ts';
import { onPull, onTerminal } from './ephemeral-help.ts';

/** What tries once more to destroy what is left. */
export function helpForDestroy(doc: RunDocument): string | null {
  const { environment, outcome, frozen } = doc;
  if (outcome === 'refused' && frozen) return `/cairn unfreeze ${environment}`;
  if (outcome !== 'leaked' && outcome !== 'failed' && outcome !== 'broken') return null;
  if (!isEphemeral(environment)) {
    return doc.pull
      ? `/cairn destroy ${environment} ${environment}`
      : `cairn destroy ${environment} --confirm ${environment}`;
  }
  return doc.pull ? onPull(doc, 'down') : onTerminal(doc, 'down');
}
