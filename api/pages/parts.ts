import { html } from 'hono/html';
import type { Run, RunState } from '../../core/requests/run.ts';
import { duration } from '../duration.ts';

export type Html = ReturnType<typeof html>;

export const NOTHING: Html = html``;

type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'back' | 'cold' | 'quiet';

const TONES: Record<string, Tone> = {
  ok: 'good',
  succeeded: 'good',
  deployed: 'good',
  applied: 'good',
  destroyed: 'good',
  restored: 'back',
  ready: 'good',
  'in-sync': 'good',
  launching: 'busy',
  destroying: 'busy',
  leaked: 'bad',
  drifted: 'wait',
  frozen: 'cold',
  running: 'busy',
  applying: 'busy',
  planning: 'busy',
  verifying: 'busy',
  planned: 'busy',
  queued: 'wait',
  waiting: 'wait',
  waits: 'wait',
  failed: 'bad',
  'apply-failed': 'bad',
  broken: 'bad',
  refused: 'bad',
  interrupted: 'bad',
  rejected: 'bad',
  expired: 'bad',
  rollback: 'back',
  'rolling-back': 'back',
  'rolled-back': 'back',
};

const WORDS: Record<string, string> = {
  none: 'not deployed yet',
  ok: 'ok',
  rollback: 'rolled back',
  empty: 'no changes',
  waits: 'waits',
  'apply-failed': 'apply failed',
  'rolled-back': 'rolled back',
  'rolling-back': 'rolling back',
  waiting: 'waits for approval',
  queued: 'queued',
  nothing: 'nothing to change',
  'in-sync': 'in sync',
};

export function badge(state: string): Html {
  return html`<span class="badge ${TONES[state] ?? 'quiet'}">${WORDS[state] ?? state}</span>`;
}

export function runBadge(state: RunState): Html {
  return badge(state);
}

export function commit(sha: string | null): Html {
  return sha === null
    ? html`<span class="quiet">–</span>`
    : html`<code title="${sha}">${sha.slice(0, 7)}</code>`;
}

/** A moment, as long ago; the exact one on hovering. */
export function ago(at: string | null, now: Date): Html {
  if (at === null) return html`<span class="quiet">–</span>`;
  const text = sayAgo(now.getTime() - Date.parse(at));
  return html`<time datetime="${at}" title="${at.slice(0, 19).replace('T', ' ')} UTC">${text}</time>`;
}

/** A moment of a run that began at `since`: the time of day, with the day where it is another one. */
export function clock(at: string, since: string): Html {
  const day = at.slice(0, 10) === since.slice(0, 10) ? '' : `${at.slice(0, 10)} `;
  return html`<time datetime="${at}">${day}${at.slice(11, 19)}</time>`;
}

/** A moment in the future, as time that is left. */
export function left(until: string, now: Date): Html {
  const ms = Date.parse(until) - now.getTime();
  const text = ms <= 0 ? 'over' : `${duration(ms)} left`;
  return html`<time datetime="${until}" title="${until.slice(0, 19).replace('T', ' ')} UTC">${text}</time>`;
}

function sayAgo(ms: number): string {
  if (Number.isNaN(ms)) return 'some time ago';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

export function whatItDoes(run: Run): string {
  const { workflow, environment } = run;
  switch (workflow) {
    case 'plan':
      return `plan #${run.pull ?? '?'} for ${environment}`;
    case 'deploy':
      return `${run.command === 'rollback' ? 'roll back' : 'deploy to'} ${environment}`;
    case 'ephemeral':
      return `make ${environment}`;
    case 'destroy':
      return `destroy ${environment}`;
    case 'extend':
      return `move the end of ${environment}`;
    case 'run':
      return `terraform in ${environment}`;
    case 'drift':
      return `look for drift in ${environment}`;
  }
}

/** A link, if the address is one that a browser may be sent to; else its text alone. */
export function link(url: string, text: unknown): Html {
  return /^https?:\/\//i.test(url) ? html`<a href="${url}" rel="noreferrer">${text}</a>` : html`${text}`;
}

export function runPath(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

export function environmentPath(repository: string, environment: string): string {
  return `/environments/${repository}/${encodeURIComponent(environment)}`;
}

export function jobPath(runId: string, job: string): string {
  return `${runPath(runId)}/jobs/${encodeURIComponent(job)}`;
}
