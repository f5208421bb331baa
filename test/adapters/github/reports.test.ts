import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { makePacer } from '../../../adapters/github/pace.ts';
import { clip } from '../../../adapters/github/text.ts';
import { NotFound } from '../../../core/errors.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';

let forge: TestForge;
let head: string;

beforeAll(async () => {
  forge = await startTestForge();
  const clone = await forge.clone('bob');
  head = await clone.commit('Change', { 'a.tf': '' });
  await clone.push('change');
  await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, {
    title: 'Change',
    head: 'change',
    base: 'main',
  });
});

afterAll(() => forge.close());

async function get<T>(path: string): Promise<T> {
  return (await forge.api('alice', 'GET', `/repos/${REPOSITORY}${path}`)).body as T;
}

const check = {
  commit: '',
  title: 'Planned',
  summary: 'All *good*',
  url: 'https://cairn.example/',
  externalId: 'run-1',
};

test('a marked comment is one, whoever repeats the step; an unmarked one is written each time', async () => {
  const github = await forge.adapter('cairn-bot');
  const text = '<!-- cairn:plan:prod -->\nPlan';
  // Somebody else's copy of the marker is not Cairn's comment.
  await forge.api('carol', 'POST', `/repos/${REPOSITORY}/issues/1/comments`, { body: text });

  const first = await github.reports.createComment(REPOSITORY, 1, text);
  const second = await github.reports.createComment(REPOSITORY, 1, `${text} 2`);
  const plain = [
    await github.reports.createComment(REPOSITORY, 1, 'Hi'),
    await github.reports.createComment(REPOSITORY, 1, 'Hi'),
  ];

  const comments = await get<{ id: number; body: string; user: { login: string } }[]>('/issues/1/comments');
  expect(second).toBe(first);
  expect(new Set(plain).size).toBe(2);
  expect(comments.filter(({ user }) => user.login === 'cairn-bot').map(({ body }) => body)).toEqual([
    `${text} 2`,
    'Hi',
    'Hi',
  ]);
});

test('a comment whose answer is lost is found instead of written again', async () => {
  let lost = 1;
  const github = await forge.adapter('cairn-bot', {
    async fetch(input, init) {
      const answer = await fetch(input, init);
      if (init?.method !== 'POST' || lost-- <= 0) return answer;
      throw new TypeError('fetch failed');
    },
  });

  const id = await github.reports.createComment(REPOSITORY, 1, 'Said once');

  const comments = await get<{ id: number; body: string }[]>('/issues/1/comments');
  expect(comments.filter(({ body }) => body === 'Said once').map((comment) => `${comment.id}`)).toEqual([id]);
});

test('editing a comment that somebody deleted is NotFound; a reaction to it is nothing', async () => {
  const { reports } = await forge.adapter('cairn-bot');
  const id = await reports.createComment(REPOSITORY, 1, 'Soon gone');
  await forge.api('alice', 'DELETE', `/repos/${REPOSITORY}/issues/comments/${id}`);

  await expect(reports.editComment(REPOSITORY, id, 'x')).rejects.toBeInstanceOf(NotFound);
  await expect(reports.react(REPOSITORY, id, 'eyes')).resolves.toBeUndefined();
});

test('as an App a check is one check run, edited in place, found again by its external id', async () => {
  const { reports } = await forge.adapter('app');
  const wanted = { ...check, name: 'cairn: app', commit: head };

  const first = await reports.check(REPOSITORY, { ...wanted, state: 'in_progress' }, null);
  const second = await reports.check(REPOSITORY, { ...wanted, state: 'failure', title: 'Broken' }, null);
  const third = await reports.check(REPOSITORY, { ...wanted, state: 'neutral' }, first);
  const gone = await reports.check(
    REPOSITORY,
    { ...wanted, state: 'success', externalId: 'run-2' },
    '999999',
  );

  const { check_runs: runs } = await get<{ check_runs: unknown[] }>(`/commits/${head}/check-runs?filter=all`);
  expect([second, third]).toEqual([first, first]);
  expect(gone).not.toBe(first);
  expect(runs).toMatchObject([
    { id: Number(gone), status: 'completed', conclusion: 'success', external_id: 'run-2' },
    {
      id: Number(first),
      status: 'completed',
      conclusion: 'neutral',
      output: { title: 'Planned', summary: 'All *good*' },
    },
  ]);
});

test.each([
  ['queued', 'pending'],
  ['in_progress', 'pending'],
  ['neutral', 'success'],
  ['success', 'success'],
  ['failure', 'failure'],
] as const)('by a token %s becomes the commit status %s', async (state, status) => {
  const { reports } = await forge.adapter('cairn-bot');

  await reports.check(REPOSITORY, { ...check, name: `cairn: ${state}`, commit: head, state, url: '' }, null);

  const { statuses } = await get<{ statuses: { context: string }[] }>(`/commits/${head}/status`);
  expect(statuses.find(({ context }) => context === `cairn: ${state}`)).toMatchObject({
    state: status,
    description: 'Planned',
  });
});

test('what is too long for GitHub is cut to its limits', async () => {
  const long = `two\nlines ${'💥'.repeat(40_000)}`;
  const app = await forge.adapter('app');
  const token = await forge.adapter('cairn-bot');
  const wanted = {
    ...check,
    commit: head,
    state: 'success' as const,
    title: long,
    summary: long,
    externalId: 'x'.repeat(300),
  };

  await app.reports.check(REPOSITORY, { ...wanted, name: 'cairn: long' }, null);
  await token.reports.check(REPOSITORY, { ...wanted, name: `cairn: ${'n'.repeat(300)}` }, null);
  await token.reports.createComment(REPOSITORY, 1, long);
  const deployment = { commit: head, environment: 'long', description: long, runId: 'r' };
  const id = await token.reports.createDeployment(REPOSITORY, deployment);
  await token.reports.deploymentStatus(REPOSITORY, id, { state: 'success', description: long, url: '' });

  const { statuses } = await get<{ statuses: { description: string; context: string }[] }>(
    `/commits/${head}/status`,
  );
  const cut = statuses.find(({ context }) => context.startsWith('cairn: nnn'));
  expect(cut?.context.length).toBe(255);
  expect(cut?.description).toMatch(/^two lines 💥+…$/u);
  expect(cut?.description.length).toBeLessThanOrEqual(140);
});

test('clipping never leaves half a character', () => {
  expect(clip('abc', 3)).toBe('abc');
  expect(clip('a💥💥', 4)).toBe('a💥…');
  expect(clip('a💥💥', 3)).toBe('a…');
});

test('a deployment of a run is one, and asks GitHub for no merge and no contexts', async () => {
  const { reports } = await forge.adapter('cairn-bot');
  const wanted = { commit: head, environment: 'prod', description: 'Deploy', runId: 'run-1' };
  // A failing status would keep GitHub from making a deployment that asks for its contexts.
  await reports.check(REPOSITORY, { ...check, name: 'ci', commit: head, state: 'failure' }, null);

  const first = await reports.createDeployment(REPOSITORY, wanted);
  const second = await reports.createDeployment(REPOSITORY, wanted);
  const other = await reports.createDeployment(REPOSITORY, { ...wanted, runId: 'run-2' });
  await reports.deploymentStatus(REPOSITORY, other, {
    state: 'success',
    description: 'Done',
    url: 'https://cairn.example/',
  });

  const rows = await get<unknown[]>('/deployments?environment=prod');
  expect(second).toBe(first);
  expect(rows).toMatchObject([
    { id: Number(other), payload: { runId: 'run-2' } },
    { id: Number(first), sha: head },
  ]);
});

test('the pacer lets a few writes pass at once and then one at a time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const pace = makePacer(3, 20);
  let passed = 0;
  const passedAfter = async (milliseconds: number) => {
    await vi.advanceTimersByTimeAsync(milliseconds);
    return passed;
  };

  for (let writes = 0; writes < 5; writes++) void pace().then(() => passed++);
  const times = [await passedAfter(0), await passedAfter(49), await passedAfter(1)];
  const later = [await passedAfter(49), await passedAfter(1)];

  expect(times).toEqual([3, 3, 4]);
  expect(later).toEqual([4, 5]);
});
