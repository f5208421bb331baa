import { z } from 'zod';
import { freezeOf, frozenSentence } from '../../environments/freeze.ts';
import { thawSlot, thawWithin } from '../../environments/thaw.ts';
import { Unavailable } from '../../errors.ts';
import type { Ports, WaitingApproval } from '../../ports.ts';
import { loadDocument } from '../../runs/store.ts';
import { tellAsIs } from '../../runs/tell.ts';
import { ignoreInvalidToken } from '../../runs/tokens.ts';
import { step } from '../step.ts';

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
    const now = ports.clock.now();
    const wait: WaitingApproval = {
      repository: doc.repository,
      environment: thawSlot(doc.environment),
      runId: doc.runId,
      token,
      digest: '',
      commit: doc.commit,
      askedAt: now.toISOString(),
      until: new Date(now.getTime() + thawWithin(doc.frozen, now) * 1000).toISOString(),
      doc: key,
    };
    // First: whoever stands in the place may be answered, and their run be over, before this step says another word.
    const message = `Waits: ${frozenSentence(doc.environment, doc.frozen)}`;
    await tellAsIs(ports, doc, 'freeze.waits', message, { state: 'waiting' });
    if (!(await takePlace(wait, doc.runNumber, ports))) {
      await supersede(token, 'a newer run waits for the end of the freeze', ports);
      return {};
    }

    // Whoever unfroze it before this run stood in its place has found nobody to tell.
    if ((await freezeOf(ports, doc.repository, doc.environment)) === null) {
      await ignoreInvalidToken(ports.workflows.succeed(token, { outcome: 'thawed' }));
    }
    return {};
  },
});

/** Of runs that meet, one gets through each time: this many may meet. */
const ATTEMPTS = 25;

/**
 * True once this run stands in the place; false if a newer one does. Whoever is pushed aside is told before its place
 * is taken: killed in between, this run comes again and finds it there, while one that nobody finds waits for weeks.
 */
async function takePlace(
  wait: WaitingApproval,
  number: number,
  ports: Pick<Ports, 'approvals' | 'runs' | 'workflows'>,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const other = await ports.approvals.get(wait.repository, wait.environment);
    if (other && other.runId !== wait.runId) {
      if (await isNewer(other, number, ports)) return false;
      await supersede(other.token, `run ${number} waits in its place`, ports);
    }
    if (await ports.approvals.replace(other, wait)) return true;
  }
  throw new Unavailable(`Too many runs begin to wait for the end of a freeze of ${wait.repository} at once.`);
}

async function isNewer(other: WaitingApproval, number: number, ports: Pick<Ports, 'runs'>): Promise<boolean> {
  const run = await ports.runs.get(other.runId);
  return run !== null && run.number > number;
}

async function supersede(token: string, reason: string, ports: Pick<Ports, 'workflows'>): Promise<void> {
  await ignoreInvalidToken(ports.workflows.succeed(token, { outcome: 'superseded', reason }));
}
