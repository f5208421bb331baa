import { z } from 'zod';
import { type RunDocument, touchedTheWorld } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { caughtError, runInput } from '../input.ts';
import { step } from '../step.ts';

/** A step failed for good. What people read is its message; what the environment is follows from what was applied. */
export const failRun = step({
  input: z.object({ run: runInput, doc: z.string().optional(), error: caughtError }),
  ports: ['artifacts', 'clock', 'status'],
  async run({ run, doc: key, error }, ports) {
    const message = messageOf(error);
    if (key === undefined) {
      const at = ports.clock.now().toISOString();
      await ports.status.emit({
        id: 'run.failed',
        runId: run.runId,
        at,
        kind: 'run.ended',
        message,
        doc: null,
        run: { state: 'failed', title: message.split('\n')[0] ?? 'Failed', endedAt: at },
      });
      return { outcome: 'failed' };
    }
    const doc = await loadDocument(ports, key);
    const touched = touchedTheWorld(doc);
    const next: RunDocument = {
      ...doc,
      outcome: touched ? 'broken' : 'failed',
      failure: doc.failure ?? { project: null, stage: 'content', message, job: null },
      broken: touched ? `Cairn could not go on after an apply had begun: ${message}` : null,
    };
    return { outcome: next.outcome, doc: await saveDocument(ports, next) };
  },
});

/** A Lambda's error comes as JSON text in Cause; an integration's comes as it is. */
function messageOf({ Error: name, Cause: cause }: z.infer<typeof caughtError>): string {
  if (!cause) return name;
  try {
    const parsed: unknown = JSON.parse(cause);
    if (typeof parsed === 'object' && parsed !== null && 'errorMessage' in parsed) {
      return String(parsed.errorMessage);
    }
  } catch {
    // Not JSON: the text is the message.
  }
  return cause;
}
