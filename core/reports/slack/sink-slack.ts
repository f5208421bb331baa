import { NotFound } from '../../errors.ts';
import type { ChatMessage } from '../../ports.ts';
import type { Run, WorkflowName } from '../../requests/run.ts';
import type { RunDocument } from '../../runs/document.ts';
import { slackChannelOf } from '../../runs/slack-channel.ts';
import { loadDocument } from '../../runs/store.ts';
import type { StatusEvent } from '../event.ts';
import { deployReport, planReport } from '../from-run.ts';
import { approvalButtons } from './buttons.ts';
import { slackOfCommand } from './command.ts';
import { slackOfDestroy, slackOfExtend } from './destroy.ts';
import { slackOfDrift } from './drift.ts';
import { slackOfEphemeral } from './ephemeral.ts';
import { plainMessage, slackMessage } from './message.ts';
import { refusedMessage } from './refused.ts';
import type { SlackOf, SlackSink } from './slack-of.ts';

const DEPLOY_KINDS: readonly StatusEvent['kind'][] = [
  'plan.finished',
  'approval.wanted',
  'approval.answered',
  'rollback.started',
  'freeze.waits',
  'run.ended',
];

const ofPlan: SlackOf = async (event, doc, ports) =>
  // A plan's end says nothing that its plan did not.
  event.kind === 'plan.finished' ? slackMessage(await planReport(doc, ports)) : null;

const ofDeploy: SlackOf = async (event, doc, ports) =>
  DEPLOY_KINDS.includes(event.kind) ? slackMessage(await deployReport(doc, doc.pull, ports)) : null;

const MESSAGES: Record<WorkflowName, SlackOf> = {
  plan: ofPlan,
  deploy: ofDeploy,
  ephemeral: slackOfEphemeral,
  destroy: slackOfDestroy,
  extend: slackOfExtend,
  run: slackOfCommand,
  drift: slackOfDrift,
};

/** One thread per run: the first message opens it, the others answer in it. Each event once. */
export async function tellSlack(event: StatusEvent, ports: SlackSink): Promise<void> {
  if (!ports.chat) return;
  if (event.doc === null) return tellRefused(event, ports);
  const run = await ports.runs.get(event.runId);
  const doc = await loadDocument(ports, event.doc);
  if (!run || doc.slackChannel === null) return;
  const told = `slack/${event.runId}/${event.id}`;
  if (await ports.sent.get(told)) return;
  const message = await MESSAGES[run.workflow](event, doc, ports);
  if (event.kind === 'approval.answered') await takeButtonsAway(event, run, ports);
  if (message === null) return;

  const threadKey = `slack/${event.runId}`;
  const thread = await ports.sent.get(threadKey);
  const shown = (await isToAnswer(event, doc, ports)) ? withButtons(message, doc) : message;
  const id = await ports.chat.post(doc.slackChannel, shown, thread?.id ?? null);
  if (!thread) await ports.sent.put(threadKey, { id, order: event.seq });
  await ports.sent.put(told, { id, order: event.seq });
}

/** Where nothing was resolved yet, the default branch says in which channel. */
async function tellRefused(event: StatusEvent, ports: SlackSink): Promise<void> {
  if (event.kind !== 'run.ended') return;
  const run = await ports.runs.get(event.runId);
  const message = run && refusedMessage(event, run, ports);
  const told = `slack/${event.runId}/${event.id}`;
  if (!message || (await ports.sent.get(told))) return;
  const channel = await slackChannelOf(ports, run.repository);
  const id = channel === null ? null : await ports.chat?.post(channel, message, null);
  if (id) await ports.sent.put(told, { id, order: event.seq });
}

/** Whether buttons below the question are of use: events come in any order, and its answer may be there already. */
async function isToAnswer(event: StatusEvent, doc: RunDocument, ports: SlackSink): Promise<boolean> {
  if (event.kind !== 'approval.wanted' || !doc.approval || !(await ports.chat?.hasButtons())) return false;
  const later = (await ports.runs.events(event.runId)).filter(({ seq }) => seq > event.seq);
  return !later.some(({ kind }) => kind === 'approval.answered' || kind === 'run.ended');
}

function withButtons(message: ChatMessage, doc: RunDocument): ChatMessage {
  const { repository, environment, runId: run, approval } = doc;
  const buttons = approvalButtons({ repository, environment, digest: approval?.digest ?? '', run });
  return { ...message, blocks: [...message.blocks, buttons] };
}

/** The question that was answered is shown as it was, without its buttons. */
async function takeButtonsAway(event: StatusEvent, run: Run, ports: SlackSink): Promise<void> {
  if (!(await ports.chat?.hasButtons())) return;
  const events = await ports.runs.events(run.id);
  const asked = events.findLast(({ kind, seq }) => kind === 'approval.wanted' && seq < event.seq);
  const told = asked && (await ports.sent.get(`slack/${run.id}/${asked.id}`));
  if (!told || asked.doc === null) return;
  const message = await MESSAGES[run.workflow](asked, await loadDocument(ports, asked.doc), ports);
  if (message === null) return;
  const blocks = [...message.blocks, ...plainMessage(event.message).blocks];
  try {
    await ports.chat?.edit(told.id, { ...message, blocks });
  } catch (error) {
    // Somebody deleted it.
    if (!(error instanceof NotFound)) throw error;
  }
}
