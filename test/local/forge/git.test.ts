import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';

let forge: TestForge;

beforeAll(async () => {
  forge = await startTestForge({ files: { 'README.md': '# Shop\n', 'app/main.tf': 'a = 1\n' } });
});

afterAll(() => forge.close());

async function refs(): Promise<string[]> {
  const clone = await forge.clone('alice');
  return (await clone.git('ls-remote', 'origin')).split('\n').map((line) => line.split('\t')[1] ?? '');
}

test('a clone has what was pushed, and a push is seen by the next clone', async () => {
  const first = await forge.clone('bob');
  await first.commit('Change', { 'app/main.tf': 'a = 2\n' });
  await first.push('change');

  const second = await forge.clone('carol');
  await second.git('checkout', '--quiet', 'change');

  expect(await readFile(join(second.dir, 'app/main.tf'), 'utf8')).toBe('a = 2\n');
});

test('who may only read cannot push', async () => {
  const clone = await forge.clone('carol');
  await clone.commit('Mine', { 'app/main.tf': 'a = 3\n' });

  await expect(clone.push('mine')).rejects.toThrow(/403/);

  expect(await refs()).not.toContain('refs/heads/mine');
});

test('a wrong password opens nothing', async () => {
  const clone = await forge.clone('alice');
  const url = `${forge.forge.url.replace('//', '//alice:wrong@')}/${REPOSITORY}.git`;

  await expect(clone.git('push', '--quiet', url, 'HEAD:refs/heads/wrong')).rejects.toThrow(
    /Authentication failed|could not read/i,
  );

  expect((await forge.api('bob', 'GET', `/repos/${REPOSITORY}/branches/wrong`)).status).toBe(404);
});

test('a private repository is not there for a stranger', async () => {
  await forge.forge.addRepository('acme/secret', { private: true });

  const nobody = await forge.api(null, 'GET', '/repos/acme/secret');
  const carol = await forge.api('carol', 'GET', '/repos/acme/secret');

  expect(nobody.status).toBe(404);
  expect(carol.status).toBe(404);
  await expect(forge.clone('carol', 'acme/secret')).rejects.toThrow(/not found/i);
});

test('a branch with a name like an option is stored as a name and hurts nobody', async () => {
  const clone = await forge.clone('bob');
  const sha = await clone.commit('Odd', { 'app/main.tf': 'a = 4\n' });

  await clone.git('push', '--quiet', 'origin', 'HEAD:refs/heads/--upload-pack=x');
  const branch = await forge.api(
    'bob',
    'GET',
    `/repos/${REPOSITORY}/branches/${encodeURIComponent('--upload-pack=x')}`,
  );
  const commit = await forge.api(
    'bob',
    'GET',
    `/repos/${REPOSITORY}/commits/${encodeURIComponent('--output=/tmp/x')}`,
  );
  const created = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/git/refs`, {
    ref: 'refs/heads/../../x',
    sha,
  });
  const path = await forge.api(
    'bob',
    'GET',
    `/repos/${REPOSITORY}/commits?path=${encodeURIComponent('--output=x')}`,
  );

  expect(branch).toMatchObject({ status: 200, body: { commit: { sha } } });
  expect(commit.status).toBe(422);
  expect(created.status).toBe(422);
  expect(path).toEqual({ status: 200, body: [] });
});

test('pull request refs can be fetched but not pushed', async () => {
  const clone = await forge.clone('bob');
  await clone.commit('Change', { 'app/other.tf': 'a = 5\n' });

  await expect(clone.git('push', '--quiet', 'origin', 'HEAD:refs/pull/9/head')).rejects.toThrow(/hidden ref/);
});

test('a tree takes no path that leaves it', async () => {
  for (const path of ['../x', '/etc/x', 'a/../../x', '.git/config', 'a//b', '']) {
    const tree = [{ path, mode: '100644', type: 'blob', content: 'x' }];
    const answer = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/git/trees`, { tree });

    expect(answer.status, path).toBe(422);
  }
});

test('a link in the repository is served as its text, never followed', async () => {
  const tree = [{ path: 'passwd', mode: '120000', type: 'blob', content: '/etc/passwd' }];
  const made = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/git/trees`, { tree });
  const commit = { message: 'Link', tree: (made.body as { sha: string }).sha, parents: [] };
  const { body } = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/git/commits`, commit);

  const raw = await fetch(`${forge.forge.url}/${REPOSITORY}/raw/${(body as { sha: string }).sha}/passwd`);

  expect(await raw.text()).toBe('/etc/passwd');
});

test('another host name than this machine’s is refused', async () => {
  const { request } = await import('node:http');
  const url = new URL(`${forge.forge.url}/`);

  const status = await new Promise((resolve, reject) => {
    const sent = request(
      { host: url.hostname, port: url.port, headers: { host: 'evil.example' } },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.on('error', reject).end();
  });

  expect(status).toBe(421);
});

test('all is there again after a restart', async () => {
  const clone = await forge.clone('bob');
  await clone.commit('Kept', { 'kept.tf': 'a = 6\n' });
  await clone.push('kept');
  const pull = { title: 'Kept', head: 'kept', base: 'main' };
  const made = await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, pull);
  const number = (made.body as { number: number }).number;
  await forge.api('bob', 'POST', `/repos/${REPOSITORY}/issues/${number}/comments`, { body: 'Hello' });

  await forge.restart();
  const again = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/pulls/${number}`);
  const comments = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/issues/${number}/comments`);

  expect(again).toMatchObject({ status: 200, body: { title: 'Kept', state: 'open' } });
  expect(comments.body).toMatchObject([{ body: 'Hello', user: { login: 'bob' } }]);
});
