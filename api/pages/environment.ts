import { html } from 'hono/html';
import type { Run } from '../../core/requests/run.ts';
import type { DriftView, EnvironmentView } from '../environments.ts';
import type { EphemeralView } from '../ephemerals.ts';
import { urlOf, whatIsLeft } from './ephemerals.ts';
import {
  ago,
  badge,
  commit,
  environmentPath,
  type Html,
  left,
  link,
  NOTHING,
  runBadge,
  runPath,
} from './parts.ts';
import { frozenText } from './run-parts.ts';
import { runTable } from './run-table.ts';

/** One of the first page's cards. */
export function environmentCard(view: EnvironmentView, now: Date): Html {
  const { repository, name, state } = view;
  return html`<article class="card env ${state === 'broken' ? 'is-bad' : ''}">
<div class="line"><h3><a class="plain" href="${environmentPath(repository, name)}">${name}</a></h3>${badges(view)}</div>
${whatIs(view, now)}
</article>`;
}

/** A page of its own: what stands, what may be asked of it, and its runs. */
export function environmentBody(view: EnvironmentView, runs: Run[], now: Date): Html {
  const { repository, name, state, ephemeral } = view;
  const isBad = state === 'broken' || state === 'leaked';
  return html`<section>
<div class="line"><h1>${name} <span class="quiet">${repository}</span></h1>${badges(view)}</div>
<article class="card env ${isBad ? 'is-bad' : ''}">${ephemeral ? whatStands(ephemeral, runs, now) : whatIs(view, now)}</article>
</section>
<section><h2>Ask for something</h2>
<p class="quiet">On the command line; in a comment on a pull request, <code>/cairn help</code> says how.</p>
<pre class="commands">${commandsOf(view).join('\n')}</pre></section>
<section><h2>Its runs</h2>${runTable(runs, false, now)}</section>`;
}

/** An ephemeral one that was destroyed: what became of it stands in its runs. */
export function goneBody(repository: string, name: string, runs: Run[], now: Date): Html {
  return html`<section><h1>${name} <span class="quiet">${repository}</span></h1>
<p class="lead">It does not stand any more.</p></section>
<section><h2>Its runs</h2>${runTable(runs, false, now)}</section>`;
}

function badges({ state, frozen, drift }: EnvironmentView): Html {
  return html`<span class="badges">${frozen ? badge('frozen') : NOTHING}${drift ? badge(drift.projects.length > 0 ? 'drifted' : 'drift unknown') : NOTHING}${badge(state)}</span>`;
}

function whatIs(view: EnvironmentView, now: Date): Html {
  const { branch, reason, lastGood, last, waiting, lock, latestRun, frozen, drift, revert } = view;
  return html`${reason === null ? NOTHING : html`<p class="reason">${reason}</p>`}
${frozen ? frozenText(frozen) : NOTHING}
${drift ? driftText(drift, now) : NOTHING}
<dl>
<dt>branch</dt><dd>${branch}</dd>
<dt>last good</dt><dd>${commit(lastGood)}</dd>
${last ? html`<dt>last deploy</dt><dd><a class="plain" href="${runPath(last.runId)}">${badge(last.outcome)}</a> <span class="quiet">${ago(last.at, now)}</span></dd>` : NOTHING}
${latestRun ? html`<dt>latest run</dt><dd><a href="${runPath(latestRun.id)}">${latestRun.number}</a> ${runBadge(latestRun.state)}</dd>` : NOTHING}
${revert ? html`<dt>revert</dt><dd>pull request #${revert.pull}</dd>` : NOTHING}
${lock && lock.waiting > 0 ? html`<dt>in line</dt><dd>${lock.waiting} behind it</dd>` : NOTHING}
</dl>
${
  waiting
    ? html`<div class="ask"><p><strong>Waits for approval</strong> of ${commit(waiting.commit)} · ${left(waiting.until, now)}</p>
<p><a href="${runPath(waiting.runId)}">Read the plan</a>, then</p><pre class="command">${waiting.command}</pre></div>`
    : NOTHING
}`;
}

function driftText({ where, since, unknown, issue, reconciledBy }: DriftView, now: Date): Html {
  const names = Object.keys(unknown);
  const told = issue ? html` · ${link(issue.url, `issue #${issue.number}`)}` : NOTHING;
  return html`<p class="drift-text">${since === null ? NOTHING : html`Drift in ${where}, found ${ago(since, now)}. `}${
    names.length > 0 ? html`Not compared: ${names.join(', ')}. ` : NOTHING
  }${reconciledBy === null ? NOTHING : html`<a href="${runPath(reconciledBy)}">A run</a> was started to take it away.`}${told}</p>`;
}

function whatStands(view: EphemeralView, runs: Run[], now: Date): Html {
  const { ref, pull, owner, createdAt, outputs, projects, helps, run } = view;
  const number = runs.find(({ id }) => id === run.id)?.number;
  const url = urlOf(outputs);
  return html`${helps === null ? NOTHING : html`<p class="reason">Not all of it could be destroyed. What is left still runs, and costs:</p>${whatIsLeft(view.left)}<pre class="command">${helps}</pre>`}
${url === null ? NOTHING : html`<p>${link(url, url)}</p>`}
<dl>
<dt>made from</dt><dd>${ref}${pull === null ? NOTHING : html` <span class="quiet">#${pull}</span>`} ${commit(view.commit)}</dd>
<dt>owner</dt><dd>${owner === null ? html`<span class="quiet">nobody: made by itself</span>` : `@${owner}`}</dd>
<dt>made</dt><dd>${ago(createdAt, now)}</dd>
${endOf(view)}
<dt>projects</dt><dd>${projects.join(', ')}</dd>
${Object.entries(outputs).map(([name, value]) => html`<dt>${name}</dt><dd>${link(value, value)}</dd>`)}
<dt>last changed by</dt><dd><a href="${runPath(run.id)}">${number === undefined ? 'this run' : `run ${number}`}</a></dd>
</dl>`;
}

/** One that leaked has no end until somebody has taken the cause away. */
function endOf({ state, endsAt, endsIn }: EphemeralView): Html {
  if (state === 'leaked') return NOTHING;
  if (state === 'destroying') return html`<dt>ends</dt><dd>now: it is destroyed</dd>`;
  if (endsAt === null) return html`<dt>ends</dt><dd>never, until somebody takes it down</dd>`;
  const when = html`<time datetime="${endsAt}">${endsAt.slice(0, 16).replace('T', ' ')} UTC</time>`;
  return html`<dt>ends</dt><dd>${when} <span class="quiet">${endsIn === 'over' ? 'its time is over' : `in ${endsIn}`}</span></dd>`;
}

function commandsOf({ repository, name, frozen, ephemeral }: EnvironmentView): string[] {
  const at = `--repository ${repository}`;
  if (ephemeral?.state === 'destroying') return [`cairn runs --environment ${name} ${at}`];
  if (ephemeral?.state === 'leaked') return [`cairn env down ${name} ${at}`];
  if (ephemeral) {
    return [
      `cairn env extend ${name} 4h ${at}`,
      `cairn env down ${name} ${at}`,
      `cairn run -e ${name} -p PROJECT ${at} -- state list`,
    ];
  }
  return [
    // Nothing is deployed before somebody has unfrozen it.
    frozen ? `cairn unfreeze ${name} ${at}` : `cairn deploy ${name} ${at}`,
    `cairn drift ${name} ${at}`,
    `cairn run -e ${name} -p PROJECT ${at} -- state list`,
    ...(frozen ? [] : [`cairn freeze ${name} ${at} --reason "…" --until 3d`]),
  ];
}
