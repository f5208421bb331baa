import { NotFound } from '../../core/errors.ts';
import type { Check, Reports } from '../../core/ports.ts';
import type { Client } from './client.ts';
import { clip, LIMITS, oneLine } from './text.ts';

/** Check runs need an App; with a token it is a commit status, which has one line and no summary. */
export function githubChecks(client: Client): Reports['check'] {
  return client.isApp ? (...args) => checkRun(client, ...args) : (...args) => commitStatus(client, ...args);
}

async function checkRun(
  client: Client,
  repository: string,
  check: Check,
  id: string | null,
): Promise<string> {
  const { request, owner, repo } = await client.on(repository);
  const fields = {
    owner,
    repo,
    external_id: clip(check.externalId, LIMITS.title),
    ...(check.url === '' ? {} : { details_url: check.url }),
    ...stateOf(check),
    output: { title: oneLine(check.title, LIMITS.title), summary: clip(check.summary, LIMITS.summary) },
  };
  const before = id ?? (await findRun(client, repository, check));
  if (before !== null) {
    try {
      const at = { ...fields, name: check.name, check_run_id: Number(before) };
      await request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', at);
      return before;
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
    }
  }
  const made = await request('POST /repos/{owner}/{repo}/check-runs', {
    ...fields,
    name: check.name,
    head_sha: check.commit,
    request: { retries: 0 },
  });
  return `${made.data.id}`;
}

/** The one this run made before, if a step is repeated before its id was kept. */
async function findRun(client: Client, repository: string, check: Check): Promise<string | null> {
  const { request, owner, repo } = await client.on(repository);
  const at = { owner, repo, ref: check.commit, check_name: check.name };
  const { data } = await request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', at);
  const mine = data.check_runs.find((run) => run.external_id === check.externalId);
  return mine ? `${mine.id}` : null;
}

function stateOf({ state }: Check) {
  if (state === 'queued' || state === 'in_progress') return { status: state };
  return { status: 'completed' as const, conclusion: state };
}

const STATUS = {
  queued: 'pending',
  in_progress: 'pending',
  success: 'success',
  neutral: 'success',
  failure: 'failure',
} as const;

/** The newest status of a context counts, so repeating one changes nothing. */
async function commitStatus(
  client: Client,
  repository: string,
  check: Check,
  id: string | null,
): Promise<string> {
  const { request, owner, repo } = await client.on(repository);
  const { data } = await request('POST /repos/{owner}/{repo}/statuses/{sha}', {
    owner,
    repo,
    sha: check.commit,
    state: STATUS[check.state],
    context: clip(check.name, LIMITS.context),
    description: oneLine(check.title, LIMITS.description),
    ...(check.url === '' ? {} : { target_url: check.url }),
  });
  return id ?? `${data.id}`;
}
