import type { ChatMessage } from '../../ports.ts';
import { COMMAND_STATE, type CommandReport, commandReport } from '../command-report.ts';
import { short } from '../deploy-report.ts';
import type { StatusEvent } from '../event.ts';
import { clipped, shorten } from '../text.ts';
import { harmless, slackLink, tick } from './message.ts';
import type { SlackOf } from './slack-of.ts';

const TOLD: readonly StatusEvent['kind'][] = ['approval.wanted', 'approval.answered', 'run.ended'];

/** A message's header, in characters. */
const HEADER = 150;

/**
 * What a channel reads of a terraform command: of one that changes a state, that it waits for a person and how it
 * ended. What one that reads printed goes to whoever asked for it, and what a command prints never goes here.
 */
export const slackOfCommand: SlackOf = async (event, doc, ports) => {
  if (!TOLD.includes(event.kind) || !doc.terraform?.writes) return null;
  const run = await ports.runs.get(event.runId);
  const report = run && commandReport(doc, run, ports.links);
  return report ? commandMessage(report, doc.repository) : null;
};

function commandMessage(report: CommandReport, repository: string): ChatMessage {
  const { project, environment, state } = report;
  const title = `terraform in ${project} of ${environment}: ${COMMAND_STATE[state]}`;
  const sections = [
    tick(shorten(report.command, 2_000), 2_500),
    ...approvalPart(report),
    ...(report.message === null ? [] : [harmless(report.message.split('\n')[0] ?? '', 500)]),
  ];
  return {
    text: harmless(`${repository}: ${title}`, 500),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: clipped(title, HEADER), emoji: false } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: contextOf(report, repository) }] },
      ...sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } })),
    ],
  };
}

function contextOf(
  { commit, requestedBy, approvedBy, runNumber, runUrl }: CommandReport,
  repository: string,
) {
  return [
    harmless(repository),
    `on ${tick(short(commit))}`,
    ...(requestedBy === null ? [] : [`asked by ${tick(requestedBy)}`]),
    ...(approvedBy === null ? [] : [`approved by ${tick(approvedBy)}`]),
    slackLink(`run ${runNumber}`, runUrl),
  ].join(' · ');
}

function approvalPart({ state, approval, environment, runUrl }: CommandReport): string[] {
  if (state !== 'waiting' || !approval) return [];
  const names = approval.approvers.slice(0, 10).map((name) => tick(name));
  const who = names.length > 0 ? names.join(', ') : 'anyone with write access';
  const until = harmless(approval.until.slice(0, 16).replace('T', ' '));
  return [
    `Approve with ${tick(`/cairn approve ${environment} ${short(approval.digest)}`)} (${slackLink('the run', runUrl)})\nBy ${who}, until ${until} UTC.`,
  ];
}
