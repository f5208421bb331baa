import type { ChatMessage } from '../../ports.ts';
import { planTitle } from '../comments/comment.ts';
import { approveCommand, deployTitle, progressOf } from '../comments/deploy.ts';
import { countsText, isQuiet, nameOf } from '../comments/overview.ts';
import { type DeployReport, short } from '../deploy-report.ts';
import { safeUrl } from '../markdown.ts';
import type { PlanReport, ReportedProject } from '../plan-report.ts';
import { clipped, lastLines, plainText } from '../text.ts';

/** Block Kit's limits, in characters; a message has at most 50 blocks, ours have at most eight. */
const HEADER = 150;
const SECTION = 3_000;
const RISKS = 5;

/** A plan that was made, an approval that is wanted, a deploy that went well, failed or was rolled back. */
export function slackMessage(report: PlanReport | DeployReport): ChatMessage {
  const title =
    report.kind === 'plan' ? `Plan for ${report.environment}: ${planTitle(report)}` : deployTitle(report);
  const sections = (report.kind === 'plan' ? planSections(report) : deploySections(report)).filter(
    (text) => text !== '',
  );
  return {
    text: harmless(`${report.repository}: ${title}`, 500),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: clipped(title, HEADER), emoji: false } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: contextOf(report) }] },
      ...sections.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text } })),
    ],
  };
}

/** A sentence or a few of our own, without a run behind it. */
export function plainMessage(text: string): ChatMessage {
  const shown = harmless(text, SECTION - 200);
  return {
    text: harmless(text.split('\n')[0] ?? '', 500),
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text: shown } }],
  };
}

function contextOf(report: PlanReport | DeployReport): string {
  const { pull } = report;
  const commit = report.kind === 'plan' ? report.headCommit : report.commit;
  return [
    harmless(report.repository),
    ...(pull ? [slackLink(`#${pull.number} ${pull.title}`, pull.url)] : []),
    tick(short(commit)),
    slackLink(report.kind === 'deploy' ? `run ${report.runNumber}` : 'run', report.runUrl),
  ].join(' · ');
}

function planSections(report: PlanReport): string[] {
  return [
    quote(report.message),
    quote(report.frozen),
    policyLine(report.policyChanges),
    projectLines(report.projects, report.runUrl),
    riskLines(report.projects),
  ];
}

function deploySections(report: DeployReport): string[] {
  const { failure, rollback, revert, helps, state } = report;
  const command = approveCommand(report);
  const wanted = command !== null;
  return [
    quote(report.message),
    wanted ? approvalLines(report, command) : '',
    failure ? failureLines(failure) : '',
    rollback && state === 'rolled-back'
      ? `Taken back to ${tick(short(rollback.commit))}: ${names(rollback.restored)}.`
      : '',
    revert ? `Next: review and merge ${slackLink(`the revert, #${revert.number}`, revert.url)}.` : '',
    helps ? `To go on: ${tick(helps)}` : '',
    wanted || state === 'deployed' ? projectLines(report.projects, report.runUrl) : '',
    wanted ? riskLines(report.projects) : state === 'failed' ? progressOf(report) : '',
  ];
}

function approvalLines(report: DeployReport, command: string): string {
  const { approval, differences = [] } = report;
  const again = differences.slice(0, 5).map((text) => `• ${harmless(text, 200)}`);
  const who = approval?.approvers.length ? names(approval.approvers) : 'anyone with write access';
  const where = report.pull
    ? slackLink(`#${report.pull.number}`, report.pull.url)
    : slackLink('the run', report.runUrl);
  return [
    ...(again.length > 0 ? ['*The plan is not the one that was approved:*', ...again] : []),
    `Approve in ${where} with ${tick(command)}`,
    `By ${who}, until ${harmless(approval?.until.slice(0, 16).replace('T', ' ') ?? '')} UTC.`,
  ].join('\n');
}

function failureLines(failure: NonNullable<DeployReport['failure']>): string {
  const who = failure.project === null ? '' : ` of ${tick(nameOf(failure.project))}`;
  const text = plainText(failure.logTail?.trim() ? failure.logTail : failure.message);
  return `The ${harmless(failure.stage)}${who} failed. ${slackLink('Log', failure.logUrl)}\n${block(text)}`;
}

/** The end of a text as a code block that stays below a section's limit once it is escaped. */
function block(text: string): string {
  let room = 2_000;
  let shown = '';
  do {
    shown = escapeMrkdwn(lastLines(text, 12, room)).replaceAll('```', "'''");
    room = Math.floor(room / 2);
  } while (shown.length > 2_000);
  return shown.trim() === '' ? '' : `\`\`\`\n${shown}\n\`\`\``;
}

function projectLines(projects: ReportedProject[], runUrl: string): string {
  const loud = projects.filter((project) => !isQuiet(project));
  const lines = loud.map((project) => `• ${tick(nameOf(project.name))} ${saidOf(project)}`);
  const quiet = projects.length - loud.length;
  if (quiet > 0) lines.push(`${quiet} without changes`);
  return fitLines(lines, runUrl);
}

function saidOf({ status, waitsFor, summary, violations }: ReportedProject): string {
  const guarded = violations?.length ? ' — *stopped by a guard*' : '';
  if (status === 'failed') return '*plan failed*';
  if (status === 'apply-failed') return '*apply failed*';
  if (status === 'waits') return waitsFor ? `waits for ${tick(nameOf(waitsFor))}` : 'waits';
  return `${summary ? countsText(summary.counts) : status}${guarded}`;
}

function riskLines(projects: ReportedProject[]): string {
  const risks = projects.flatMap(({ name, summary }) =>
    (summary?.risks ?? []).map((risk) => `• ${tick(nameOf(name))}: ${harmless(risk.message, 300)}`),
  );
  if (risks.length === 0) return '';
  const more = risks.length > RISKS ? [`… and ${risks.length - RISKS} more`] : [];
  return ['*Risks*', ...risks.slice(0, RISKS), ...more].join('\n');
}

function policyLine(changes: string[]): string {
  return changes.length === 0 ? '' : `*This changes policy in cairn.yaml* (${changes.length}).`;
}

/** Whole lines within a section; what does not fit is linked. */
function fitLines(lines: string[], url: string): string {
  const tail = (left: number) => `… and ${left} more: ${slackLink('the run', url)}`;
  const room = SECTION - tail(lines.length).length - 1;
  let used = 0;
  const at = lines.findIndex((line) => {
    used += line.length + 1;
    return used > room;
  });
  return at < 0 ? lines.join('\n') : [...lines.slice(0, at), tail(lines.length - at)].join('\n');
}

function names(all: string[]): string {
  const shown = all.slice(0, 10).map((name) => tick(nameOf(name)));
  return `${shown.join(', ') || 'nothing'}${all.length > 10 ? ` and ${all.length - 10} more` : ''}`;
}

function quote(message: string | undefined): string {
  return message ? harmless(message, 500) : '';
}

/** Slack's three special characters. Without `<`, there is no link, no mention and no `<!channel>`. */
function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text of somebody else: no markup that calls people, not even where a workspace links bare names. */
export function harmless(text: string, limit = 120): string {
  return within(text, limit, (part) => escapeMrkdwn(part).replace(/@/g, '@\u200b'));
}

export function tick(text: string, limit = 120): string {
  return `\`${within(text, limit, (part) => escapeMrkdwn(part).replaceAll('`', "'"))}\``;
}

/** As much of a text as has at most `limit` characters once it is escaped; an escape is never cut. */
function within(text: string, limit: number, escaped: (part: string) => string): string {
  let room = limit;
  let shown = escaped(clipped(text, room));
  while (shown.length > limit) {
    room = Math.floor(room / 2);
    shown = escaped(clipped(text, room));
  }
  return shown;
}

export function slackLink(text: string, url: string): string {
  return `<${escapeMrkdwn(safeUrl(url))}|${harmless(text).replaceAll('|', '¦')}>`;
}
