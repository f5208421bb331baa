import { afterAll, beforeAll, expect, test } from 'vitest';
import { colourFileDiff, commentMarkdown, markdown } from '../../../local/forge/pages/markdown.ts';
import { REPOSITORY, startTestForge, type TestForge } from '../../support/forge.ts';

let forge: TestForge;
let page: string;

beforeAll(async () => {
  forge = await startTestForge({ files: { 'README.md': '# The shop\n', 'app/main.tf': 'a = "<b>"\n' } });
  const clone = await forge.clone('bob');
  await clone.commit('Change', { 'app/main.tf': 'a = 2\n' });
  await clone.push('topic/change');
  await forge.api('bob', 'POST', `/repos/${REPOSITORY}/pulls`, {
    title: 'A <i>change</i>',
    head: 'topic/change',
    base: 'main',
    body: 'Because **so**.',
  });
  page = `${forge.forge.url}/${REPOSITORY}/pull/1`;
});

afterAll(() => forge.close());

function post(path: string, fields: Record<string, string>, origin = forge.forge.url): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin };
  return fetch(`${page}${path}`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
}

test.each([
  ['/', /acme\/shop/],
  [`/${REPOSITORY}`, /The shop<\/h1>/],
  [`/${REPOSITORY}/pull/1`, /A &lt;i&gt;change&lt;\/i&gt;/],
  [`/${REPOSITORY}/commits/main`, /Begin/],
  [`/${REPOSITORY}/tree/topic/change`, /app\//],
  [`/${REPOSITORY}/tree/topic/change/app`, /main\.tf/],
  [`/${REPOSITORY}/blob/main/app/main.tf`, /a = &quot;&lt;b&gt;&quot;/],
  ['/style.css', /prefers-color-scheme/],
])('%s is shown', async (path, text) => {
  const answer = await fetch(`${forge.forge.url}${path}`);

  expect(answer.status).toBe(200);
  expect(await answer.text()).toMatch(text);
});

test('a page that is not there is a 404, and scripts are forbidden on all', async () => {
  for (const path of ['/no/such', `/${REPOSITORY}/pull/99`, `/${REPOSITORY}/blob/main/none`]) {
    expect((await fetch(`${forge.forge.url}${path}`)).status).toBe(404);
  }
  expect((await fetch(page)).headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
});

test('a pushed branch is offered as a pull request, opened by the chosen person, and then no longer', async () => {
  const clone = await forge.clone('bob');
  await clone.commit('A <tent>', { 'app/main.tf': 'a = 3\n' });
  await clone.push('tents');
  const home = `${forge.forge.url}/${REPOSITORY}`;
  const open = (fields: Record<string, string>, origin = forge.forge.url) =>
    fetch(`${home}/pulls`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
      body: new URLSearchParams({ head: 'tents', title: 'Tents', ...fields }),
      redirect: 'manual',
    });

  const offer = await (await fetch(home)).text();
  const refused = await Promise.all([
    open({ login: 'bob' }, 'https://evil.example'),
    open({ login: 'mallory' }),
    open({ login: 'bob', title: ' ' }),
    open({ login: 'bob', head: 'nothing' }),
  ]);
  const opened = await open({ login: 'bob' });
  const after = await (await fetch(home)).text();

  expect(offer).toContain('value="A &lt;tent&gt;"');
  expect(offer.match(/name="head"/g)).toHaveLength(1);
  expect(refused.map(({ status }) => status)).toEqual([403, 422, 422, 422]);
  expect(opened.headers.get('location')).toMatch(/\/acme\/shop\/pull\/\d+$/);
  expect(after).not.toContain('name="head"');
});

test('a comment is written as the chosen person, and only from these pages', async () => {
  const good = await post('/comment', { login: 'bob', body: '/cairn approve prod 3f2a91c' });
  const elsewhere = await post('/comment', { login: 'bob', body: 'evil' }, 'https://evil.example');
  const stranger = await post('/comment', { login: 'mallory', body: 'evil' });

  const comments = await forge.api('bob', 'GET', `/repos/${REPOSITORY}/issues/1/comments`);
  expect(good.status).toBe(303);
  expect(elsewhere.status).toBe(403);
  expect(stranger.status).toBe(422);
  expect(comments.body).toMatchObject([{ body: '/cairn approve prod 3f2a91c', user: { login: 'bob' } }]);
});

test('the button merges, for those who may write', async () => {
  const reader = await post('/merge', { login: 'carol' });
  const writer = await post('/merge', { login: 'bob' });

  expect(reader.status).toBe(403);
  expect(writer.status).toBe(303);
  expect(await (await fetch(page)).text()).toMatch(/Merged by <b>bob<\/b>/);
});

test('Markdown is rendered: tables, fences with coloured lines, folds', () => {
  const text =
    '| a | b |\n|---|--:|\n| 1 | 2 |\n\n<details>\n<summary>More `x`</summary>\n\n```diff\n+ one\n- two\n! three\n  four\n```\n\n</details>\n';

  expect(markdown(text)).toMatchSnapshot();
});

test('a longer fence holds a shorter one, as plan text needs it', () => {
  const html = markdown('````diff\n+ a\n```\n+ <b>\n````\nafter');

  expect(html).toContain('```\n<span class="add">+ &lt;b&gt;</span>');
  expect(html).toContain('<p>after</p>');
});

test.each([
  ['<script>alert(1)</script>'],
  ['<img src=x onerror=alert(1)>'],
  ['<details onclick="x">'],
  ['<details open onclick=x>'],
  ['<b style="x">'],
  ['<svg/onload=x>'],
  ['[x](javascript:alert(1))'],
  ['[x](data:text/html,x)'],
  ['![x](https://tracker.example/x.png)'],
  ['<javascript:alert(1)>'],
  ['<style>body{display:none}</style>'],
  ['<a href="https://evil.example">'],
  ['`<b>`'],
  ['<!-- <script>x</script> -->'],
  ['<!-- --><iframe src=x>'],
  ['```diff" onload="x\n<b>\n```'],
])('harmless: %s', (text) => {
  const html = markdown(text);

  expect(html).not.toMatch(/<(script|img|svg|style|iframe|a href="(?!https:\/\/tracker))/i);
  expect(html).not.toMatch(/<[^>]*\son\w+=/i);
  expect(html).not.toMatch(/<[^>]*style=/i);
  expect(html).not.toMatch(/href="(javascript|data)/i);
});

test('headers of a file diff are no changes', () => {
  const html = colourFileDiff('diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+<b>\n');

  expect(html).not.toContain('<span class="del">---');
  expect(html).toContain('<span class="del">-a</span>');
  expect(html).toContain('<span class="add">+&lt;b&gt;</span>');
});

test('a comment keeps its lines, a file does not; an alert has its name and colour, an unknown one is a quote', () => {
  const alert = '> [!CAUTION]\n> **prod** is frozen\n> by alice <script>x</script>\n';

  const shown = commentMarkdown(alert);

  expect(commentMarkdown('a\nb')).toContain('a<br>b');
  expect(markdown('a\nb')).not.toContain('<br>');
  expect(shown).toContain('<blockquote class="alert bad-line"><p class="bad"><b>Caution</b></p>');
  expect(shown).toContain('<strong>prod</strong> is frozen<br>');
  expect(shown).not.toContain('<script>');
  expect(markdown(alert)).toContain('<b>Caution</b>');
  expect(markdown('> [!OTHER]\n> x')).toContain('[!OTHER]');
});

test('the header of a file in a diff stands on lines of its own', () => {
  const diff = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n';

  const lines = colourFileDiff(diff).split('\n');

  expect(lines.map((line) => line.replace(/<[^>]*>/g, ''))).toEqual(diff.split('\n'));
});
