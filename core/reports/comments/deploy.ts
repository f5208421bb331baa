import { isEphemeral } from '../../ephemeral/name.ts';
import { type DeployReport, type DeployState, short } from '../deploy-report.ts';
import { alert, code, fenced, link, prose } from '../markdown.ts';
import { DONE } from '../plan-report.ts';
import { clipped, lastLines, plainText, plural, shorten } from '../text.ts';
import { guardBanner, MESSAGE, policyBanner, removedRoots, withSections } from './comment.ts';
import {
  boundedList,
  countsText,
  isQuiet,
  nameOf,
  projectTable,
  riskList,
  said,
  totalOf,
} from './overview.ts';

/** Less than a plan's comment has: there is more to say above the table. */
const TABLE_ROOM = 28_000;

function deployMarker(environment: string, runId: string): string {
  return `<!-- cairn:deploy:${environment}:${runId} -->`;
}

/** The comment that shows a deploy on the pull request it came from, edited in place. */
export function renderDeployComment(report: DeployReport): string {
  const head = [
    deployMarker(report.environment, report.runId),
    `### ${deployTitle(report, prose)}`,
    contextOf(report),
    ...approvalPart(report),
    ...messagePart(report),
    ...failurePart(report),
    ...rollbackPart(report),
    ...policyBanner(report),
    ...guardBanner(report.projects),
    projectTable(begun(report), TABLE_ROOM, link('the run', report.runUrl)),
    report.state === 'planning' || report.state === 'waiting' ? riskList(report.projects) : '',
    removedRoots(report.removed),
  ].filter((part) => part !== '');
  return withSections(head, withoutRepeats(report), [], report.runUrl);
}

/** What was refused before it was planned has nothing to show; nothing of it is queued. */
function begun({ state, projects }: DeployReport): DeployReport['projects'] {
  return state === 'refused' ? projects.filter(({ status }) => status !== 'pending') : projects;
}

const STATE: Record<DeployState, string> = {
  planning: 'planning',
  waiting: 'waits for approval',
  applying: 'applying',
  verifying: 'applied, verifying',
  deployed: 'deployed',
  nothing: 'nothing to change',
  failed: 'failed',
  rejected: 'rejected',
  expired: 'nobody approved in time',
  superseded: 'superseded by a newer commit',
  'rolling-back': 'failed, rolling back',
  'rolled-back': 'failed, rolled back',
  broken: 'broken, needs a person',
  frozen: 'waits until it is unfrozen',
  refused: 'refused',
  ready: 'ready',
  destroying: 'destroying',
  destroyed: 'destroyed',
  leaked: 'not all of it could be destroyed',
};

/** `Deploy to prod: waits for approval (1 to add)` */
export function deployTitle(report: DeployReport, encode: (text: string) => string = (text) => text): string {
  const plan = report.projects.some((project) => project.summary && !isQuiet(project))
    ? ` (${countsText(totalOf(report.projects))})`
    : '';
  const why = report.state === 'refused' && report.byFreeze ? ', since it is frozen' : '';
  const shown = ['waiting', 'applying', 'verifying', 'deployed'].includes(report.state) ? plan : why;
  if (report.takesDown) return `Taking ${encode(report.environment)} down: ${STATE[report.state]}${shown}`;
  const what = isEphemeral(report.environment) ? '' : 'Deploy to ';
  return `${what}${encode(report.environment)}: ${STATE[report.state]}${shown}`;
}

/** What a person types to let the deploy go on. */
export function approveCommand(report: DeployReport): string | null {
  if (report.state !== 'waiting' || !report.approval) return null;
  return `/cairn approve ${report.environment} ${short(report.approval.digest)}`;
}

function contextOf(report: DeployReport): string {
  const since = report.baseCommit
    ? `, last good commit ${code(short(report.baseCommit))}`
    : ', the first deploy of this environment';
  const by =
    report.approval?.by && report.state !== 'rejected' ? ` · approved by ${code(report.approval.by)}` : '';
  return `Commit ${code(short(report.commit))}${since}${by} · ${link(`run ${report.runNumber}`, report.runUrl)}`;
}

export function approvalPart(report: DeployReport): string[] {
  const command = approveCommand(report);
  const { approval } = report;
  if (command === null || !approval) {
    if (report.state !== 'rejected' || !approval?.by) return [];
    const reason = approval.reason ? `: ${prose(clipped(approval.reason, 300))}` : '.';
    return [`Rejected by ${code(approval.by)}${reason}`];
  }
  const who =
    approval.approvers.length > 0
      ? `By ${approval.approvers
          .slice(0, 20)
          .map((name) => code(nameOf(name)))
          .join(', ')}`
      : 'By anyone with write access';
  return [
    ...askedAgain(report),
    `Approve with ${code(command)}`,
    `${who}, until ${minutes(approval.until)}. To turn it down: ${code(`/cairn reject ${report.environment} REASON`)}`,
  ];
}

/** Why a person is asked a second time. */
export function askedAgain({ differences = [] }: DeployReport): string[] {
  const again = boundedList(differences, 10, (text) => `- ${said(text, 400)}`);
  if (again.length === 0) return [];
  return [
    alert('WARNING', [
      '**The plan is not the one that was approved**, so it needs another approval:',
      ...again,
    ]),
  ];
}

/** `2026-11-21 06:24 UTC` of an ISO date. */
function minutes(iso: string): string {
  return `${prose(iso.slice(0, 16).replace('T', ' '))} UTC`;
}

export function messagePart({ message, state, helps }: DeployReport): string[] {
  const lines = message
    ? shorten(message, MESSAGE)
        .split('\n')
        .map((line) => said(line, MESSAGE))
    : [];
  if (helps) lines.push(`To go on: ${code(helps)}`);
  if (lines.length === 0) return [];
  const isBad = state === 'broken' || state === 'failed' || state === 'refused';
  return [alert(isBad ? 'CAUTION' : 'NOTE', lines)];
}

/** Lines of a log that stand in a comment; the rest is linked. */
const LOG_LINES = 30;
const LOG_ROOM = 5_000;

export function failurePart({ failure }: DeployReport): string[] {
  if (!failure) return [];
  const who = failure.project === null ? '' : ` of ${code(nameOf(failure.project))}`;
  const said = plainText(failure.message).trim();
  const log = plainText(failure.logTail ?? '').trimEnd();
  const shown = log.includes(said) ? log : [said, log].filter((text) => text !== '').join('\n\n');
  return [
    `**The ${prose(failure.stage)}${who} failed.** ${link('Log', failure.logUrl)}`,
    ...(shown === '' ? [] : [fenced(lastLines(shown, LOG_LINES, LOG_ROOM))]),
  ];
}

function rollbackPart({ rollback, revert, state }: DeployReport): string[] {
  const parts: string[] = [];
  if (rollback) {
    const names = rollback.restored.slice(0, 20).map((name) => code(nameOf(name)));
    const more =
      rollback.restored.length > names.length ? ` and ${rollback.restored.length - names.length} more` : '';
    const done = state === 'rolled-back' ? 'Taken back' : 'Is to be taken back';
    parts.push(`${done} to ${code(short(rollback.commit))}: ${names.join(', ') || 'nothing'}${more}.`);
    if (rollback.leftOver.length > 0) {
      const left = rollback.leftOver
        .slice(0, 20)
        .map((name) => code(nameOf(name)))
        .join(', ');
      parts.push(
        `Made by the failed commit and left in place: ${left}${rollback.leftOver.length > 20 ? ' …' : ''}.`,
      );
    }
  }
  if (revert) parts.push(`Next: review and merge ${link(`the revert, #${revert.number}`, revert.url)}.`);
  return parts;
}

/** The failure stands at the top already. */
export function withoutRepeats({ failure, projects }: DeployReport): DeployReport['projects'] {
  return projects.map((project) => {
    if (project.name !== failure?.project) return project;
    const { error: _, logTail: __, ...rest } = project;
    return rest;
  });
}

/** `3 of 5 projects applied` */
export function progressOf({ projects }: DeployReport): string {
  const done = projects.filter(({ status }) => DONE.includes(status)).length;
  const what = projects.some(({ status }) => status === 'destroyed') ? 'destroyed' : 'applied';
  return `${done} of ${plural(projects.filter((p) => !isQuiet(p)).length, 'project')} ${what}`;
}
