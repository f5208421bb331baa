import type { Policy } from '../config/policy.ts';
import type { WaitingApproval } from '../ports.ts';

/** Seconds that a plan waits for an answer at most: plan files hold secrets and are not kept for longer. */
export const LONGEST_APPROVAL = 7 * 86_400;

interface Answer {
  login: string;
  permission: 'admin' | 'write' | 'read' | 'none';
  command: 'approve' | 'reject';
  /** What was typed, or stands on the button; null for a rejection that is typed, which needs none. */
  digest: string | null;
  waiting: Pick<WaitingApproval, 'digest' | 'environment'>;
  approval: Policy['approval'];
  /** The pull request's author and every commit author since the last good commit. */
  authors: string[];
}

/** Why this answer does not count, as a sentence that says what would; null if it counts. */
export function approvalRefusal(answer: Answer): string | null {
  const { login, approval, waiting } = answer;
  if (answer.permission !== 'admin' && answer.permission !== 'write') {
    return `@${login} has no write access to the repository, so the answer does not count.`;
  }
  // The operator of this installation is no GitHub login: approvers has to name it.
  const named = approval.approvers.some((name) => name.toLowerCase() === login.toLowerCase());
  if (!named && (approval.approvers.length > 0 || login === 'operator')) {
    const who = approval.approvers.length > 0 ? approval.approvers.join(', ') : 'anybody with write access';
    return `@${login} is not an approver of ${waiting.environment}: ${who}.`;
  }
  if (answer.command === 'reject' && answer.digest === null) return null;

  if (
    answer.command === 'approve' &&
    approval.notAuthor &&
    answer.authors.some((a) => a.toLowerCase() === login.toLowerCase())
  ) {
    return `@${login} wrote part of this change, and ${waiting.environment} says not_author: somebody else approves.`;
  }
  if (answer.digest === null || !waiting.digest.startsWith(answer.digest)) {
    const typed = answer.digest === null ? 'no digest' : answer.digest.slice(0, 7);
    const command = `/cairn ${answer.command} ${waiting.environment}${answer.command === 'approve' ? ` ${waiting.digest.slice(0, 7)}` : ''}`;
    return `You answered ${typed}, but the plan that waits is ${waiting.digest.slice(0, 7)}. Read it, then: ${command}`;
  }
  return null;
}
