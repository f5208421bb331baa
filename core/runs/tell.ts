import type { Ports } from '../ports.ts';
import type { StatusEvent } from '../reports/event.ts';
import type { RunDocument } from './document.ts';
import { documentKey } from './store.ts';

/** Emits an event of a run that has a document. `doc` is the document as it was saved (its key's number). */
export function tell(
  ports: Pick<Ports, 'status' | 'clock'>,
  doc: RunDocument,
  kind: StatusEvent['kind'],
  message: string,
  run: StatusEvent['run'] = {},
): Promise<void> {
  const n = doc.n + 1;
  return ports.status.emit({
    id: `${kind}-${n}`,
    runId: doc.runId,
    at: ports.clock.now().toISOString(),
    kind,
    message,
    doc: documentKey(doc.runId, n),
    run,
  });
}

/**
 * The same of a document as it was loaded, by a step that writes none: whoever answers the run's task token writes the
 * next one, and what is shown of the question must stay what it was.
 */
export function tellAsIs(
  ports: Pick<Ports, 'status' | 'clock'>,
  doc: RunDocument,
  kind: StatusEvent['kind'],
  message: string,
  run: StatusEvent['run'] = {},
): Promise<void> {
  return tell(ports, { ...doc, n: doc.n - 1 }, kind, message, run);
}
