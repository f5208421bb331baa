import { changeEnvironment } from '../../ephemeral/change-environment.ts';
import { leftOf, rememberedLeft } from '../../ephemeral/left.ts';
import { isEphemeral } from '../../ephemeral/name.ts';
import { unschedule } from '../../ephemeral/schedules.ts';
import type { Ports } from '../../ports.ts';
import type { RunDocument } from '../../runs/document.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { documentInput } from '../input.ts';
import { step } from '../step.ts';

/** What could not be destroyed, by name: known and shown until somebody resolves it. */
export const reviewLeft = step({
  input: documentInput,
  ports: ['artifacts', 'clock', 'ephemerals', 'schedules', 'status'],
  async run({ doc: key }, ports) {
    const doc = await loadDocument(ports, key);
    const left: Record<string, string[] | null> = {};
    for (const [project, job] of Object.entries(doc.destroy?.listed ?? {})) {
      const found = await leftOf(ports, job);
      if (found === null || found.length > 0) left[project] = found;
    }
    const destroy = doc.destroy && { ...doc.destroy, left };
    if (Object.keys(left).length === 0) {
      // What failed was on the way to nothing.
      const gone = [...(destroy?.gone ?? []), ...Object.keys(doc.destroy?.listed ?? {})];
      const done: RunDocument = {
        ...doc,
        outcome: 'destroyed',
        failure: null,
        destroy: destroy && { ...destroy, gone },
      };
      return { outcome: 'destroyed', doc: await saveDocument(ports, done) };
    }
    const next: RunDocument = { ...doc, outcome: 'leaked', destroy };
    if (isEphemeral(doc.environment)) await keepKnown(next, left, ports);
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'environment.leaked', leakedMessage(doc.environment, left));
    return { outcome: 'leaked', doc: saved };
  },
});

/** First of all: whatever happens to this run now, what is left is not forgotten. */
async function keepKnown(
  { repository, environment, runId }: RunDocument,
  left: Record<string, string[] | null>,
  ports: Pick<Ports, 'ephemerals' | 'schedules'>,
): Promise<void> {
  await changeEnvironment(ports, repository, environment, (current) =>
    current.runId === runId ? { ...current, state: 'leaked', left: rememberedLeft(left) } : null,
  );
  // A person decides from here on; the sweep keeps telling of it.
  await unschedule(ports, { repository, environment });
}

function leakedMessage(environment: string, left: Record<string, string[] | null>): string {
  const said = Object.entries(left).map(([project, addresses]) =>
    addresses === null ? `${project}: what it holds could not be told` : `${project}: ${addresses.length}`,
  );
  return `Not all of ${environment} could be destroyed: ${said.join(', ')}.`;
}
