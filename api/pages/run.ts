import { html } from 'hono/html';
import type { DeployReport } from '../../core/reports/deploy-report.ts';
import type { StatusEvent } from '../../core/reports/event.ts';
import { ENDED } from '../../core/requests/run.ts';
import { duration } from '../duration.ts';
import type { HistoryLine } from '../host.ts';
import type { JobView } from '../jobs.ts';
import type { RunView } from '../run-view.ts';
import {
  ago,
  badge,
  clock,
  commit,
  environmentPath,
  type Html,
  jobPath,
  left,
  link,
  NOTHING,
  runBadge,
  whatItDoes,
} from './parts.ts';
import { localPath, projectsSection } from './projects.ts';
import { runParts, shownReport, shownState } from './run-parts.ts';

export function runTitle({ run }: RunView): string {
  return `Run ${run.number}: ${whatItDoes(run)}`;
}

export function runBody(view: RunView, now: Date): Html {
  const { report } = view;
  return html`${heading(view, now)}
${asking(view, now)}
${runParts(view)}
${report?.kind === 'deploy' ? outcome(report, view.run.title) : NOTHING}
${report?.kind === 'plan' && report.message ? html`<section class="card is-bad"><h2>It could not be planned</h2><pre class="error">${report.message}</pre></section>` : NOTHING}
${report && report.policyChanges.length > 0 ? list('This changes the rules in cairn.yaml', report.policyChanges) : NOTHING}
${report && hasProjects(view) ? projectsSection(shownReport(report, view), report.kind === 'deploy' ? (report.failure?.project ?? null) : null, shownState(view)) : NOTHING}
${jobs(view, view.jobs)}
${timeline(view.events)}
${history(view.history)}`;
}

/**
 * A command, and a change of time, are about no plans; what ended before it planned has none. Where there are some,
 * they are shown all the same.
 */
function hasProjects({ run, report }: RunView): boolean {
  const projects = report?.projects ?? [];
  if (projects.some(({ status }) => status !== 'pending')) return true;
  if (run.workflow === 'run' || run.workflow === 'extend') return false;
  return projects.length === 0 || !ENDED.includes(run.state);
}

function heading({ run, report }: RunView, now: Date): Html {
  const pull = report?.pull ?? null;
  const ended = run.endedAt ?? (ENDED.includes(run.state) ? run.startedAt : null);
  // Where nothing below says what went wrong, this does.
  const isReason = run.state === 'failed' && !(report?.kind === 'deploy' && report.failure);
  const took = (ended === null ? now.getTime() : Date.parse(ended)) - Date.parse(run.startedAt);
  return html`<section>
<div class="line"><h1>Run ${run.number} <span class="quiet">${whatItDoes(run)}</span></h1>${runBadge(run.state)}</div>
<p class="lead ${isReason ? 'reason' : ''}">${run.title}</p>
<dl class="facts">
<div><dt>repository</dt><dd>${run.repository}</dd></div>
<div><dt>environment</dt><dd><a href="${environmentPath(run.repository, run.environment)}">${run.environment}</a></dd></div>
${run.commit === null ? NOTHING : html`<div><dt>commit</dt><dd>${commit(run.commit)}</dd></div>`}
${pull ? html`<div><dt>pull request</dt><dd>${link(pull.url, `#${pull.number} ${pull.title}`)}</dd></div>` : NOTHING}
${report?.kind === 'deploy' && run.workflow === 'deploy' ? html`<div><dt>last good</dt><dd>${commit(report.baseCommit)}</dd></div>` : NOTHING}
${run.requester === null ? NOTHING : html`<div><dt>asked by</dt><dd>@${run.requester}</dd></div>`}
<div><dt>started</dt><dd>${ago(run.startedAt, now)}</dd></div>
<div><dt>${ended === null ? 'so far' : 'took'}</dt><dd>${duration(took)}</dd></div>
</dl></section>`;
}

function asking({ run, report, waiting }: RunView, now: Date): Html {
  if (!waiting) return NOTHING;
  const deploy = report?.kind === 'deploy' ? report : null;
  const approvers = deploy?.approval?.approvers ?? [];
  const short = waiting.digest.slice(0, 7);
  return html`<section class="card ask">
<div class="line"><h2>Waits for approval</h2><span>${left(waiting.until, now)}</span></div>
<p>Read the plans below. What you approve is exactly them, at ${commit(waiting.commit)}: digest <code title="${waiting.digest}">${short}</code>.</p>
${deploy?.differences && deploy.differences.length > 0 ? html`<p>It asks again, because the plans changed:</p><ul>${deploy.differences.map((line) => html`<li>${line}</li>`)}</ul>` : NOTHING}
<p>${deploy?.pull ? html`Comment on ${link(deploy.pull.url, `#${deploy.pull.number}`)}` : 'Comment on the pull request'}:</p>
<pre class="command">${waiting.command}</pre>
<p>or on the command line:</p>
<pre class="command">cairn approve ${run.environment} ${short} --repository ${run.repository}</pre>
<p class="quiet">${approvers.length > 0 ? `Approvers: ${approvers.join(', ')}.` : 'Anybody with write access may approve.'} To refuse: <code>/cairn reject ${run.environment} REASON</code></p>
</section>`;
}

/** `title` stands at the top of the page already. */
function outcome(report: DeployReport, title: string): Html {
  const { failure, message, rollback, revert, helps } = report;
  const lines = (message ?? '').split('\n').filter((line) => line !== '' && line !== title);
  return html`${
    failure
      ? html`<section class="card is-bad"><h2>${failure.project === null ? 'Failed' : `${failure.project} failed`} <span class="quiet">${failure.stage}</span></h2>
<pre class="error">${failure.message}</pre>
${failure.logTail ? html`<details ${isSaid(failure) ? '' : 'open'} id="tail"><summary>The log's last lines</summary><pre>${failure.logTail}</pre></details>` : NOTHING}
<p><a href="${localPath(failure.logUrl)}">Whole log</a></p></section>`
      : NOTHING
  }
${lines.length > 0 || helps ? html`<section class="card ${report.state === 'broken' ? 'is-bad' : ''}">${lines.map((line) => html`<p>${line}</p>`)}${helps ? html`<p>What helps:</p><pre class="command">${helps}</pre>` : NOTHING}</section>` : NOTHING}
${
  rollback
    ? html`<section class="card is-back"><h2>Taken back ${report.state === 'rolling-back' ? 'now' : ''} to ${commit(rollback.commit)}</h2>
${rollback.restored.length > 0 ? html`<p>Restored: ${rollback.restored.join(', ')}.</p>` : NOTHING}
${rollback.leftOver.length > 0 ? html`<p>Left as it is, since only the failed commit has it: ${rollback.leftOver.join(', ')}.</p>` : NOTHING}
${revert ? html`<p>Revert: ${link(revert.url, `pull request #${revert.number}`)}</p>` : NOTHING}</section>`
    : revert
      ? html`<section class="card is-back"><p>Revert: ${link(revert.url, `pull request #${revert.number}`)}</p></section>`
      : NOTHING
}
${notes(report)}`;
}

/** The log's end often is the message once more. */
function isSaid({ message, logTail = '' }: NonNullable<DeployReport['failure']>): boolean {
  return logTail.includes(message.trim());
}

function notes({ approval, verify }: DeployReport): Html {
  if (!approval?.by && !verify) return NOTHING;
  const when = approval?.at ? ` at ${approval.at.slice(0, 16).replace('T', ' ')} UTC` : '';
  const verified = verify && (verify.ok === null ? 'running' : verify.ok ? 'passed' : 'failed');
  return html`<section class="note">
${approval?.by ? html`<p>Approved by @${approval.by}${when}, digest <code>${approval.digest.slice(0, 7)}</code>.</p>` : NOTHING}
${verify ? html`<p>Verify: ${verified}${verify.message ? ` – ${verify.message}` : ''}</p>` : NOTHING}</section>`;
}

function list(title: string, lines: string[]): Html {
  return html`<section class="card ask"><h2>${title}</h2><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></section>`;
}

function jobs({ run }: RunView, all: JobView[]): Html {
  if (all.length === 0) return NOTHING;
  return html`<section><h2>Jobs</h2><ul class="jobs">${all.map(
    (job) =>
      html`<li><a href="${jobPath(run.id, job.id)}">${job.kind === 'job' ? job.id : job.kind}${job.project === null ? '' : ` ${job.project}`}</a> ${badge(isTooEarly(job, all) ? 'too early' : job.status)}</li>`,
  )}</ul></section>`;
}

/** A plan that failed for want of what a wave before it had yet to apply, and was made later: no failure. */
function isTooEarly(job: JobView, all: JobView[]): boolean {
  if (job.kind !== 'plan' || job.status !== 'failed') return false;
  // They stand in the order in which they were ordered.
  const later = all.slice(all.indexOf(job) + 1);
  return later.some(
    ({ kind, project, status }) => kind === 'plan' && project === job.project && status === 'ok',
  );
}

function timeline(events: StatusEvent[]): Html {
  const [first] = events;
  if (!first) return NOTHING;
  return html`<section><h2>What happened <span class="quiet">UTC</span></h2><ol class="timeline">${events.map(
    ({ kind, message, at }) =>
      html`<li class="${kind.replace('.', '-')}"><span class="at">${clock(at, first.at)}</span> <span>${message}</span></li>`,
  )}</ol></section>`;
}

function history(lines: HistoryLine[]): Html {
  if (lines.length === 0) return NOTHING;
  return html`<section><details id="engine"><summary>Steps of the workflow (${lines.length})</summary>
<div class="scroll"><table><tbody>${lines.map(
    ({ state, at, what }) =>
      html`<tr><td class="nowrap quiet">${at.slice(11, 23)}</td><td>${state}</td><td>${what}</td></tr>`,
  )}</tbody></table></div></details></section>`;
}
