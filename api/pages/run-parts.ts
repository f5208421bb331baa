import { html } from 'hono/html';
import type { ReportedProject } from '../../core/reports/plan-report.ts';
import { joinWords } from '../../core/terraform/split-words.ts';
import type { RunView, TerraformView } from '../run-view.ts';
import { whatIsLeft } from './ephemerals.ts';
import { badge, environmentPath, type Html, link, NOTHING, runPath } from './parts.ts';
import { localPath } from './projects.ts';

/** What only runs of one kind have: a command's output, drift, an ephemeral environment, what a destroy left. */
export function runParts(view: RunView): Html {
  const { terraform, drift, destroy, frozen } = view;
  return html`${frozen ? html`<section class="card is-frozen">${frozenText(frozen)}</section>` : NOTHING}
${ephemeral(view)}
${destroy && Object.keys(destroy.left).length > 0 ? leftOver(view, destroy.left) : NOTHING}
${terraform ? command(view, terraform) : NOTHING}
${drift ? drifted(drift) : NOTHING}`;
}

export function frozenText({ by, reason, at, until }: NonNullable<RunView['frozen']>): Html {
  const since = html`<time datetime="${at}">${moment(at)}</time>`;
  const end =
    until === null
      ? 'until somebody unfreezes it'
      : html`until <time datetime="${until}">${moment(until)}</time>`;
  return html`<p class="frozen-text">Frozen by @${by} since ${since}, ${end}: ${reason}</p>`;
}

function moment(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

function ephemeral({ run, ephemeral }: RunView): Html {
  if (!ephemeral || run.workflow === 'destroy') return NOTHING;
  const { ref, owner, endsAt, outputs, destroyedBy } = ephemeral;
  return html`<section class="card"><h2><a href="${environmentPath(run.repository, run.environment)}">${run.environment}</a></h2>
<dl>
<dt>made from</dt><dd>${ref}</dd>
${owner === null ? NOTHING : html`<dt>owner</dt><dd>@${owner}</dd>`}
${destroyedBy === null ? html`<dt>ends</dt><dd>${endsAt === null ? 'never, until somebody takes it down' : html`<time datetime="${endsAt}">${moment(endsAt)}</time>`}</dd>` : NOTHING}
${Object.entries(outputs).map(([name, value]) => html`<dt>${name}</dt><dd>${link(value, value)}</dd>`)}
${destroyedBy === null ? NOTHING : html`<dt>taken down by</dt><dd><a href="${runPath(destroyedBy)}">another run</a></dd>`}
</dl></section>`;
}

function leftOver({ run }: RunView, left: Record<string, string[] | null>): Html {
  return html`<section class="card is-bad"><h2>Left in ${run.environment}</h2>${whatIsLeft(left)}
<p>What helps, once the cause is gone:</p><pre class="command">cairn env down ${run.environment} --repository ${run.repository}</pre></section>`;
}

function command({ run }: RunView, { project, args, output, cut, ok, link: log }: TerraformView): Html {
  return html`<section><h2>In ${project} ${ok === null ? NOTHING : badge(ok ? 'succeeded' : 'failed')}</h2>
<pre class="command">terraform ${joinWords(args)}</pre>
${output === null ? html`<p class="quiet">It has printed nothing yet.</p>` : html`<pre class="output">${output === '' ? 'It printed nothing.' : output}</pre>`}
${cut ? html`<p class="note">This is cut: <a href="${runPath(run.id)}/output.txt">all of it</a>, <a href="${localPath(log)}">its log</a>.</p>` : NOTHING}</section>`;
}

/** The projects' table below says which; here is what became of it. */
function drifted(drift: NonNullable<RunView['drift']>): Html {
  const names = Object.keys(drift.drifted);
  const found =
    names.length > 0
      ? `Not as it was deployed: ${names.join(', ')}.`
      : 'Nothing differs from what was deployed.';
  return html`<section><h2>Drift</h2>
<p>${found}${drift.unknown.length > 0 ? html` <span class="drift-text">Not compared: ${drift.unknown.join(', ')}.</span>` : NOTHING}</p>
${drift.notes.map((note) => html`<p class="note">${note}</p>`)}
${drift.known ? html`<p class="note">The same difference was told before.</p>` : NOTHING}
${drift.gone ? html`<p class="note">What had drifted before is as it should be again.</p>` : NOTHING}
${issueOf(drift)}
${drift.reconciledBy === null ? NOTHING : html`<p><a href="${runPath(drift.reconciledBy)}">Another run</a> was started to take it away.</p>`}</section>`;
}

/** Where all is as it was, and was so before, there is no issue to look at. */
function issueOf({ issue, gone, drifted, unknown }: NonNullable<RunView['drift']>): Html {
  const isTold = gone || Object.keys(drifted).length > 0 || unknown.length > 0;
  if (!issue || !isTold) return NOTHING;
  return html`<p>${gone ? 'Closed:' : 'Told in'} ${link(issue.url, `issue #${issue.number}`)}.</p>`;
}

/** What became of a project, in the words of its run: what a comparison found. */
export function shownState({ drift }: RunView): (project: ReportedProject) => string {
  return ({ name, status }) => {
    if (!drift) return status;
    if (drift.unknown.includes(name)) return 'unknown';
    return Object.hasOwn(drift.drifted, name) ? 'drifted' : 'in-sync';
  };
}

/** A comparison applies nothing: no project of it waits for another. */
export function shownReport<R extends { projects: ReportedProject[] }>(report: R, { drift }: RunView): R {
  if (!drift) return report;
  return { ...report, projects: report.projects.map(({ upstream: _, ...project }) => project) };
}
