import { z } from 'zod';
import { type RunDocument, touchedTheWorld } from '../../runs/document.ts';
import { acceptPlans } from '../../runs/pass.ts';
import { loadDocument, saveDocument } from '../../runs/store.ts';
import { tell } from '../../runs/tell.ts';
import { step } from '../step.ts';

/** What `AnswerApproval`, a newer push, or the time limit answered. */
const answer = z.object({
  outcome: z.enum(['approved', 'rejected', 'superseded', 'expired']),
  by: z.string().nullable().default(null),
  reason: z.string().nullish(),
});

export const reviewAnswer = step({
  input: z.object({ doc: z.string(), answer }),
  ports: ['approvals', 'artifacts', 'clock', 'status'],
  async run({ doc: key, answer: { outcome, by, reason } }, ports) {
    const doc = await loadDocument(ports, key);
    await ports.approvals.remove(doc.repository, doc.environment, doc.runId);
    const next = afterAnswer(doc, outcome, by, reason ?? null, ports.clock.now().toISOString());
    const saved = await saveDocument(ports, next);
    await tell(ports, next, 'approval.answered', sentence(outcome, by, reason ?? null), { state: 'running' });

    if (outcome === 'approved') return { outcome: 'next', doc: saved };
    // A second question may come when a wave was applied already; a no then leaves the environment half way.
    return { outcome: touchedTheWorld(doc) ? 'rollback' : 'done', doc: saved };
  },
});

function afterAnswer(
  doc: RunDocument,
  outcome: z.infer<typeof answer>['outcome'],
  by: string | null,
  reason: string | null,
  at: string,
): RunDocument {
  if (outcome === 'approved') {
    const approvals = [...doc.approvals, { digest: doc.approval?.digest ?? '', by: by ?? '', at }];
    return { ...acceptPlans(doc), approval: null, differences: [], approvals };
  }
  return {
    ...doc,
    approval: null,
    outcome,
    failure: { project: null, stage: 'approval', message: sentence(outcome, by, reason), job: null },
  };
}

function sentence(outcome: string, by: string | null, reason: string | null): string {
  if (outcome === 'approved') return `Approved by ${by}.`;
  if (outcome === 'rejected') return `Rejected by ${by}${reason ? `: ${reason}` : '.'}`;
  if (outcome === 'superseded') return `Superseded: ${reason ?? 'a newer commit came'}.`;
  return 'Nobody approved in time.';
}
