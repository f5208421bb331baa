import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GithubForge } from '../../../adapters/github/github-forge.ts';
import { InvalidInput, NotFound } from '../../../core/errors.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';
import { recordingFetch } from '../../support/forge-openapi.ts';

const date = '2026-01-02T03:04:05Z';
let forge: TestForge;
let github: GithubForge;

beforeAll(async () => {
  forge = await startTestForge({ files: { 'a.txt': 'a\n', 'dir/b.txt': 'b\n' } });
  github = await forge.adapter('cairn-bot');
});

afterAll(() => forge.close());

test('a commit is made on its parent with only the named files changed', async () => {
  const bytes = new Uint8Array([0, 1, 254, 255]);
  const files = [
    { path: 'dir/b.txt', content: null },
    { path: 'dir/c.txt', content: 'ä\n' },
    { path: 'run.sh', content: '#!/bin/sh\n', mode: '100755' as const },
    { path: 'raw.bin', content: bytes },
  ];

  const sha = await github.git.commit(REPOSITORY, {
    parent: forge.seed,
    message: 'Change\n\nWhy\n',
    files,
    date,
  });
  await github.git.createRef(REPOSITORY, 'refs/heads/cairn/work', sha);
  const clone = await forge.clone('alice');
  await clone.git('checkout', '--quiet', 'cairn/work');

  expect(await clone.git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'HEAD')).toBe(
    '100644 a.txt\n100644 dir/c.txt\n100644 raw.bin\n100755 run.sh\n',
  );
  expect(await clone.git('show', 'HEAD:dir/c.txt')).toBe('ä\n');
  expect((await clone.git('cat-file', '-s', 'HEAD:raw.bin')).trim()).toBe('4');
  expect(await clone.git('log', '-1', '--format=%P %an %aI %s')).toBe(
    `${forge.seed} cairn-bot 2026-01-02T03:04:05+00:00 Change\n`,
  );
});

test('the same commit made twice is the same commit', async () => {
  const wanted = { parent: null, message: 'Record', files: [{ path: 'x.json', content: '{}' }], date };

  const first = await github.git.commit(REPOSITORY, wanted);
  const second = await github.git.commit(REPOSITORY, wanted);

  expect(second).toBe(first);
});

test('a ref is made once, moved forward, and of two writers one is told to look again', async () => {
  const ref = 'refs/heads/cairn/record';
  const make = (parent: string | null, message: string) =>
    github.git.commit(REPOSITORY, { parent, message, files: [{ path: 'log', content: message }], date });
  const root = await make(null, 'root');
  const left = await make(root, 'left');
  const right = await make(root, 'right');

  expect(await github.git.ref(REPOSITORY, ref)).toBeNull();
  expect(await github.git.createRef(REPOSITORY, ref, root)).toBe('created');
  expect(await github.git.createRef(REPOSITORY, ref, left)).toBe('exists');
  const moves = await Promise.all([
    github.git.moveRef(REPOSITORY, ref, left, false),
    github.git.moveRef(REPOSITORY, ref, right, false),
  ]);
  expect(moves.sort()).toEqual(['moved', 'not-fast-forward']);
  expect([left, right]).toContain(await github.git.ref(REPOSITORY, ref));
});

test('a mark below refs/cairn/ may be moved back by force', async () => {
  const ref = 'refs/cairn/good/prod';
  const next = await github.git.commit(REPOSITORY, { parent: forge.seed, message: 'Next', files: [], date });
  await github.git.createRef(REPOSITORY, ref, next);

  expect(await github.git.moveRef(REPOSITORY, ref, forge.seed, true)).toBe('moved');
  expect(await github.git.ref(REPOSITORY, ref)).toBe(forge.seed);
  await expect(github.git.moveRef(REPOSITORY, 'refs/cairn/good/none', next, true)).rejects.toBeInstanceOf(
    NotFound,
  );
});

test.each([
  'refs/heads/main',
  'refs/heads/cairn',
  'refs/heads/cairn/',
  'refs/heads/cairnx/y',
  'refs/heads/cairn/../main',
  'refs/cairn/../heads/main',
  'refs/tags/cairn/x',
  'refs/heads/cairn//x',
  'refs/heads/cairn/-x',
  'refs/heads/cairn/x y',
  'heads/cairn/x',
  'cairn/x',
])('%s is never written, and GitHub is not even asked', async (ref) => {
  const recorder = recordingFetch();
  const { git } = await forge.adapter('cairn-bot', { fetch: recorder.fetch });

  await expect(git.createRef(REPOSITORY, ref, forge.seed)).rejects.toBeInstanceOf(InvalidInput);
  await expect(git.moveRef(REPOSITORY, ref, forge.seed, false)).rejects.toBeInstanceOf(InvalidInput);

  expect(recorder.exchanges).toEqual([]);
});

test('of branches only those of a revert are ever forced', async () => {
  const ref = 'refs/heads/cairn/revert-prod-3f2a91c';
  const next = await github.git.commit(REPOSITORY, {
    parent: forge.seed,
    message: 'Revert',
    files: [],
    date,
  });
  await github.git.createRef(REPOSITORY, ref, next);

  expect(await github.git.moveRef(REPOSITORY, ref, forge.seed, true)).toBe('moved');
  await expect(
    github.git.moveRef(REPOSITORY, 'refs/heads/cairn/record', forge.seed, true),
  ).rejects.toBeInstanceOf(InvalidInput);
});

test('what keeps the commit of an ephemeral environment is deleted, once or twice', async () => {
  const ref = 'refs/cairn/ephemeral/eph-a';
  await github.git.createRef(REPOSITORY, ref, forge.seed);

  await github.git.deleteRef(REPOSITORY, ref);
  await github.git.deleteRef(REPOSITORY, ref);

  expect(await github.git.ref(REPOSITORY, ref)).toBeNull();
  expect(await github.git.createRef(REPOSITORY, ref, forge.seed)).toBe('created');
});

test.each([
  'refs/heads/main',
  'refs/heads/cairn/revert-prod-1',
  'refs/cairn/good/prod',
  'refs/cairn/ephemeral/',
  'refs/cairn/ephemeral/../good/prod',
  'refs/cairn/ephemeralx/a',
])('%s is never deleted, and GitHub is not even asked', async (ref) => {
  const recorder = recordingFetch();
  const { git } = await forge.adapter('cairn-bot', { fetch: recorder.fetch });

  await expect(git.deleteRef(REPOSITORY, ref)).rejects.toBeInstanceOf(InvalidInput);

  expect(recorder.exchanges).toEqual([]);
});
