import { z } from 'zod';
import { freezeOf, frozenSentence } from '../environments/freeze.ts';
import { thawSlot, thawWithin } from '../environments/thaw.ts';
import type { Ports, WaitingApproval } from '../ports.ts';
import type { RunDocument } from '../runs/document.ts';
import { loadDocument } from '../runs/store.ts';
import { tellAsIs } from '../runs/tell.ts';
import { ignoreInvalidToken } from '../runs/tokens.ts';
import { step } from './step.ts';

/**
 * Waits, without the environment's lock, until the environment is unfrozen: `ChangeFreeze` answers the task token. One
 * run waits per environment; a newer one takes its place.
 */
export const waitForThaw = step({
  input: z.object({ doc: z.string(), token: z.string() }),
  ports: ['approvals', 'artifacts', 'clock', 'git', 'runs', 'source', 'status', 'workflows'],
  async run({ doc: key, token }, ports) {
    const doc = await loadDocument(ports, key);
    if (!doc.frozen) throw new Error(`run ${doc.runId} waits for the end of a freeze that it does not name`);
    const slot = thawSlot(doc.environment);
    const other = await ports.approvals.get(doc.repository, slot);
    if (other && other.runId !== doc.runId && (await isNewer(other, doc, ports))) {
      await supersede(token, 'a newer run waits for the end of the freeze', ports);
      return {};
    }
    if (other && other.runId !== doc.runId) {
      await supersede(other.token, `run ${doc.runNumber} waits in its place`, ports);
    }
    const now = ports.clock.now();
    await ports.approvals.put({
      repository: doc.repository,
      environment: slot,
      runId: doc.runId,
      token,
      digest: '',
      commit: doc.commit,
      askedAt: now.toISOString(),
      until: new Date(now.getTime() + thawWithin(doc.frozen, now) * 1000).toISOString(),
      doc: key,
    });
    const message = `Waits: ${frozenSentence(doc.environment, doc.frozen)}`;
    await tellAsIs(ports, doc, 'freeze.waits', message, { state: 'waiting' });

    // Whoever unfroze it before this run stood in its place has found nobody to tell.
    if ((await freezeOf(ports, doc.repository, doc.environment)) === null) {
      await ignoreInvalidToken(ports.workflows.succeed(token, { outcome: 'thawed' }));
    }
    return {};
  },
});

async function isNewer(
  other: WaitingApproval,
  doc: RunDocument,
  ports: Pick<Ports, 'runs'>,
): Promise<boolean> {
  const run = await ports.runs.get(other.runId);
  return run !== null && run.number > doc.runNumber;
}

async function supersede(token: string, reason: string, ports: Pick<Ports, 'workflows'>): Promise<void> {
  await ignoreInvalidToken(ports.workflows.succeed(token, { outcome: 'superseded', reason }));
}
