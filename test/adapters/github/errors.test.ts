import { afterAll, beforeAll, expect, test } from 'vitest';
import { githubForge } from '../../../adapters/github/github-forge.ts';
import { ForgeRefused, NotFound, Unavailable } from '../../../core/errors.ts';
import { REPOSITORY, startTestForge, type TestForge, TOKENS } from '../../support/forge.ts';

let forge: TestForge;

beforeAll(async () => {
  forge = await startTestForge();
});

afterAll(() => forge.close());

/** GitHub as it answers on a bad day. */
function github(...answers: (() => Response)[]) {
  const calls: string[] = [];
  const adapter = githubForge({
    baseUrl: 'http://127.0.0.1:9',
    auth: { token: 'secret-token' },
    clock: { now: () => new Date() },
    async fetch(input) {
      calls.push(String(input));
      const answer = answers[Math.min(calls.length, answers.length) - 1];
      return answer?.() ?? new Response();
    },
  });
  return { ...adapter, calls };
}

const json =
  (status: number, message: string, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ message }, { status, headers });
const good = () => Response.json({ object: { sha: 'a'.repeat(40) } });

test('what passes is tried again, and said to be passing when it does not', async () => {
  const once = github(json(502, 'Bad gateway'), good);
  const always = github(json(503, 'Unavailable'));

  expect(await once.source.head(REPOSITORY, 'main')).toBe('a'.repeat(40));
  await expect(always.source.head(REPOSITORY, 'main')).rejects.toBeInstanceOf(Unavailable);
  expect(once.calls.length).toBe(2);
  expect(always.calls.length).toBe(3);
});

test('no answer at all is passing too, and no secret is in the error', async () => {
  const broken = github(() => {
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
  });

  const error = await broken.source.head(REPOSITORY, 'main').catch((caught: unknown) => caught);

  expect(error).toBeInstanceOf(Unavailable);
  expect(String(error)).toMatch(
    /did not answer GET \/repos\/acme\/shop\/git\/ref\/heads%2Fmain: connect ECONNREFUSED/,
  );
  expect(String(error)).not.toContain('secret-token');
});

test('refused credentials are the operator’s, told once', async () => {
  const refused = github(json(401, 'Bad credentials'));

  await expect(refused.source.head(REPOSITORY, 'main')).rejects.toThrow(/check the token, or the App's id/);
  await expect(refused.source.head(REPOSITORY, 'main')).rejects.toBeInstanceOf(ForgeRefused);
  expect(refused.calls.length).toBe(2);
});

test('a missing permission is named, by GitHub or by what was asked for', async () => {
  const named = github(
    json(403, 'Resource not accessible', { 'x-accepted-github-permissions': 'contents=read' }),
  );
  const unnamed = github(json(403, 'Resource not accessible'));
  const check = {
    name: 'c',
    commit: 'a'.repeat(40),
    state: 'success' as const,
    title: '',
    summary: '',
    url: '',
    externalId: '',
  };

  await expect(named.source.head(REPOSITORY, 'main')).rejects.toThrow(/permission contents: read/);
  await expect(unnamed.reports.createComment(REPOSITORY, 1, 'x')).rejects.toThrow(
    /permission Pull requests: write/,
  );
  await expect(unnamed.reports.check(REPOSITORY, check, null)).rejects.toThrow(
    /permission Commit statuses: write/,
  );
  await expect(unnamed.reports.check(REPOSITORY, check, null)).rejects.toBeInstanceOf(ForgeRefused);
});

test('a rate limit is waited for if it is short, and passing if it is long', async () => {
  const long = Math.ceil(Date.now() / 1000) + 3600;
  const short = github(json(403, 'You have exceeded a secondary rate limit', { 'retry-after': '1' }), good);
  const far = github(
    json(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${long}` }),
  );

  expect(await short.source.head(REPOSITORY, 'main')).toBe('a'.repeat(40));
  await expect(far.source.head(REPOSITORY, 'main')).rejects.toBeInstanceOf(Unavailable);
});

test('an empty repository has no branches', async () => {
  await expect(
    github(json(409, 'Git Repository is empty.')).source.head(REPOSITORY, 'main'),
  ).rejects.toBeInstanceOf(NotFound);
});

test('the forge refuses in the same words: a reader cannot write, a token cannot make check runs', async () => {
  const carol = await forge.adapter('carol');
  const files = [{ path: 'x', content: 'x' }];
  const date = '2026-01-01T00:00:00Z';

  await expect(
    carol.git.commit(REPOSITORY, { parent: null, message: 'x', files, date }),
  ).rejects.toBeInstanceOf(ForgeRefused);
  const run = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/check-runs`, {
    name: 'x',
    head_sha: forge.seed,
  });
  expect(run).toMatchObject({ status: 403, body: { message: 'You must authenticate via a GitHub App.' } });
});

test('people: who a token is, and what they may', async () => {
  const { people } = await forge.adapter('cairn-bot');

  expect(await people.whoIs(TOKENS.carol)).toBe('carol');
  expect(await people.whoIs('nobody')).toBeNull();
  expect(await people.whoIs('a\r\nx-evil: 1')).toBeNull();
  expect(await people.permission(REPOSITORY, 'alice')).toBe('admin');
  expect(await people.permission(REPOSITORY, 'bob')).toBe('write');
  expect(await people.permission(REPOSITORY, 'carol')).toBe('read');
  expect(await people.permission(REPOSITORY, 'stranger')).toBe('none');
});

test('people: whoever started this attempt of a workflow run', async () => {
  const { people } = await forge.adapter('cairn-bot');
  const id = forge.forge.addWorkflowRun(REPOSITORY, {
    sha: forge.seed,
    branch: 'main',
    actor: 'alice',
    triggeringActor: 'bob',
    attempt: 2,
  });

  const run = await people.workflowRun(REPOSITORY, id);

  expect(run).toEqual({
    actor: 'bob',
    attempt: 2,
    headRepository: REPOSITORY,
    branch: 'main',
    commit: forge.seed,
    status: 'in_progress',
    event: 'push',
    title: 'Deploy',
  });
  expect(await people.workflowRun(REPOSITORY, id + 1)).toBeNull();
});

test('who Cairn is: the token’s user or the App’s bot, null if GitHub does not tell', async () => {
  expect(await (await forge.adapter('cairn-bot')).self()).toBe('cairn-bot');
  expect(await (await forge.adapter('app')).self()).toBe('cairn[bot]');
  expect(await github(json(403, 'Resource not accessible by integration')).self()).toBeNull();
});

test('a key that is not the App’s opens nothing', async () => {
  const { appId, installationId } = await forge.forge.addApp('cairn');
  const other = await forge.forge.addApp('other');
  const wrong = await forge.adapter('alice', {
    auth: { app: { appId, installationId, privateKey: other.privateKey } },
  });

  await expect(wrong.source.head(REPOSITORY, 'main')).rejects.toBeInstanceOf(ForgeRefused);
});
