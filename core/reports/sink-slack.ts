import type { Ports } from '../ports.ts';
import { loadDocument } from '../runs/store.ts';
import type { StatusEvent } from './event.ts';
import { deployReport, planReport } from './from-run.ts';
import { slackMessage } from './slack.ts';

type Sink = Pick<Ports, 'runs' | 'artifacts' | 'links' | 'sent' | 'chat'>;

const TOLD: readonly StatusEvent['kind'][] = [
  'plan.finished',
  'approval.wanted',
  'approval.answered',
  'rollback.started',
  'run.ended',
];

/** One thread per run: the first message opens it, the others answer in it. Each event once. */
export async function tellSlack(event: StatusEvent, ports: Sink): Promise<void> {
  if (!ports.chat || event.doc === null || !TOLD.includes(event.kind)) return;
  const doc = await loadDocument(ports, event.doc);
  if (doc.slackChannel === null) return;
  // A plan's end says nothing that its plan did not.
  if (doc.request.command === 'plan' && event.kind !== 'plan.finished') return;

  const told = `slack/${event.runId}/${event.id}`;
  if (await ports.sent.get(told)) return;
  const report =
    doc.request.command === 'plan' ? await planReport(doc, ports) : await deployReport(doc, doc.pull, ports);
  const threadKey = `slack/${event.runId}`;
  const thread = await ports.sent.get(threadKey);
  const id = await ports.chat.post(doc.slackChannel, slackMessage(report), thread?.id ?? null);
  if (!thread) await ports.sent.put(threadKey, { id, order: event.seq });
  await ports.sent.put(told, { id, order: event.seq });
}
