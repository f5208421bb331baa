import type { Ports } from '../ports.ts';
import type { Run } from '../requests/run.ts';
import type { RunDocument } from '../runs/document.ts';
import { inWords } from '../terraform/check-command.ts';

/** What people are shown of a terraform command. Plain data. */
export interface CommandReport {
  environment: string;
  runId: string;
  runNumber: number;
  runUrl: string;
  /** All that it printed, as text; null before it ran. */
  outputUrl: string | null;
  /** `terraform state list` */
  command: string;
  project: string;
  /** Commit that it runs on. */
  commit: string;
  state:
    | 'waiting'
    | 'running'
    | 'ran'
    | 'became'
    | 'failed'
    | 'refused'
    | 'rejected'
    | 'expired'
    | 'superseded';
  requestedBy: string | null;
  approvedBy: string | null;
  approval: { digest: string; until: string; approvers: string[] } | null;
  output: { text: string; cut: boolean } | null;
  /** Why it was not run, or failed. */
  message: string | null;
}

/** What became of a command, to whoever reads of it. */
export const COMMAND_STATE: Record<CommandReport['state'], string> = {
  waiting: 'waits for approval',
  running: 'running',
  ran: 'went through',
  became: 'became a deployment',
  failed: 'failed',
  refused: 'refused',
  rejected: 'rejected',
  expired: 'nobody approved in time',
  superseded: 'not run',
};

export function commandReport(doc: RunDocument, run: Run, links: Ports['links']): CommandReport | null {
  const { terraform, approval, failure } = doc;
  if (!terraform) return null;
  return {
    environment: doc.environment,
    runId: doc.runId,
    runNumber: run.number,
    runUrl: links.run(doc.runId),
    outputUrl: terraform.job === null ? null : links.output(doc.runId),
    command: inWords(terraform.args),
    project: terraform.project,
    commit: doc.commit,
    state: stateOf(doc),
    requestedBy: doc.request.origin.login,
    approvedBy: doc.approvals.at(-1)?.by ?? null,
    approval: approval && { ...approval, approvers: doc.policy.approval.approvers },
    output: terraform.output,
    message: failure?.message ?? null,
  };
}

function stateOf({ outcome, approval, terraform }: RunDocument): CommandReport['state'] {
  switch (outcome) {
    case null:
      return approval ? 'waiting' : 'running';
    case 'ran':
      return terraform?.deploy === undefined ? 'ran' : 'became';
    case 'refused':
    case 'rejected':
    case 'expired':
    case 'superseded':
      return outcome;
    default:
      return 'failed';
  }
}
