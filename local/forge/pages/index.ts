import { Hono } from 'hono';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import { addComment } from '../api/comments.ts';
import { issueOf, issuesOf, threadOf } from '../api/issues.ts';
import { mergeIt, pullOf } from '../api/pulls.ts';
import { openPull } from '../pulls.ts';
import type { RepositoryRow } from '../state.ts';
import {
  type Ctx,
  canWrite,
  type Env,
  ForgeError,
  findRepository,
  findUser,
  fullName,
  notFound,
  permissionOf,
  type World,
} from '../world.ts';
import { commitPage, commitsPage, filePage, rawFile } from './code.ts';
import { issuePage } from './issue.ts';
import { html, page } from './layout.ts';
import { escapeHtml } from './markdown.ts';
import { pullPage } from './pull.ts';
import { homePage, repositoryPage } from './repository.ts';
import { STYLE } from './style.ts';

/**
 * Pages to look at, and three buttons. Whoever sits at this machine may act as anybody: the forge is a stage for
 * the demo, not a place for secrets. Forms count only when they come from these pages.
 */
export function pageRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use(csrf());
  app.get('/style.css', (c) => c.body(STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/avatars/:login', (c) => avatar(c.req.param('login')));
  app.get('/', (c) => homePage(world, c));

  const at = '/:owner/:repo';
  app.get(at, (c) => repositoryPage(world, c, shown(world, c)));
  app.get(`${at}/pull/:number`, (c) => {
    const repository = shown(world, c);
    return pullPage(world, c, repository, pullOf(repository, c));
  });
  app.get(`${at}/issues/:number`, async (c) => {
    const repository = shown(world, c);
    const { number } = threadOf(repository, c);
    const isIssue = issuesOf(repository).some((issue) => issue.number === number);
    if (!isIssue) return c.redirect(`/${fullName(repository)}/pull/${number}`);
    return issuePage(world, c, repository, issueOf(repository, c));
  });
  app.get(`${at}/commits/:ref{.+}`, (c) => commitsPage(world, c, shown(world, c), c.req.param('ref')));
  app.get(`${at}/commit/:sha`, (c) => commitPage(world, c, shown(world, c), c.req.param('sha')));
  app.get(`${at}/tree/:rest{.+}`, (c) => filePage(world, c, shown(world, c), c.req.param('rest')));
  app.get(`${at}/blob/:rest{.+}`, (c) => filePage(world, c, shown(world, c), c.req.param('rest')));
  app.get(`${at}/raw/:rest{.+}`, (c) => rawFile(world, c, shown(world, c), c.req.param('rest')));

  app.post(`${at}/:kind{pull|issues}/:number/comment`, async (c) => {
    const repository = shown(world, c);
    const thread = threadOf(repository, c);
    const { login, body } = await form(world, c);
    if (permissionOf(repository, login) === 'none')
      throw new ForgeError(403, `${login} may not comment here`);
    if (body.trim() === '' || body.length > 65_536)
      throw new ForgeError(422, 'A comment has 1 to 65,536 characters');
    const comment = addComment(world, repository, thread, login, body);
    const on = `/${fullName(repository)}/${c.req.param('kind')}/${thread.number}`;
    return c.redirect(`${on}#issuecomment-${comment.id}`, 303);
  });

  app.post(`${at}/pulls`, async (c) => {
    const repository = shown(world, c);
    const { login, ...fields } = await form(world, c);
    if (permissionOf(repository, login) === 'none')
      throw new ForgeError(403, `${login} may not open a pull request here`);
    if (fields.title.trim() === '' || fields.title.length > 256)
      throw new ForgeError(422, 'A title has 1 to 256 characters');
    const change = { ...fields, body: null, base: repository.defaultBranch, draft: false };
    const pull = await openPull(world, repository, login, change);
    return c.redirect(`/${fullName(repository)}/pull/${pull.number}`, 303);
  });

  app.post(`${at}/pull/:number/merge`, async (c) => {
    const repository = shown(world, c);
    const pull = pullOf(repository, c);
    const { login } = await form(world, c);
    if (!canWrite(repository, login)) throw new ForgeError(403, `${login} has no write access`);
    await mergeIt(world, repository, pull, login, { squash: false });
    return c.redirect(`/${fullName(repository)}/pull/${pull.number}`, 303);
  });

  app.notFound((c) => c.text('Not found.', 404));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    if (!(error instanceof ForgeError)) throw error;
    c.status(error.status);
    return page(c, error.message, html`<h1>${error.message}</h1><p><a href="/">All repositories</a></p>`);
  });
  return app;
}

function shown(world: World, c: Ctx): RepositoryRow {
  const repository = findRepository(world, `${c.req.param('owner')}/${c.req.param('repo')}`);
  if (!repository) throw notFound();
  return repository;
}

type Fields = Record<'login' | 'body' | 'title' | 'head', string>;

async function form(world: World, c: Ctx): Promise<Fields> {
  const { login, ...fields } = await c.req.parseBody();
  const user = typeof login === 'string' ? findUser(world, login) : null;
  if (user?.type !== 'User') throw new ForgeError(422, 'Choose who acts');
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  return { login: user.login, body: text('body'), title: text('title'), head: text('head') };
}

/** The first letter on a colour of its own. */
function avatar(login: string): Response {
  const hue = [...login].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 360, 7);
  const letter = escapeHtml([...login][0]?.toUpperCase() ?? '?');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="hsl(${hue} 55% 45%)"/><text x="20" y="28" font-family="sans-serif" font-size="22" fill="#fff" text-anchor="middle">${letter}</text></svg>`;
  return new Response(svg, { headers: { 'content-type': 'image/svg+xml' } });
}
