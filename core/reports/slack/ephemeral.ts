import { momentText, remaining } from '../../ephemeral/times.ts';
import type { ChatMessage } from '../../ports.ts';
import type { RunDocument } from '../../runs/document.ts';
import { onTerminal } from '../comments/ephemeral-help.ts';
import { type EphemeralReport, ephemeralReport, isAddress } from '../ephemeral-report.ts';
import type { StatusEvent } from '../event.ts';
import { environmentButtons } from './buttons.ts';
import { harmless, plainMessage, slackLink, slackMessage, tick } from './message.ts';
import type { SlackOf } from './slack-of.ts';

const TOLD: readonly StatusEvent['kind'][] = [
  'approval.wanted',
  'approval.answered',
  'environment.ready',
  'environment.warning',
  'run.ended',
];

/** What a channel reads of a launch. */
export const slackOfEphemeral: SlackOf = async (event, doc, ports) => {
  // Its end says nothing that its being ready did not.
  if (!TOLD.includes(event.kind) || (event.kind === 'run.ended' && doc.outcome === 'ready')) return null;
  const buttons = (await ports.chat?.hasButtons()) ?? false;
  if (event.kind === 'environment.warning') return warningMessage(event, doc, buttons);
  const report = await ephemeralReport(doc, event, ports);
  return report && ephemeralMessage(report, doc, buttons);
};

/** A section holds 3,000 characters: as many outputs as fit. */
const OUTPUTS = 10;

/** How a launch goes, and what stands: with buttons where the channel has them. */
export function ephemeralMessage(report: EphemeralReport, doc: RunDocument, buttons: boolean): ChatMessage {
  const { text, blocks } = slackMessage(report.run);
  const [header, context, ...rest] = blocks;
  const said = [...standing(report), destroyLine(report)].filter((line) => line !== '').join('\n');
  const section = said === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: said } }];
  const isSaid = report.run.state === 'ready' || report.asBefore;
  const below = isSaid && buttons ? [environmentButtons(placeOf(doc))] : [];
  return { text, blocks: [header, context, ...section, ...rest, ...below] };
}

/** Its time is nearly up. */
function warningMessage(event: StatusEvent, doc: RunDocument, buttons: boolean): ChatMessage {
  const message = plainMessage(`${event.message} To keep it: ${onTerminal(doc, 'extend', '4h')}`);
  return buttons ? { ...message, blocks: [...message.blocks, environmentButtons(placeOf(doc))] } : message;
}

function placeOf({ repository, environment, runId }: RunDocument) {
  return { repository, environment, run: runId };
}

function standing({ stands, asBefore, outputs, endsAt, at }: EphemeralReport): string[] {
  if (!stands) return [];
  const lines = Object.entries(outputs)
    .slice(0, OUTPUTS)
    .map(([name, value]) => {
      const shown = isAddress(value) && value.length <= 150 ? slackLink(value, value) : tick(value);
      return `• ${tick(name)}: ${shown}`;
    });
  const end =
    endsAt === null
      ? 'It has no end.'
      : `It ends ${harmless(momentText(new Date(endsAt)))}, in ${remaining(endsAt, at)}.`;
  return [asBefore ? 'It stands as it was before.' : '', ...lines, end];
}

function destroyLine({ destroyUrl }: EphemeralReport): string {
  return destroyUrl === null ? '' : `What was applied is being destroyed: ${slackLink('run', destroyUrl)}.`;
}
