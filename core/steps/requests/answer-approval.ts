import { z } from 'zod';
import { approvalRefusal } from '../../environments/approval.ts';
import { thawSlot } from '../../environments/thaw.ts';
import { InvalidToken, NotAllowed, NotFound } from '../../errors.ts';
import { approveRequest, isOperator, rejectRequest } from '../../requests/request.ts';
import { loadDocument } from '../../runs/store.ts';
import { step } from '../step.ts';

/**
 * A person's answer to a run that waits. The permission is asked of the forge now, the rule is the one in
 * force for the run, and the digest must be the one that is shown. Answers with a sentence for that person.
 */
export const answerApproval = step({
  input: z.discriminatedUnion('command', [approveRequest, rejectRequest]),
  ports: ['approvals', 'artifacts', 'people', 'sent', 'workflows'],
  async run(request, ports) {
    const { repository, environment, origin } = request;
    const thawing = await ports.approvals.get(repository, thawSlot(environment));
    const asked = await ports.approvals.get(repository, environment);
    // Who waits for the end of a freeze has no plan yet: it can be turned down, and nothing else.
    const waiting = asked ?? (request.command === 'reject' ? thawing : null);
    const outcome = request.command === 'approve' ? 'approved' : 'rejected';
    const noteKey = `answer/${repository}/${environment}/${origin.trigger}`;
    const note = await ports.sent.get(noteKey);
    // This very request was at it before a server was killed, and what it answered waits no more.
    if (note && note.id !== waiting?.token) return answered(outcome, environment);
    if (!waiting && thawing) {
      throw new NotFound(
        `${environment} is frozen, and what waits for its end is not planned yet: /cairn unfreeze ${environment}`,
      );
    }
    if (!waiting) {
      throw new NotFound(`Nothing waits for approval in ${environment}. \`cairn status\` shows its state.`);
    }
    const doc = await loadDocument(ports, waiting.doc);
    if (origin.login === null) throw new NotAllowed('An answer needs a verified login.');
    if (origin.login === 'operator' && !isOperator(origin)) {
      throw new NotAllowed(
        '`operator` is whoever holds the token of the server, not an account of this name.',
      );
    }
    const permission = isOperator(origin) ? 'admin' : await ports.people.permission(repository, origin.login);
    const refusal = approvalRefusal({
      login: origin.login,
      permission,
      command: request.command,
      digest: request.digest ?? null,
      waiting: { ...waiting, environment },
      approval: doc.policy.approval,
      authors: doc.authors,
    });
    if (refusal) throw new NotAllowed(refusal);

    await ports.sent.put(noteKey, { id: waiting.token, order: 0 });
    const reason = request.command === 'reject' ? (request.reason ?? null) : null;
    try {
      await ports.workflows.succeed(waiting.token, { outcome, by: origin.login, reason });
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      if (!note) throw new NotFound('That run was answered already.', { cause: error });
    }
    return { ...answered(outcome, environment, waiting.digest), runId: waiting.runId };
  },
});

function answered(
  outcome: 'approved' | 'rejected',
  environment: string,
  digest = '',
): Record<string, unknown> {
  const what = digest === '' ? 'it' : digest.slice(0, 7);
  const verb = outcome === 'approved' ? 'Approved' : 'Rejected';
  return { outcome, message: `${verb} ${what} for ${environment}.` };
}
