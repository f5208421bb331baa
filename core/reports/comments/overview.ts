import type { Counts, Risk } from '../../plans/plan.ts';
import { NO_COUNTS } from '../../plans/summary.ts';
import { code, sentence } from '../markdown.ts';
import type { ProjectStatus, ReportedProject } from '../plan-report.ts';
import { clipped, plural } from '../text.ts';

/** Longer names are cut in tables and lists, so that the summary fits whatever people call things. */
const NAME = 80;
/** Risks named in the summary; each diff shows its own. */
const RISKS = 10;

export function nameOf(name: string): string {
  return clipped(name, NAME);
}

/** Somebody's text as a sentence of at most `limit` characters; escaping can make five of one. */
export function said(text: string, limit: number, name?: string): string {
  return sentence(clipped(text, limit), name);
}

/** Room for one list of sentences, escaped: the lists and the table together leave room for diffs. */
const LIST_ROOM = 4_000;

/** The lines that fit, and how many do not. */
export function boundedList<T>(items: T[], most: number, line: (item: T) => string): string[] {
  const { kept } = within(items.slice(0, most).map(line), LIST_ROOM);
  const more = items.length - kept.length;
  return more > 0 ? [...kept, `- … and ${more} more.`] : kept;
}

/** Sum over all projects. */
export function totalOf(projects: ReportedProject[]): Counts {
  const total: Counts = { ...NO_COUNTS };
  for (const { summary } of projects) {
    if (!summary) continue;
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += summary.counts[key];
  }
  return total;
}

/** `1 to add, 2 to destroy`, `1 moved`, `outputs only`, or `no changes`. */
export function countsText(counts: Counts): string {
  const parts = [
    [counts.add, 'to add'],
    [counts.change, 'to change'],
    [counts.destroy, 'to destroy'],
    [counts.import, 'to import'],
    [counts.forget, 'to forget'],
    [counts.move, 'moved'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  if (said.length > 0) return said.join(', ');
  return counts.outputs > 0 ? `${plural(counts.outputs, 'output')} to change` : 'no changes';
}

/** A table of the projects within `room` characters: those that say something, then the names of the others. */
export function projectTable(projects: ReportedProject[], room: number, more: string): string {
  const quiet = projects.filter(isQuiet);
  const rows = projects.filter((project) => !isQuiet(project)).map(rowOf);
  const head = ['| project | add | change | destroy | |', '|---|--:|--:|--:|---|'];
  const parts: string[] = [];
  let left = room;
  if (rows.length > 0) {
    const { kept, dropped } = within(rows, left - head.join('\n').length - 200);
    parts.push([...head, ...kept].join('\n'));
    if (dropped > 0) parts.push(`… and ${plural(dropped, 'more project')}: ${more}`);
    left -= parts.join('\n\n').length;
  }
  if (quiet.length > 0) {
    const { kept, dropped } = within(
      quiet.map((project) => code(nameOf(project.name))),
      left - 300,
    );
    const rest = dropped > 0 ? [`${dropped} more`] : [];
    parts.push(`No changes: ${[...kept, ...rest].join(', ')}.`);
  }
  return parts.join('\n\n');
}

function within(lines: string[], room: number): { kept: string[]; dropped: number } {
  let used = 0;
  const count = lines.findIndex((line) => {
    used += line.length + 2;
    return used > room;
  });
  return count < 0
    ? { kept: lines, dropped: 0 }
    : { kept: lines.slice(0, count), dropped: lines.length - count };
}

/** Nothing happens to it, and there is nothing to add to that. */
export function isQuiet(project: ReportedProject): boolean {
  return project.status === 'empty' && !project.summary?.counts.drift && !project.violations?.length;
}

function rowOf(project: ReportedProject): string {
  const counts = project.summary?.counts;
  const cell = (count: number | undefined) => (count === undefined ? '' : count === 0 ? '·' : String(count));
  const destroy = counts && counts.destroy > 0 ? `**${counts.destroy}**` : cell(counts?.destroy);
  const name = code(nameOf(project.name), 'table');
  return `| ${name} | ${cell(counts?.add)} | ${cell(counts?.change)} | ${destroy} | ${notesOf(project).join('; ')} |`;
}

const STATUS: Partial<Record<ProjectStatus, string>> = {
  pending: 'queued',
  running: 'planning …',
  failed: '**plan failed**',
  applying: 'applying …',
  applied: 'applied',
  destroyed: 'destroyed',
  'apply-failed': '**apply failed**',
  restored: 'restored',
  skipped: 'not applied',
};

function notesOf(project: ReportedProject): string[] {
  const { summary, status, waitsFor, upstream, violations } = project;
  const notes: string[] = [];
  const said = STATUS[status];
  if (said) notes.push(said);
  if (status === 'waits') notes.push(waitsFor ? `waits for ${code(nameOf(waitsFor), 'table')}` : 'waits');
  if (project.destroy) notes.push('its root was removed');
  if (violations?.length) notes.push('**stopped by a guard**');
  if (summary) {
    const { counts } = summary;
    if (counts.replace > 0) notes.push(`${counts.replace} replaced`);
    if (counts.import > 0) notes.push(`${counts.import} imported`);
    if (counts.forget > 0) notes.push(`**${counts.forget} forgotten**`);
    if (counts.move > 0) notes.push(`${counts.move} moved`);
    if (counts.outputs > 0) notes.push(plural(counts.outputs, 'output'));
    if (counts.drift > 0) notes.push(`${counts.drift} changed outside of Terraform`);
  }
  if (upstream?.length && status !== 'waits') {
    const names = upstream.slice(0, 3).map((name) => code(nameOf(name), 'table'));
    notes.push(`planned again after ${names.join(', ')}${upstream.length > 3 ? ' …' : ''}`);
  }
  if (project.reused) notes.push('plan reused');
  return notes;
}

const SEVERITY: Risk['kind'][] = ['protected', 'many', 'destroy', 'replace', 'forget', 'drift'];

/** The most severe risks of all projects, as a list. */
export function riskList(projects: ReportedProject[]): string {
  const all = projects.flatMap((project) =>
    (project.summary?.risks ?? []).map((risk) => ({ project, risk })),
  );
  if (all.length === 0) return '';
  // sort is stable: within one kind the projects' order and their own stay.
  all.sort((a, b) => SEVERITY.indexOf(a.risk.kind) - SEVERITY.indexOf(b.risk.kind));
  const lines = boundedList(all, RISKS, ({ project, risk }) => {
    const name = code(nameOf(project.name));
    if (risk.address === undefined) return `- ${name}: ${said(risk.message, 300)}`;
    const address = clipped(risk.address, 200);
    return `- ${name}: ${said(
      risk.message.replace(risk.address, () => address),
      400,
      address,
    )}`;
  });
  return ['**Risks**', '', ...lines].join('\n');
}

/** Sentences of guards, as a list of at most ten. */
export function violationList(projects: ReportedProject[]): string[] {
  const all = projects.flatMap(({ name, violations = [] }) => violations.map((text) => ({ name, text })));
  return boundedList(all, 10, ({ name, text }) => `- ${code(nameOf(name))}: ${said(text, 600)}`);
}
