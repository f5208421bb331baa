import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { githubForge } from '../../../adapters/github/github-forge.ts';
import { NotFound, Unavailable } from '../../../core/errors.ts';
import { type Clone, REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';
import { recordingFetch } from '../../support/forge-openapi.ts';

let forge: TestForge;
let clone: Clone;
const servers: Server[] = [];

beforeAll(async () => {
  forge = await startTestForge({ files: { 'README.md': '# Shop\n', 'a b/ä.tf': 'x = "ä"\n' } });
  clone = await forge.clone('bob');
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

afterAll(() => forge.close());

async function serve(
  answer: (request: IncomingMessage) => { status: number; headers?: Record<string, string>; body?: string },
) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const { status, headers = {}, body = '' } = answer(request);
    response.writeHead(status, headers).end(body);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('head, commit, file and default branch are as git has them', async () => {
  const github = await forge.adapter('bob');

  expect(await github.source.head(REPOSITORY, 'main')).toBe(forge.seed);
  expect(await github.source.commit(REPOSITORY, 'main')).toMatchObject({
    sha: forge.seed,
    parents: [],
    message: 'Begin',
    author: 'alice',
  });
  expect(await github.source.file(REPOSITORY, forge.seed, 'a b/ä.tf')).toBe('x = "ä"\n');
  expect(await github.source.file(REPOSITORY, forge.seed, 'a b')).toBeNull();
  expect(await github.source.file(REPOSITORY, forge.seed, 'nothing')).toBeNull();
  expect(await github.source.defaultBranch(REPOSITORY)).toBe('main');
});

test('what is not there is NotFound', async () => {
  const { source } = await forge.adapter('bob');

  await expect(source.head(REPOSITORY, 'none')).rejects.toBeInstanceOf(NotFound);
  await expect(source.head('acme/none', 'main')).rejects.toBeInstanceOf(NotFound);
  await expect(source.commit(REPOSITORY, '0'.repeat(40))).rejects.toBeInstanceOf(NotFound);
  await expect(source.between(REPOSITORY, '1'.repeat(40), 'main')).rejects.toBeInstanceOf(NotFound);
  await expect(source.tarball(REPOSITORY, '2'.repeat(40))).rejects.toBeInstanceOf(NotFound);
});

test('a look at a head that did not move is a conditional request', async () => {
  const recorder = recordingFetch();
  const { source } = await forge.adapter('bob', { fetch: recorder.fetch });
  await clone.push('moving');

  await source.head(REPOSITORY, 'moving');
  await source.head(REPOSITORY, 'moving');
  const sha = await clone.commit('Move', { 'b.tf': '' });
  await clone.push('moving');
  const after = await source.head(REPOSITORY, 'moving');

  expect(recorder.exchanges.map(({ status }) => status)).toEqual([200, 304, 200]);
  expect(after).toBe(sha);
});

test('the archive has the files below one leading folder', async () => {
  const { source } = await forge.adapter('bob');

  const bytes = await source.tarball(REPOSITORY, forge.seed);
  const names: string[] = [];
  const tar = extract();
  tar.on('entry', ({ name, type }, stream, next) => {
    if (type === 'file') names.push(name);
    stream.resume();
    next();
  });
  tar.end(gunzipSync(bytes));
  await once(tar, 'finish');

  const folder = `acme-shop-${forge.seed.slice(0, 7)}`;
  expect(names.sort()).toEqual([`${folder}/README.md`, `${folder}/a b/ä.tf`]);
});

test('the redirect of an archive takes no token along', async () => {
  const store = await serve(() => ({
    status: 200,
    headers: { 'content-type': 'application/x-gzip' },
    body: 'bytes',
  }));
  const api = await serve(() => ({ status: 302, headers: { location: `${store.url}/archive?ticket=1` } }));
  const github = githubForge({
    baseUrl: api.url,
    auth: { token: 'secret-token' },
    clock: { now: () => new Date() },
  });

  const bytes = await github.source.tarball(REPOSITORY, forge.seed);

  expect(Buffer.from(bytes).toString()).toBe('bytes');
  expect(api.seen[0]?.headers.authorization).toBe('token secret-token');
  expect(store.seen[0]?.headers.authorization).toBeUndefined();
  expect(JSON.stringify([store.seen[0]?.headers, store.seen[0]?.url])).not.toContain('secret-token');
});

test('an archive that cannot be fetched is an error, never an empty tree', async () => {
  const store = await serve(() => ({ status: 503 }));
  const api = await serve(() => ({ status: 302, headers: { location: `${store.url}/archive` } }));
  const github = githubForge({ baseUrl: api.url, auth: { token: 't' }, clock: { now: () => new Date() } });

  await expect(github.source.tarball(REPOSITORY, forge.seed)).rejects.toBeInstanceOf(Unavailable);
});

test('commits between two are listed oldest first, over several pages, at most 250', async () => {
  const { source } = await forge.adapter('bob');
  const made = await importCommits(260);

  const some = await source.between(REPOSITORY, made[0]!, made[120]!);
  const all = await source.between(REPOSITORY, forge.seed, made[259]!);
  const none = await source.between(REPOSITORY, made[259]!, forge.seed);

  expect(some.map(({ sha }) => sha)).toEqual(made.slice(1, 121));
  expect(all.map(({ sha }) => sha)).toEqual(made.slice(0, 250));
  expect(none).toEqual([]);
});

/** Commits on the branch `long`, one after the other; their shas, oldest first. */
async function importCommits(count: number): Promise<string[]> {
  const importer = spawn('git', ['fast-import', '--quiet'], { cwd: forge.forge.gitDir(REPOSITORY) });
  const start = Math.ceil(Date.now() / 1000);
  for (let number = 0; number < count; number++) {
    const from = number === 0 ? `from ${forge.seed}\n` : '';
    // Younger than its parent: git's walks rely on it.
    const who = `bob <bob@example.com> ${start + number} +0000`;
    const message = `Commit ${number}`;
    importer.stdin.write(
      `commit refs/heads/long\ncommitter ${who}\ndata ${message.length}\n${message}\n${from}\n`,
    );
  }
  importer.stdin.end();
  await once(importer, 'close');
  await clone.git('fetch', '--quiet', 'origin');
  const list = await clone.git('rev-list', '--reverse', `${forge.seed}..origin/long`);
  return list.trim().split('\n');
}
