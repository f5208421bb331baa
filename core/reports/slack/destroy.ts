import { isEphemeral } from '../../ephemeral/name.ts';
import { leftLine } from '../comments/destroy.ts';
import { ephemeralReport } from '../ephemeral-report.ts';
import type { StatusEvent } from '../event.ts';
import { deployReport } from '../from-run.ts';
import { ephemeralMessage } from './ephemeral.ts';
import { slackMessage } from './message.ts';
import type { SlackOf } from './slack-of.ts';

const TOLD: readonly StatusEvent['kind'][] = [
  'approval.wanted',
  'approval.answered',
  'environment.leaked',
  'run.ended',
];

/** What a channel reads of an environment's end: that it is gone, or what is left, once more each day. */
export const slackOfDestroy: SlackOf = async (event, doc, ports) => {
  if (!TOLD.includes(event.kind)) return null;
  if (doc.outcome === 'superseded' || doc.outcome === 'nothing') return null;
  // What leaked was said by an event of its own, with what is left.
  if (event.kind === 'run.ended' && doc.outcome === 'leaked') return null;
  const report = await deployReport(doc, doc.pull, ports);
  const left = leftLine(doc);
  return slackMessage(left === '' ? report : { ...report, message: left });
};

/** The new end, with buttons for another one. */
export const slackOfExtend: SlackOf = async (event, doc, ports) => {
  if (event.kind !== 'run.ended' || !isEphemeral(doc.environment)) return null;
  const report = await ephemeralReport(doc, event, ports);
  return report && ephemeralMessage(report, doc, (await ports.chat?.hasButtons()) ?? false);
};
