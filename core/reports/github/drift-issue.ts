import { withSections } from '../comments/comment.ts';
import {
  boundedList,
  countsText,
  nameOf,
  projectTable,
  riskList,
  said,
  totalOf,
} from '../comments/overview.ts';
import type { DriftReport } from '../drift-report.ts';
import { alert, code, link, prose } from '../markdown.ts';
import { plural } from '../text.ts';

/** Less than a comment's table has: what stands around it is bounded, and the diffs want room too. */
const TABLE_ROOM = 28_000;
const MESSAGE = 600;

/** What an environment's issue is known by. */
function marker(environment: string): string {
  return `<!-- cairn:drift:${environment} -->`;
}

export function driftTitle(environment: string): string {
  return `Drift in ${environment}`;
}

/** The body of an environment's one issue, edited in place. At most 65,536 characters. */
export function renderDriftIssue(report: DriftReport): string {
  const head = [
    marker(report.environment),
    `What stands in ${code(report.environment)} is not what was deployed: ${sumOf(report)}.`,
    `Since ${minutes(report.since ?? report.at)}, as of ${minutes(report.at)} · last good commit ${code(report.commit.slice(0, 7))} · ${link(`run ${report.runNumber}`, report.runUrl)}`,
    ...bodyOf(report),
  ];
  return withSections(head, report.projects, [helps(report)], report.runUrl);
}

/** What the issue says once all is as it was deployed again. */
export function renderDriftGone(report: DriftReport): string {
  const unknown = report.projects.map(({ name }) => code(nameOf(name)));
  const parts = [
    marker(report.environment),
    `The difference is gone: all that was told here is as it was deployed again, as of ${minutes(report.at)} · ${link(`run ${report.runNumber}`, report.runUrl)}`,
    ...(unknown.length > 0 ? [`Not compared: ${unknown.slice(0, 20).join(', ')}.`] : []),
    'The next drift opens this issue again.',
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The reply to whoever asked for it on a pull request. */
export function renderDriftReply(report: DriftReport): string {
  const head = [
    `<!-- cairn:drift:${report.environment}:${report.runId} -->`,
    `### Drift in ${prose(report.environment)}: ${headlineOf(report)}`,
    `Last good commit ${code(report.commit.slice(0, 7))} · ${link(`run ${report.runNumber}`, report.runUrl)}${report.issue ? ` · ${link(`#${report.issue.number}`, report.issue.url)}` : ''}`,
    ...messagePart(report),
    ...(report.state === 'discarded' ? [] : bodyOf(report)),
  ];
  const foot = report.state === 'drifted' ? [helps(report)] : [];
  return withSections(head, report.projects, foot, report.runUrl);
}

/** `1 to change in 1 of 3 projects` */
export function sumOf(report: DriftReport): string {
  const differs = report.projects.filter(({ status }) => status === 'planned');
  const names = differs.length + report.kept.length;
  const all = report.projects.length + report.inSync;
  const counts = differs.length > 0 ? `${countsText(totalOf(differs))} in ` : '';
  return `${counts}${names} of ${plural(all, 'project')}`;
}

export function headlineOf(report: DriftReport): string {
  switch (report.state) {
    case 'drifted':
      return sumOf(report);
    case 'unknown':
      return 'nothing could be compared';
    case 'discarded':
      return 'nothing to tell';
    case 'in-sync':
      return report.projects.length > 0
        ? `none, but ${plural(report.projects.length, 'project')} could not be compared`
        : 'none';
  }
}

function messagePart({ message, state }: DriftReport): string[] {
  if (message === null || state === 'drifted') return [];
  return [alert(state === 'discarded' ? 'NOTE' : 'CAUTION', [said(message, MESSAGE)])];
}

function bodyOf(report: DriftReport): string[] {
  const { projects, inSync, kept, notes, reconcile } = report;
  const failed = projects.filter(({ status }) => status === 'failed');
  const parts = [
    projectTable(projects, TABLE_ROOM, link('the run', report.runUrl)),
    inSync > 0 && projects.length > 0 ? `${plural(inSync, 'other project')} as deployed.` : '',
    failed.length > 0
      ? alert('WARNING', [
          `**${plural(failed.length, 'project')} could not be compared**, which is not the same as no drift.`,
          ...boundedList(
            kept,
            20,
            (name) => `- ${code(nameOf(name))}: what was told of it before still holds`,
          ),
        ])
      : '',
    riskList(projects.filter(({ status }) => status === 'planned')),
    reconcile
      ? `A deploy of the last good commit was started to take it away: ${link('its run', reconcile.url)}.`
      : '',
    ...notes.map((note) => said(note, MESSAGE)),
  ];
  return parts.filter((part) => part !== '');
}

/** What a person types next. */
function helps({ environment }: DriftReport): string {
  return [
    `To deploy the last good commit again, under the approval rule of the environment: ${code(`cairn drift ${environment} --reconcile`)}.`,
    `To look again: ${code(`cairn drift ${environment}`)}. On a pull request both are written with ${code('/cairn')}.`,
  ].join(' ');
}

/** `2026-11-21 06:24 UTC` of an ISO date. */
function minutes(iso: string): string {
  return `${prose(iso.slice(0, 16).replace('T', ' '))} UTC`;
}
