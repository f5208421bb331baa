import { z } from 'zod';
import { loadDocument } from '../../runs/store.ts';
import { tellAsIs } from '../../runs/tell.ts';
import { step } from '../step.ts';

/** Puts the question to people and leaves; `AnswerApproval` answers the task token. */
export const requestApproval = step({
  input: z.object({ doc: z.string(), token: z.string() }),
  ports: ['approvals', 'artifacts', 'clock', 'status'],
  async run({ doc: key, token }, ports) {
    const doc = await loadDocument(ports, key);
    if (!doc.approval) throw new Error(`run ${doc.runId} has no plan to approve`);
    const { digest, until } = doc.approval;
    await ports.approvals.put({
      repository: doc.repository,
      environment: doc.environment,
      runId: doc.runId,
      token,
      digest,
      commit: doc.commit,
      askedAt: ports.clock.now().toISOString(),
      until,
      doc: key,
    });
    const command = `/cairn approve ${doc.environment} ${digest.slice(0, 7)}`;
    await tellAsIs(ports, doc, 'approval.wanted', `Waits for approval: ${command}`, { state: 'waiting' });
    return {};
  },
});
