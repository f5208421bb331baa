import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GithubForge } from '../../../adapters/github/github-forge.ts';
import { MergeConflict, NotFound } from '../../../core/errors.ts';
import { type Clone, REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';
import { recordingFetch } from '../../support/forge-openapi.ts';

let forge: TestForge;
let github: GithubForge;
let clone: Clone;

beforeAll(async () => {
  forge = await startTestForge({ files: { 'a.tf': 'one\n', 'b.tf': 'one\n' } });
  github = await forge.adapter('bob');
  clone = await forge.clone('bob');
});

afterAll(() => forge.close());

async function branch(name: string, files: Record<string, string>, from = forge.seed): Promise<string> {
  await clone.git('checkout', '--quiet', '--detach', from);
  const sha = await clone.commit(name, files);
  await clone.push(name);
  return sha;
}

async function open(head: string) {
  return github.pulls.open(REPOSITORY, { title: `The ${head}`, body: '', head, base: 'main' });
}

test('the test merge is of head and base as they are now, and is made again when one moves', async () => {
  const head = await branch('merge', { 'a.tf': 'two\n' });
  const pull = await open('merge');

  const first = await github.pulls.testMerge(REPOSITORY, pull.number);
  const base = await branch('main', { 'b.tf': 'two\n' });
  const second = await github.pulls.testMerge(REPOSITORY, pull.number);

  expect((await github.source.commit(REPOSITORY, first)).parents).toEqual([forge.seed, head]);
  expect((await github.source.commit(REPOSITORY, second)).parents).toEqual([base, head]);
  expect(await github.source.file(REPOSITORY, second, 'a.tf')).toBe('two\n');
  expect(await github.source.file(REPOSITORY, second, 'b.tf')).toBe('two\n');
});

test('a conflict says what to do, and ends when it is mended', async () => {
  const main = await github.source.head(REPOSITORY, 'main');
  await branch('conflict', { 'b.tf': 'three\n' });
  const pull = await open('conflict');

  const failed = github.pulls.testMerge(REPOSITORY, pull.number);

  await expect(failed).rejects.toBeInstanceOf(MergeConflict);
  await expect(failed).rejects.toThrow(
    /acme\/shop#\d+: conflict \([0-9a-f]{7}\) does not merge cleanly into main/,
  );
  await clone.git('checkout', '--quiet', '--detach', main);
  await clone.commit('Mended', { 'b.tf': 'three\n' });
  await clone.git('push', '--quiet', '--force', 'origin', 'HEAD:refs/heads/conflict');
  expect(await github.pulls.testMerge(REPOSITORY, pull.number)).toMatch(/^[0-9a-f]{40}$/);
});

test('GitHub says null while it merges: the adapter looks again', async () => {
  await branch('slow', { 'c.tf': 'one\n' });
  const pull = await open('slow');
  let nulls = 3;
  const recorder = recordingFetch();
  const github = await forge.adapter('bob', {
    async fetch(input, init) {
      const answer = await recorder.fetch(input, init);
      if (!String(input).endsWith(`/pulls/${pull.number}`) || nulls-- <= 0) return answer;
      return Response.json({
        ...((await answer.json()) as object),
        mergeable: null,
        merge_commit_sha: '1'.repeat(40),
      });
    },
  });

  const merge = await github.pulls.testMerge(REPOSITORY, pull.number);

  expect(merge).not.toBe('1'.repeat(40));
  expect(recorder.exchanges.filter(({ url }) => url.endsWith(`/pulls/${pull.number}`)).length).toBe(4);
});

test('a merge of an older head is not taken for one of this head', async () => {
  await branch('stale', { 'd.tf': 'one\n' });
  const pull = await open('stale');
  let stale = 2;
  const github = await forge.adapter('bob', {
    async fetch(input, init) {
      const answer = await fetch(input, init);
      if (!String(input).endsWith(`/pulls/${pull.number}`) || stale-- <= 0) return answer;
      return Response.json({
        ...((await answer.json()) as object),
        mergeable: true,
        merge_commit_sha: forge.seed,
      });
    },
  });

  expect(await github.pulls.testMerge(REPOSITORY, pull.number)).not.toBe(forge.seed);
});

test('opening twice is one pull request, found by its branch until it is merged', async () => {
  const head = await branch('twice', { 'e.tf': 'one\n' });

  const first = await open('twice');
  const second = await open('twice');
  const found = await github.pulls.findOpen(REPOSITORY, 'twice');
  await github.pulls.edit(REPOSITORY, first.number, { title: 'Renamed' });
  const merge = await forge.api('alice', 'PUT', `/repos/${REPOSITORY}/pulls/${first.number}/merge`);
  const { sha } = merge.body as { sha: string };

  expect(second.number).toBe(first.number);
  expect(found).toMatchObject({
    number: first.number,
    fork: false,
    merged: false,
    draft: false,
    author: 'bob',
    head: { branch: 'twice', sha: head },
  });
  expect(await github.pulls.findOpen(REPOSITORY, 'twice')).toBeNull();
  expect(await github.pulls.get(REPOSITORY, first.number)).toMatchObject({
    title: 'Renamed',
    state: 'closed',
    merged: true,
  });
  expect((await github.pulls.ofCommit(REPOSITORY, sha)).map(({ number }) => number)).toEqual([first.number]);
  expect((await github.pulls.ofCommit(REPOSITORY, head)).map(({ number }) => number)).toEqual([first.number]);
  await expect(github.pulls.testMerge(REPOSITORY, first.number)).rejects.toBeInstanceOf(NotFound);
});

test('a fork is told as one, and its head can be merged for a test', async () => {
  const fork = await forge.forge.fork(REPOSITORY, 'carol');
  const carol = await forge.clone('carol', fork);
  const head = await carol.commit('From outside', { 'f.tf': 'one\n' });
  await carol.push('outside');
  const made = await forge.api('carol', 'POST', `/repos/${REPOSITORY}/pulls`, {
    title: 'Outside',
    head: 'carol:outside',
    base: 'main',
  });
  const { number } = made.body as { number: number };

  const pull = await github.pulls.get(REPOSITORY, number);
  const merge = await github.pulls.testMerge(REPOSITORY, number);
  const again = await carol.commit('More', { 'f.tf': 'two\n' });
  await carol.push('outside');

  expect(pull).toMatchObject({ fork: true, author: 'carol', head: { branch: 'outside', sha: head } });
  expect(await github.source.file(REPOSITORY, merge, 'f.tf')).toBe('one\n');
  expect((await github.pulls.get(REPOSITORY, number)).head.sha).toBe(again);
});

test('one that is not there is told by its number, not by what was asked of GitHub', async () => {
  const get = github.pulls.get(REPOSITORY, 9999);

  await expect(get).rejects.toBeInstanceOf(NotFound);
  await expect(get).rejects.toThrow('There is no pull request #9999 in acme/shop.');
});
