import { html } from 'hono/html';
import type { Counts } from '../../core/plans/plan.ts';
import { renderDiff } from '../../core/reports/diff/diff.ts';
import type { ReportedProject } from '../../core/reports/plan-report.ts';
import { badge, type Html, NOTHING } from './parts.ts';

/** A page shows this much of a diff; the whole of it is in the job's log. */
const LONGEST_DIFF = 200_000;

/** Lines that are shown unfolded, where there are few projects. */
const SHORT_DIFF = 40;
const FEW_PROJECTS = 5;

/** `told`: a project whose error stands at the top of the page already. */
export function projectsSection(
  { projects, removed }: { projects: ReportedProject[]; removed: string[] },
  told: string | null,
  stateOf: (project: ReportedProject) => string = ({ status }) => status,
): Html {
  return html`<section><h2>Projects</h2>
${
  projects.length === 0
    ? html`<p class="quiet">No project is affected.</p>`
    : html`<div class="scroll"><table class="projects stack">
<thead><tr><th>Project</th><th>State</th><th>Changes</th><th>Log</th></tr></thead>
<tbody>${projects.map((project) => row(project, stateOf(project), project.name !== told))}</tbody></table></div>`
}
${removed.length === 0 ? NOTHING : html`<p class="note">Removed from the repository, left as they are: ${removed.join(', ')}.</p>`}
${projects.map((project, index) => diffOf(project, index, projects.length <= FEW_PROJECTS))}
</section>`;
}

function row(project: ReportedProject, state: string, withError: boolean): Html {
  const risks = project.summary?.risks ?? [];
  return html`<tr>
<td><strong>${project.name}</strong>${project.dir === project.name ? NOTHING : html`<div class="quiet">${project.dir}</div>`}
${remarks(project).map((remark) => html`<div class="quiet">${remark}</div>`)}
${(project.violations ?? []).map((violation) => html`<div class="risk">${violation}</div>`)}
${risks.slice(0, 5).map(({ message }) => html`<div class="risk">${message}</div>`)}
${risks.length > 5 ? html`<div class="risk">and ${risks.length - 5} more</div>` : NOTHING}
${withError && project.error && project.status !== 'waits' ? html`<pre class="error">${project.error}</pre>` : NOTHING}</td>
<td>${badge(state)}</td>
<td class="nowrap">${project.summary ? countsOf(project.summary.counts) : html`<span class="quiet">–</span>`}</td>
<td><a href="${localPath(project.logUrl)}">log</a></td>
</tr>`;
}

function remarks(project: ReportedProject): string[] {
  return [
    ...(project.destroy ? ['its root was removed: everything of it is destroyed'] : []),
    ...(project.waitsFor ? [`waits for ${project.waitsFor}`] : []),
    ...(project.upstream ? [`for information: ${project.upstream.join(', ')} changes first`] : []),
    ...(project.reused ? ['planned before, of the same content'] : []),
  ];
}

function countsOf(counts: Counts): Html {
  const { add, change, destroy, replace, import: imported, forget, move, outputs } = counts;
  const parts = [
    [add, html`<span class="add">+${add}</span>`],
    [change, html`<span class="change">~${change}</span>`],
    [destroy, html`<span class="destroy">−${destroy}</span>`],
    [replace, html`<span class="destroy">${replace} replaced</span>`],
    [imported, html`<span>${imported} imported</span>`],
    [forget, html`<span>${forget} forgotten</span>`],
    [move, html`<span>${move} moved</span>`],
    [outputs, html`<span class="quiet">${outputs} output${outputs === 1 ? '' : 's'}</span>`],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([, part]) => part);
  return shown.length === 0
    ? html`<span class="quiet">no changes</span>`
    : html`<span class="counts">${shown}</span>`;
}

function diffOf(project: ReportedProject, index: number, few: boolean): Html {
  const diff = project.changes ? renderDiff(project.changes) : '';
  if (diff.trim() === '') return NOTHING;
  const isOpen = few && diff.split('\n').length <= SHORT_DIFF;
  return html`<details class="diff" ${isOpen ? 'open' : ''} id="diff-${index}"><summary>${project.name} ${project.summary ? countsOf(project.summary.counts) : NOTHING}</summary>
<pre>${coloured(diff.slice(0, LONGEST_DIFF))}</pre>
${diff.length > LONGEST_DIFF ? html`<p class="note">Cut after ${LONGEST_DIFF} characters; the job's log has all of it.</p>` : NOTHING}</details>`;
}

const CLASS: Record<string, string> = { '+': 'add', '-': 'destroy', '!': 'change' };

/** Lines by the marker in their first column; nothing else of a line says what it is. */
function coloured(diff: string): Html[] {
  return diff.split('\n').map((line) => {
    const kind = CLASS[line.charAt(0)];
    return kind === undefined ? html`${line}\n` : html`<span class="${kind}">${line}</span>\n`;
  });
}

/** Pages link to each other by path: the public address may not be how this reader got here. */
export function localPath(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '/';
}
