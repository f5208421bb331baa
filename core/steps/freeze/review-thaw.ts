import { z } from 'zod';
import { freezeOf } from '../../environments/freeze.ts';
import { thawSlot, thawWithin } from '../../environments/thaw.ts';
import type { Ports } from '../../ports.ts';
import { branchHead } from '../../runs/branch-head.ts';
import type { Freeze, RunDocument } from '../../runs/document.ts';
import { refusedByFreeze } from '../../runs/frozen.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { step } from '../step.ts';

/** What `ChangeFreeze`, a newer run, a person who turned it down, or the time limit answered. */
const answer = z.object({
  outcome: z.enum(['thawed', 'superseded', 'rejected', 'expired']),
  by: z.string().nullable().default(null),
  reason: z.string().nullish(),
});

/**
 * A run that waited for the end of a freeze begins anew: nothing of what it knew counts any more, but that it is still
 * wanted. Answers with what `ClaimRun` answers, so that it goes on from there.
 */
export const reviewThaw = step({
  input: z.object({ doc: z.string(), number: z.number(), answer }),
  ports: ['approvals', 'artifacts', 'clock', 'git', 'source', 'status'],
  async run({ doc: key, number, answer: { outcome, by, reason } }, ports) {
    const doc = await loadDocument(ports, key);
    await ports.approvals.remove(doc.repository, thawSlot(doc.environment), doc.runId);
    if (outcome === 'superseded' || outcome === 'rejected') {
      const who = outcome === 'rejected' ? `Rejected by ${by ?? 'nobody'}` : 'Superseded';
      return end(doc, outcome, `${who}${reason ? `: ${reason}` : '.'}`, ports);
    }
    const freeze = await freezeOf(ports, doc.repository, doc.environment);
    if (freeze) return stillFrozen(doc, freeze, outcome, ports);

    const overtaken = await overtakenBy(doc, ports);
    if (overtaken) return end(doc, 'superseded', overtaken, ports);
    const thawed: RunDocument = { ...doc, frozen: null };
    const saved = await saveDocument(ports, thawed);
    const message = `${doc.environment} is not frozen any more.`;
    await tell(ports, thawed, 'run.started', message, { state: 'running' });
    const claim = { outcome: 'claimed', number, commit: claimed(doc), documents: doc.n + 1 };
    return { outcome: 'again', doc: saved, claim };
  },
});

/**
 * A freeze that was set or moved meanwhile is waited for as well. One that lasts longer than a task can wait refuses
 * the deploy at last: after the thaw the head of the branch is deployed all the same.
 */
async function stillFrozen(
  doc: RunDocument,
  freeze: Freeze,
  outcome: 'thawed' | 'expired',
  ports: Pick<Ports, 'artifacts' | 'clock' | 'status'>,
): Promise<Record<string, unknown>> {
  if (outcome === 'expired' && freeze.at === doc.frozen?.at) {
    return { outcome: 'done', doc: await saveDocument(ports, refusedByFreeze(doc, freeze)) };
  }
  const within = thawWithin(freeze, ports.clock.now());
  return { outcome: 'frozen', within, doc: await saveDocument(ports, { ...doc, frozen: freeze }) };
}

async function end(
  doc: RunDocument,
  outcome: 'superseded' | 'rejected',
  message: string,
  ports: Pick<Ports, 'artifacts'>,
): Promise<Record<string, unknown>> {
  const failure = { project: null, stage: 'freeze' as const, message, job: null };
  return { outcome: 'done', doc: await saveDocument(ports, { ...doc, outcome, failure }) };
}

/** Only a deploy of the branch as it was can be overtaken: what a person named by its commit stays what they want. */
async function overtakenBy(doc: RunDocument, ports: Pick<Ports, 'source'>): Promise<string | null> {
  const { request, commit } = doc;
  if (request.command !== 'deploy' || !request.branch) return null;
  const head = await branchHead(doc.repository, request.branch, ports);
  if (head === null) return `Superseded: there is no branch ${request.branch} any more.`;
  return head === commit ? null : `Superseded: ${request.branch} is at ${head.slice(0, 7)} now.`;
}

/** What `ClaimRun` found; a way back has no commit before its record is read. */
function claimed({ request, commit }: RunDocument): string | null {
  return request.command === 'rollback' ? null : commit;
}
