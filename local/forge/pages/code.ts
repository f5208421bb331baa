import { diffText } from '../diff.ts';
import { git } from '../git.ts';
import { entryAt, listTree, readBlob, readCommit, resolveCommit } from '../objects.ts';
import type { RepositoryRow } from '../state.ts';
import { type Ctx, fullName, gitDir, notFound, type World } from '../world.ts';
import { checkList } from './checks.ts';
import { ago, html, page, pathOf, raw, repositoryHead, shaLink, who } from './layout.ts';
import { colourFileDiff, markdown } from './markdown.ts';
import { commitList, commitsOf, readme } from './repository.ts';

const LONGEST_FILE = 500_000;

export async function commitsPage(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  ref: string,
): Promise<Response> {
  const dir = gitDir(world, repository);
  const start = await resolveCommit(dir, ref);
  if (start === null) throw notFound();
  const commits = await commitsOf(dir, start, 100);
  return page(
    c,
    `Commits of ${ref}`,
    html`${repositoryHead(repository)}<h2>Commits of <a href="/${fullName(repository)}/tree/${pathOf(ref)}">${ref}</a></h2>
    ${commitList(world, repository, commits)}`,
  );
}

export async function commitPage(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  sha: string,
): Promise<Response> {
  const dir = gitDir(world, repository);
  const full = await resolveCommit(dir, sha);
  const commit = full === null ? null : await readCommit(dir, full);
  if (!commit) throw notFound();
  const parent = commit.parents[0];
  const diff =
    parent === undefined
      ? await git(dir, ['show', '--format=', '--no-color', commit.sha])
      : await diffText(dir, parent, commit.sha);
  return page(
    c,
    commit.message.split('\n')[0] ?? sha,
    html`${repositoryHead(repository)}<h2>${commit.message.split('\n')[0]}</h2>
    <pre>${commit.message}</pre>
    <p>${who(commit.author.name)} ${ago(world, commit.author.date)} <span class="mono">${commit.sha}</span>,
    parents ${commit.parents.map((row) => html`${shaLink(repository, row)} `)}
    <a href="/${fullName(repository)}/tree/${commit.sha}">files</a></p>
    <div class="box"><div class="head"><b>Checks</b></div>${checkList(repository, commit.sha)}</div>
    <pre class="diff"><code>${raw(colourFileDiff(diff.slice(0, LONGEST_FILE)))}</code></pre>`,
  );
}

/** A folder or a file at a ref. `rest` is `REF/PATH`, and a ref can have slashes too: the longest that exists wins. */
export async function filePage(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  rest: string,
): Promise<Response> {
  const { ref, commit, path } = await splitRef(world, repository, rest);
  const dir = gitDir(world, repository);
  const entry = path === '' ? null : await entryAt(dir, commit, path);
  if (path !== '' && !entry) throw notFound();
  const at = `/${fullName(repository)}`;
  const crumbs = html`${repositoryHead(repository)}<h2><a href="${at}/tree/${pathOf(ref)}">${ref}</a> / ${path}
    <a class="small" href="${at}/commits/${pathOf(ref)}">commits</a></h2>`;
  if (entry?.type === 'blob') {
    const bytes = (await readBlob(dir, entry.sha)) ?? Buffer.alloc(0);
    const text = bytes.subarray(0, LONGEST_FILE).toString('utf8');
    const shown = bytes.includes(0)
      ? html`<p class="dim">A binary file of ${bytes.length} bytes.</p>`
      : path.endsWith('.md')
        ? html`<div class="markdown">${raw(markdown(text))}</div>`
        : html`<pre><code>${text}</code></pre>`;
    return page(
      c,
      path,
      html`${crumbs}<div class="box"><div class="head"><b>${path.split('/').at(-1)}</b>
      <a class="small" href="${at}/raw/${pathOf(ref)}/${pathOf(path)}">raw</a></div><div class="body">${shown}</div></div>`,
    );
  }
  const rows = await listTree(dir, entry?.sha ?? commit, false);
  const list = rows.map((row) => {
    const target = path === '' ? row.path : `${path}/${row.path}`;
    const kind = row.type === 'tree' ? 'tree' : 'blob';
    return html`<div class="row"><a class="grow" href="${at}/${kind}/${pathOf(ref)}/${pathOf(target)}">${row.path}${row.type === 'tree' ? '/' : ''}</a>
      <span class="dim small">${row.size === null ? '' : `${row.size} bytes`}</span></div>`;
  });
  return page(
    c,
    `${ref}/${path}`,
    html`${crumbs}<div class="box">${list}</div>${await readme(dir, commit, path)}`,
  );
}

export async function rawFile(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  rest: string,
): Promise<Response> {
  const { commit, path } = await splitRef(world, repository, rest);
  const dir = gitDir(world, repository);
  const entry = await entryAt(dir, commit, path);
  const bytes = entry?.type === 'blob' ? await readBlob(dir, entry.sha) : null;
  if (bytes === null) throw notFound();
  c.header('content-security-policy', "default-src 'none'; sandbox");
  c.header('x-content-type-options', 'nosniff');
  c.header('content-type', 'text/plain; charset=utf-8');
  return c.body(new Uint8Array(bytes));
}

async function splitRef(world: World, repository: RepositoryRow, rest: string) {
  const parts = rest.replace(/\/+$/, '').split('/');
  for (let count = parts.length; count > 0; count--) {
    const ref = parts.slice(0, count).join('/');
    const commit = await resolveCommit(gitDir(world, repository), ref);
    if (commit !== null) return { ref, commit, path: parts.slice(count).join('/') };
  }
  throw notFound();
}
