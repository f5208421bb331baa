import { alert, code, link, prose } from '../markdown.ts';
import type { PlanReport, ReportedProject } from '../plan-report.ts';
import { COMMENT_LIMIT } from '../split.ts';
import { plural, shorten } from '../text.ts';
import {
  boundedList,
  countsText,
  isQuiet,
  nameOf,
  projectTable,
  riskList,
  said,
  totalOf,
  violationList,
} from './overview.ts';
import { sectionOf } from './project-section.ts';
import { fitSections } from './sections.ts';

/** Room for the table; what stands around it is bounded, so that the summary always fits. */
const TABLE_ROOM = 36_000;
/** A run's own message, before it is escaped. */
export const MESSAGE = 600;
/** Room for the remark that some diffs are not shown. */
const REMARK_ROOM = 400;

export function planMarker(environment: string): string {
  return `<!-- cairn:plan:${environment} -->`;
}

/** The one comment that a pull request has for an environment, edited in place. At most 65,536 characters. */
export function renderPlanComment(report: PlanReport): string {
  const projects = failedFirst(report.projects);
  const head = [
    planMarker(report.environment),
    `### ${headlineOf(report)}`,
    contextOf(report),
    ...messageOf(report),
    ...frozenBanner(report),
    ...policyBanner(report),
    ...guardBanner(report.projects),
    projectTable(projects, TABLE_ROOM, link('the run', report.runUrl)),
    riskList(report.projects),
    removedRoots(report.removed),
  ].filter((part) => part !== '');
  const foot = footOf(report);
  return withSections(head, projects, foot, report.runUrl);
}

function failedFirst(projects: ReportedProject[]): ReportedProject[] {
  const failed = ({ status }: ReportedProject) => status === 'failed' || status === 'apply-failed';
  return [...projects.filter(failed), ...projects.filter((project) => !failed(project))];
}

/** Puts as many of the projects' sections between head and foot as fit. */
export function withSections(
  head: string[],
  projects: ReportedProject[],
  foot: string[],
  runUrl: string,
): string {
  const sections = projects.map(sectionOf).filter((section) => section !== null);
  const used = [...head, ...foot].reduce((sum, part) => sum + part.length + 2, 0);
  const { markdown, left } = fitSections(sections, COMMENT_LIMIT - used - REMARK_ROOM - runUrl.length * 3);
  const remark =
    left > 0
      ? [`${plural(left, 'more project')} with details that do not fit here: ${link('the run', runUrl)}.`]
      : [];
  return `${[...head, ...markdown, ...remark, ...foot].join('\n\n')}\n`;
}

/** The headline without markup, also used as the check's title. */
export function planTitle(report: PlanReport): string {
  const { projects, state } = report;
  const failed = projects.filter(({ status }) => status === 'failed').length;
  if (state === 'superseded') return 'superseded by a newer commit';
  if (state === 'failed' && failed === 0) return 'failed';
  const planned = projects.filter(({ summary }) => summary !== undefined);
  if (state === 'running') return `planning, ${planned.length} of ${plural(projects.length, 'project')} done`;
  const blocked = projects.some(({ violations }) => violations?.length) ? ', stopped by a guard' : '';
  if (failed > 0) return `${failed} of ${plural(projects.length, 'project')} failed${blocked}`;
  if (projects.length === 0) return 'no project affected';
  const changed = projects.filter((project) => !isQuiet(project)).length;
  const where = changed > 1 ? ` in ${plural(changed, 'project')}` : '';
  return `${countsText(totalOf(projects))}${where}${blocked}`;
}

function headlineOf(report: PlanReport): string {
  return `Plan for ${prose(report.environment)}: ${planTitle(report)}`;
}

function contextOf({ headCommit, baseCommit, runUrl }: PlanReport): string {
  const [head, base] = [code(headCommit.slice(0, 7)), code(baseCommit.slice(0, 7))];
  return `Test merge of ${head} into ${base} · ${link('run', runUrl)}`;
}

function messageOf({ message, state }: PlanReport): string[] {
  if (!message) return [];
  const lines = shorten(message, MESSAGE)
    .split('\n')
    .map((line) => said(line, MESSAGE));
  return [alert(state === 'failed' ? 'CAUTION' : 'NOTE', lines)];
}

function frozenBanner({ frozen }: PlanReport): string[] {
  return frozen === undefined ? [] : [alert('WARNING', [said(frozen, MESSAGE)])];
}

export function policyBanner({ policyChanges }: { policyChanges: string[] }): string[] {
  if (policyChanges.length === 0) return [];
  return [
    alert('IMPORTANT', [
      '**This changes policy** in `cairn.yaml`. Until a deploy approved under the policy of today has made it current, that one holds.',
      ...boundedList(policyChanges, 20, (text) => `- ${said(text, 300)}`),
    ]),
  ];
}

export function guardBanner(projects: ReportedProject[]): string[] {
  const list = violationList(projects);
  return list.length === 0
    ? []
    : [alert('CAUTION', ['**A guard stops this from being deployed.**', ...list])];
}

export function removedRoots(removed: string[]): string {
  if (removed.length === 0) return '';
  const shown = removed.slice(0, 20).map((name) => code(nameOf(name)));
  const more = removed.length > shown.length ? ` and ${removed.length - shown.length} more` : '';
  return `Removed roots: ${shown.join(', ')}${more}. What they made stays as it is (\`removed: report\`).`;
}

function footOf({ state, deploy, environment, projects }: PlanReport): string[] {
  if (state !== 'finished' || !deploy || projects.every(isQuiet)) return [];
  const asks = deploy.approvalRequired ? ', waits for approval,' : '';
  return [`<sub>After the merge the deploy to ${prose(environment)} plans again${asks} and applies.</sub>`];
}
