import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { diffFiles } from '../diff.ts';
import { git, runGit } from '../git.ts';
import {
  entryAt,
  listTree,
  mergeBase,
  readBlob,
  readCommit,
  readCommits,
  readRef,
  readRefs,
  resolveCommit,
} from '../objects.ts';
import { contentShape } from '../shapes/content.ts';
import { commitShape, fileShape } from '../shapes/git.ts';
import { apiUrl, fullRepositoryShape, pageUrl, repositoryShape } from '../shapes/repository.ts';
import type { RepositoryRow } from '../state.ts';
import {
  type Ctx,
  type Env,
  ForgeError,
  fullName,
  gitDir,
  notFound,
  permissionOf,
  type World,
} from '../world.ts';
import { linkPages, paged, pageOf, readable } from './request.ts';

export function repositoryRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const tickets = new Map<string, string>();

  app.get('/user/repos', (c) => {
    const { login } = c.get('caller');
    if (login === null) throw new ForgeError(401, 'Requires authentication');
    const rows = Object.values(world.store.state.repositories).filter(
      (row) => permissionOf(row, login) !== 'none',
    );
    return c.json(paged(c, rows).map((row) => repositoryShape(world, row)));
  });

  app.get('/repos/:owner/:repo', (c) => c.json(fullRepositoryShape(world, readable(world, c))));

  app.get('/repos/:owner/:repo/branches', async (c) => {
    const repository = readable(world, c);
    const heads = [...(await readRefs(gitDir(world, repository), 'refs/heads/'))];
    const rows = heads.map(([ref, sha]) => ({
      name: ref.slice('refs/heads/'.length),
      commit: { sha, url: `${apiUrl(world, repository)}/commits/${sha}` },
      protected: false,
    }));
    return c.json(paged(c, rows));
  });

  app.get('/repos/:owner/:repo/branches/:branch{.+}', async (c) => {
    const repository = readable(world, c);
    const name = c.req.param('branch');
    const sha = await readRef(gitDir(world, repository), `refs/heads/${name}`);
    const commit = sha === null ? null : await readCommit(gitDir(world, repository), sha);
    if (!commit) throw new ForgeError(404, 'Branch not found');
    const url = `${apiUrl(world, repository)}/branches/${encodeURIComponent(name)}`;
    return c.json({
      name,
      commit: commitShape(world, repository, commit),
      _links: { self: url, html: `${pageUrl(world, repository)}/tree/${encodeURI(name)}` },
      protected: false,
      protection: { enabled: false },
      protection_url: `${url}/protection`,
    });
  });

  app.get('/repos/:owner/:repo/commits', async (c) => {
    const repository = readable(world, c);
    const dir = gitDir(world, repository);
    const start = await resolveCommit(dir, c.req.query('sha') ?? repository.defaultBranch);
    if (start === null) throw notFound();
    const { page, perPage } = pageOf(c);
    const path = c.req.query('path');
    const range = [`--skip=${(page - 1) * perPage}`, `--max-count=${perPage + 1}`, start];
    const text = await git(dir, ['rev-list', ...range, '--', ...(path ? [path] : [])]);
    const shas = text.split('\n').filter((line) => line !== '');
    linkPages(c, page, shas.length > perPage ? page + 1 : page);
    const commits = await readCommits(dir, shas.slice(0, perPage));
    return c.json(commits.map((commit) => commitShape(world, repository, commit)));
  });

  app.get('/repos/:owner/:repo/commits/:ref{.+}', async (c, next) => {
    if (/\/(pulls|check-runs|statuses|status)$/.test(c.req.path)) return next();
    const repository = readable(world, c);
    const dir = gitDir(world, repository);
    const sha = await resolveCommit(dir, c.req.param('ref'));
    const commit = sha === null ? null : await readCommit(dir, sha);
    if (!commit) throw new ForgeError(422, `No commit found for SHA: ${c.req.param('ref')}`);
    return c.json(commitShape(world, repository, commit));
  });

  app.get('/repos/:owner/:repo/compare/:basehead{.+}', async (c) => {
    const repository = readable(world, c);
    return c.json(await compare(world, c, repository, c.req.param('basehead')));
  });

  const contents = async (c: Ctx) => {
    const repository = readable(world, c);
    const dir = gitDir(world, repository);
    const ref = c.req.query('ref') ?? repository.defaultBranch;
    const commit = await resolveCommit(dir, ref);
    if (commit === null) throw new ForgeError(404, `No commit found for the ref ${ref}`);
    const path = (c.req.param('path') ?? '').replace(/^\/+|\/+$/g, '');
    const entry = path === '' ? null : await entryAt(dir, commit, path);
    if (path !== '' && !entry) throw notFound();
    if (path === '' || entry?.type === 'tree') {
      const rows = await listTree(dir, entry?.sha ?? commit, false);
      const at = path === '' ? '' : `${path}/`;
      return c.json(
        rows.map((row) => contentShape(world, repository, ref, { ...row, path: at + row.path }, null)),
      );
    }
    const bytes = await readBlob(dir, entry?.sha ?? '');
    if (!entry || bytes === null) throw notFound();
    return c.json(contentShape(world, repository, ref, { ...entry, path }, bytes));
  };
  app.get('/repos/:owner/:repo/contents', contents);
  app.get('/repos/:owner/:repo/contents/:path{.+}', contents);

  // GitHub answers with a redirect to another host and a ticket in the address instead of the caller's token.
  app.get('/repos/:owner/:repo/tarball/:ref{.+}', async (c) => {
    const repository = readable(world, c);
    const sha = await resolveCommit(gitDir(world, repository), c.req.param('ref'));
    if (sha === null) throw notFound();
    const ticket = randomBytes(16).toString('hex');
    tickets.set(ticket, sha);
    if (tickets.size > 1000) tickets.delete(tickets.keys().next().value ?? '');
    const at = `${world.url()}/api/v3/codeload/${fullName(repository)}/${sha}?ticket=${ticket}`;
    return c.redirect(at, 302);
  });

  app.get('/codeload/:owner/:repo/:sha', async (c) => {
    const sha = c.req.param('sha');
    const repository =
      world.store.state.repositories[`${c.req.param('owner')}/${c.req.param('repo')}`.toLowerCase()];
    if (!repository || tickets.get(c.req.query('ticket') ?? '') !== sha) throw notFound();
    const prefix = `${repository.owner}-${repository.name}-${sha.slice(0, 7)}/`;
    const archive = await runGit(gitDir(world, repository), [
      'archive',
      '--format=tar',
      `--prefix=${prefix}`,
      sha,
    ]);
    if (archive.code !== 0) throw new ForgeError(500, 'git archive failed');
    // Level 1: archives of configuration are small, and whoever waits for one waits for a plan.
    const body = new Uint8Array(gzipSync(archive.stdout, { level: 1 }));
    return new Response(body, { headers: { 'content-type': 'application/x-gzip' } });
  });

  return app;
}

async function compare(world: World, c: Ctx, repository: RepositoryRow, basehead: string) {
  const dir = gitDir(world, repository);
  const [from = '', to = ''] = basehead.split('...');
  const base = await resolveCommit(dir, from);
  const head = await resolveCommit(dir, to);
  if (base === null || head === null) throw notFound();
  const common = await mergeBase(dir, base, head);
  if (common === null) throw new ForgeError(404, `No common ancestor between ${from} and ${to}.`);
  const counts = await git(dir, ['rev-list', '--left-right', '--count', `${base}...${head}`]);
  const [behind = 0, ahead = 0] = counts.trim().split('\t').map(Number);
  const { page, perPage } = pageOf(c, 250);
  linkPages(c, page, Math.ceil(ahead / perPage));
  const shas = (await git(dir, ['rev-list', '--reverse', `${base}..${head}`])).split('\n').filter(Boolean);
  const commits = await readCommits(dir, shas.slice((page - 1) * perPage, page * perPage));
  const [baseCommit, commonCommit] = await readCommits(dir, [base, common]);
  if (!baseCommit || !commonCommit) throw notFound();
  const files = page === 1 ? (await diffFiles(dir, common, head)).slice(0, 300) : [];
  const html = `${pageUrl(world, repository)}/compare/${base}...${head}`;
  const status =
    ahead === 0 && behind === 0 ? 'identical' : behind === 0 ? 'ahead' : ahead === 0 ? 'behind' : 'diverged';
  return {
    url: `${apiUrl(world, repository)}/compare/${base}...${head}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    base_commit: commitShape(world, repository, baseCommit),
    merge_base_commit: commitShape(world, repository, commonCommit),
    status,
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: commits.map((commit) => commitShape(world, repository, commit)),
    files: files.map((file) => fileShape(world, repository, head, file)),
  };
}
