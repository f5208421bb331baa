import { html } from 'hono/html';
import type { Run } from '../../core/requests/run.ts';
import type { DriftView, EnvironmentView, RepositoryView } from '../environments.ts';
import { ephemeralsSection } from './ephemerals.ts';
import {
  ago,
  badge,
  commit,
  type Html,
  left,
  link,
  NOTHING,
  runBadge,
  runPath,
  whatItDoes,
} from './parts.ts';
import { frozenText } from './run-parts.ts';

export function homeBody(repositories: RepositoryView[], runs: Run[], now: Date): Html {
  if (repositories.length === 0) {
    return html`<section class="card narrow"><h1>Nothing to see</h1>
<p>This server watches no repository that you can read.</p></section>`;
  }
  return html`${repositories.map((repository) => repositorySection(repository, now))}
<section><h2>Recent runs</h2>${runTable(runs, repositories.length > 1, now)}</section>`;
}

function repositorySection(
  { repository, environments, ephemerals, problem }: RepositoryView,
  now: Date,
): Html {
  return html`<section>
<h1>${repository}</h1>
${problem === null ? NOTHING : html`<p class="problem">Its environments cannot be shown: ${problem}</p>`}
<div class="grid">${environments.map((environment) => environmentCard(environment, now))}</div>
</section>
${ephemeralsSection(ephemerals, now)}`;
}

function environmentCard(environment: EnvironmentView, now: Date): Html {
  const { name, branch, state, reason, lastGood, last, waiting, lock, latestRun, frozen, drift } =
    environment;
  return html`<article class="card env ${state === 'broken' ? 'is-bad' : ''}">
<div class="line"><h3>${name}</h3><span class="badges">${frozen ? badge('frozen') : NOTHING}${drift ? badge(drift.projects.length > 0 ? 'drifted' : 'drift unknown') : NOTHING}${badge(state)}</span></div>
${reason === null ? NOTHING : html`<p class="reason">${reason}</p>`}
${frozen ? frozenText(frozen) : NOTHING}
${drift ? driftText(drift, now) : NOTHING}
<dl>
<dt>branch</dt><dd>${branch}</dd>
<dt>last good</dt><dd>${commit(lastGood)}</dd>
${last ? html`<dt>last deploy</dt><dd>${badge(last.outcome)} <span class="quiet">${ago(last.at, now)}</span></dd>` : NOTHING}
${latestRun ? html`<dt>latest run</dt><dd><a href="${runPath(latestRun.id)}">${latestRun.number}</a> ${runBadge(latestRun.state)}</dd>` : NOTHING}
${lock && lock.waiting > 0 ? html`<dt>in line</dt><dd>${lock.waiting} behind it</dd>` : NOTHING}
</dl>
${
  waiting
    ? html`<div class="ask"><p><strong>Waits for approval</strong> of ${commit(waiting.commit)} · ${left(waiting.until, now)}</p>
<p><a href="${runPath(waiting.runId)}">Read the plan</a>, then</p><pre class="command">${waiting.command}</pre></div>`
    : NOTHING
}
</article>`;
}

function driftText({ where, since, unknown, issue, reconciledBy }: DriftView, now: Date): Html {
  const names = Object.keys(unknown);
  const told = issue ? html` · ${link(issue.url, `issue #${issue.number}`)}` : NOTHING;
  return html`<p class="drift-text">${since === null ? NOTHING : html`Drift in ${where}, found ${ago(since, now)}. `}${
    names.length > 0 ? html`Not compared: ${names.join(', ')}. ` : NOTHING
  }${reconciledBy === null ? NOTHING : html`<a href="${runPath(reconciledBy)}">A run</a> takes it away.`}${told}</p>`;
}

function runTable(runs: Run[], withRepository: boolean, now: Date): Html {
  if (runs.length === 0) return html`<p class="quiet">No run yet: push a branch and open a pull request.</p>`;
  return html`<div class="scroll"><table class="runs">
<thead><tr><th>Run</th><th>What</th><th>Commit</th><th></th><th>By</th><th>Started</th></tr></thead>
<tbody>${runs.map(
    (run) => html`<tr>
<td><a href="${runPath(run.id)}">${run.number}</a></td>
<td><a class="plain" href="${runPath(run.id)}">${whatItDoes(run)}</a>${withRepository ? html` <span class="quiet">${run.repository}</span>` : NOTHING}
<div class="quiet clip">${run.title}</div></td>
<td>${commit(run.commit)}</td>
<td>${runBadge(run.state)}</td>
<td>${run.requester === null ? html`<span class="quiet">–</span>` : `@${run.requester}`}</td>
<td class="nowrap">${ago(run.startedAt, now)}</td>
</tr>`,
  )}</tbody></table></div>`;
}
