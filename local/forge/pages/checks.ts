import { latestChecks, latestStatuses } from '../api/checks.ts';
import type { RepositoryRow } from '../state.ts';
import { type Html, html, raw } from './layout.ts';
import { markdown } from './markdown.ts';

interface Shown {
  mark: 'good' | 'bad' | 'wait' | 'dim';
  name: string;
  text: string;
  url: string | null;
  summary: string | null;
}

const SIGNS = { good: '✓', bad: '✗', wait: '●', dim: '■' };

/** Check runs and commit statuses of a commit, newest of each name. */
function checksOf(repository: RepositoryRow, sha: string): Shown[] {
  const checks = latestChecks(repository.checks.filter((row) => row.sha === sha)).map(
    (row): Shown => ({
      mark: markOf(row.conclusion ?? row.status),
      name: row.name,
      text: row.title ?? row.conclusion ?? row.status,
      url: row.detailsUrl,
      summary: row.summary,
    }),
  );
  const statuses = latestStatuses(repository.statuses.filter((row) => row.sha === sha)).map(
    (row): Shown => ({
      mark: markOf(row.state),
      name: row.context,
      text: row.description ?? row.state,
      url: row.targetUrl,
      summary: null,
    }),
  );
  return [...checks, ...statuses];
}

function markOf(state: string): Shown['mark'] {
  if (state === 'success') return 'good';
  if (state === 'neutral' || state === 'skipped') return 'dim';
  return ['queued', 'in_progress', 'pending'].includes(state) ? 'wait' : 'bad';
}

export function checkSign(repository: RepositoryRow, sha: string): Html {
  const marks = checksOf(repository, sha).map((check) => check.mark);
  const worst = (['bad', 'wait', 'good', 'dim'] as const).find((mark) => marks.includes(mark));
  return worst ? html`<span class="${worst}">${SIGNS[worst]}</span>` : html``;
}

export function checkList(repository: RepositoryRow, sha: string): Html {
  const checks = checksOf(repository, sha);
  if (checks.length === 0) return html`<div class="row dim">No checks yet.</div>`;
  return html`${checks.map(
    (check) => html`<div class="row">
      <span class="${check.mark}">${SIGNS[check.mark]}</span>
      <span class="grow"><b>${check.name}</b> <span class="dim">${check.text}</span>
      ${check.summary ? html`<details class="small"><summary>Details</summary><div class="markdown">${raw(markdown(check.summary))}</div></details>` : ''}</span>
      ${check.url ? html`<a class="small" rel="noreferrer" href="${/^https?:/.test(check.url) ? check.url : '#'}">Show</a>` : ''}
    </div>`,
  )}`;
}
