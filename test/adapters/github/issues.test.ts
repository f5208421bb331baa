import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GithubForge } from '../../../adapters/github/github-forge.ts';
import { NotFound } from '../../../core/errors.ts';
import { REPOSITORY, startTestForge, type TestForge, TOKENS } from '../../support/forge.ts';
import { githubContract, recordingFetch } from '../../support/forge-openapi.ts';

let forge: TestForge;
let github: GithubForge;

beforeAll(async () => {
  forge = await startTestForge();
  github = await forge.adapter('cairn-bot');
  const bob = await forge.clone('bob');
  await bob.commit('Change', { 'README.md': '# A shop\n' });
  await bob.push('change');
});

afterAll(() => forge.close());

async function shown(number: number): Promise<Record<string, unknown>> {
  const { body } = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/issues/${number}`);
  return body;
}

test('an issue is opened once for its marker, also where the first answer was lost', async () => {
  const issue = { title: 'Drift in prod', body: '<!-- cairn:drift:prod -->\nOne' };

  const first = await github.issues.open(REPOSITORY, issue);
  const again = await github.issues.open(REPOSITORY, { ...issue, body: '<!-- cairn:drift:prod -->\nTwo' });
  const other = await github.issues.open(REPOSITORY, { ...issue, body: '<!-- cairn:drift:staging -->' });

  expect(again).toEqual(first);
  expect(other.number).not.toBe(first.number);
  expect(await shown(first.number)).toMatchObject({ state: 'open', body: '<!-- cairn:drift:prod -->\nTwo' });
});

test('the marker that somebody else wrote is theirs', async () => {
  const body = '<!-- cairn:drift:theirs -->\nMine';
  const theirs = await forge.api('carol', 'POST', `/repos/${REPOSITORY}/issues`, { title: 'Drift', body });

  const opened = await github.issues.open(REPOSITORY, { title: 'Drift in theirs', body });

  expect(theirs.status).toBe(201);
  expect(opened.number).not.toBe((theirs.body as { number: number }).number);
});

test('it is edited in place, closed and opened again', async () => {
  const body = '<!-- cairn:drift:edited -->';
  const { number } = await github.issues.open(REPOSITORY, { title: 'Drift', body });

  await github.issues.edit(REPOSITORY, number, { title: 'Less drift', body: 'Gone.', state: 'closed' });
  const closed = await github.issues.get(REPOSITORY, number);
  const page = await (await fetch(closed.url)).text();
  await github.issues.edit(REPOSITORY, number, { state: 'open' });
  const open = await github.issues.get(REPOSITORY, number);

  expect(closed.state).toBe('closed');
  expect(page).toMatch(/Less drift[\s\S]*Gone\.[\s\S]*Closed by <b>cairn-bot<\/b>/);
  expect(open.state).toBe('open');
  expect(await shown(number)).toMatchObject({ title: 'Less drift', closed_at: null, closed_by: null });
});

test('numbers are shared with pull requests, and a pull request is no issue of ours', async () => {
  const issue = await github.issues.open(REPOSITORY, { title: 'One', body: '<!-- cairn:drift:shared -->' });
  const pull = await github.pulls.open(REPOSITORY, { title: 'P', body: '', head: 'change', base: 'main' });

  const list = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/issues?state=all&per_page=2`);

  expect(pull.number).toBe(issue.number + 1);
  expect((list.body as { number: number }[]).map(({ number }) => number)).toEqual([
    pull.number,
    issue.number,
  ]);
  await expect(github.issues.get(REPOSITORY, pull.number)).rejects.toThrow(NotFound);
  await expect(github.issues.get(REPOSITORY, 999)).rejects.toThrow(NotFound);
});

test('whoever may only read comments below an issue and edits none of others', async () => {
  const { number, url } = await github.issues.open(REPOSITORY, {
    title: 'Talk',
    body: '<!-- cairn:drift:talk -->',
  });
  const at = `/repos/${REPOSITORY}/issues/${number}`;

  const comment = await forge.api('carol', 'POST', `${at}/comments`, { body: 'I see it *too*.' });
  const edit = await forge.api('carol', 'PATCH', at, { state: 'closed' });
  const page = await (await fetch(url)).text();

  expect(comment.status).toBe(201);
  expect(edit.status).toBe(403);
  expect(page).toContain('I see it <em>too</em>.');
});

test("what goes over the wire is as GitHub's description says", async () => {
  const recorder = recordingFetch();
  const recorded = await forge.adapter('app', { fetch: recorder.fetch });
  const as = { authorization: `token ${TOKENS.bob}` };

  const issue = await recorded.issues.open(REPOSITORY, { title: 'A', body: '<!-- cairn:drift:wire -->' });
  await recorded.issues.open(REPOSITORY, { title: 'A', body: '<!-- cairn:drift:wire -->' });
  await recorded.issues.edit(REPOSITORY, issue.number, { state: 'closed' });
  await recorded.issues.get(REPOSITORY, issue.number);
  await recorder.fetch(`${forge.forge.apiUrl}/repos/${REPOSITORY}/issues?state=closed`, { headers: as });
  await recorder.fetch(`${forge.forge.apiUrl}/repos/${REPOSITORY}/issues/${issue.number}/comments`, {
    method: 'POST',
    headers: as,
    body: JSON.stringify({ body: 'Yes.' }),
  });

  const contract = githubContract();
  expect(recorder.exchanges.flatMap((exchange) => contract.problems(exchange))).toEqual([]);
});
