import { html } from 'hono/html';
import type { Run } from '../../core/requests/run.ts';
import { ago, badge, commit, type Html, NOTHING, runPath, whatItDoes } from './parts.ts';

/** Runs, newest first. */
export function runTable(runs: Run[], withRepository: boolean, now: Date): Html {
  if (runs.length === 0) return html`<p class="quiet">No run yet: push a branch and open a pull request.</p>`;
  return html`<div class="scroll"><table class="runs stack">
<thead><tr><th>Run</th><th>What</th><th>Commit</th><th>State</th><th>By</th><th>Started</th></tr></thead>
<tbody>${runs.map(
    (run) => html`<tr>
<td class="number"><a href="${runPath(run.id)}">${run.number}</a></td>
<td class="what"><a class="plain" href="${runPath(run.id)}">${whatItDoes(run)}${withRepository ? html` <span class="quiet">${run.repository}</span>` : NOTHING}</a>
<div class="quiet clip" title="${run.title}">${run.title}</div></td>
<td>${commit(run.commit)}</td>
<td>${badge(run.state)}</td>
<td>${run.requester === null ? html`<span class="quiet">–</span>` : `@${run.requester}`}</td>
<td class="nowrap">${ago(run.startedAt, now)}</td>
</tr>`,
  )}</tbody></table></div>`;
}
