import { Hono } from 'hono';
import { z } from 'zod';
import { issueShape } from '../shapes/issue.ts';
import { commentShape } from '../shapes/pull.ts';
import { repositoryShape } from '../shapes/repository.ts';
import { userShape } from '../shapes/user.ts';
import type { CommentRow, IssueRow, PullRow, RepositoryRow } from '../state.ts';
import { type Ctx, canWrite, type Env, ForgeError, nextId, notFound, now, type World } from '../world.ts';
import { issuesOf, threadOf } from './issues.ts';
import { bodyOf, integer, paged, participant, readable } from './request.ts';

const text = z.object({
  body: z.string().min(1).max(65_536, 'body is too long (maximum is 65536 characters)'),
});
const reaction = z.object({
  content: z.enum(['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes']),
});

export function commentRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const issues = '/repos/:owner/:repo/issues';

  app.get(`${issues}/:number/comments`, (c) => {
    const repository = readable(world, c);
    const { number } = threadOf(repository, c);
    const since = c.req.query('since') ?? '';
    const rows = repository.comments.filter((row) => row.pull === number && row.updatedAt >= since);
    return c.json(paged(c, rows).map((row) => commentShape(world, repository, row)));
  });

  app.post(`${issues}/:number/comments`, async (c) => {
    const { repository, login } = participant(world, c);
    const { body } = await bodyOf(c, text);
    const comment = addComment(world, repository, threadOf(repository, c), login, body);
    return c.json(commentShape(world, repository, comment), 201);
  });

  app.get(`${issues}/comments/:id`, (c) => {
    const repository = readable(world, c);
    return c.json(commentShape(world, repository, commentOf(repository, c)));
  });

  app.patch(`${issues}/comments/:id`, async (c) => {
    const { repository, comment, login } = mine(world, c);
    const { body } = await bodyOf(c, text);
    const from = comment.body;
    comment.body = body;
    comment.updatedAt = now(world);
    world.store.touch();
    tellComment(world, repository, comment, login, 'edited', { changes: { body: { from } } });
    return c.json(commentShape(world, repository, comment));
  });

  app.delete(`${issues}/comments/:id`, (c) => {
    const { repository, comment, login } = mine(world, c);
    repository.comments.splice(repository.comments.indexOf(comment), 1);
    world.store.touch();
    tellComment(world, repository, comment, login, 'deleted');
    return c.body(null, 204);
  });

  app.post(`${issues}/comments/:id/reactions`, async (c) => {
    const { repository, login } = participant(world, c);
    const comment = commentOf(repository, c);
    const { content } = await bodyOf(c, reaction);
    const before = comment.reactions.find((row) => row.login === login && row.content === content);
    const row = before ?? { id: nextId(world), login, content, createdAt: now(world) };
    if (!before) comment.reactions.push(row);
    const shape = {
      id: row.id,
      node_id: `REA_${row.id}`,
      user: userShape(world, login),
      content,
      created_at: row.createdAt,
    };
    return c.json(shape, before ? 200 : 201);
  });

  return app;
}

/** Used by the page's form too. */
export function addComment(
  world: World,
  repository: RepositoryRow,
  thread: IssueRow | PullRow,
  author: string,
  body: string,
): CommentRow {
  const at = now(world);
  const comment: CommentRow = {
    id: nextId(world),
    pull: thread.number,
    author,
    body,
    createdAt: at,
    updatedAt: at,
    reactions: [],
  };
  repository.comments.push(comment);
  world.store.touch();
  tellComment(world, repository, comment, author, 'created');
  return comment;
}

function tellComment(
  world: World,
  repository: RepositoryRow,
  comment: CommentRow,
  sender: string,
  action: string,
  more: Record<string, unknown> = {},
): void {
  const thread = [...repository.pulls, ...issuesOf(repository)].find(({ number }) => number === comment.pull);
  if (!thread) return;
  world.tell(repository, 'issue_comment', {
    action,
    ...more,
    issue: issueShape(world, repository, thread),
    comment: commentShape(world, repository, comment),
    repository: repositoryShape(world, repository),
    sender: userShape(world, sender),
  });
}

function commentOf(repository: RepositoryRow, c: Ctx): CommentRow {
  const id = integer(c.req.param('id'));
  const comment = repository.comments.find((row) => row.id === id);
  if (!comment) throw notFound();
  return comment;
}

function mine(world: World, c: Ctx) {
  const { repository, login } = participant(world, c);
  const comment = commentOf(repository, c);
  if (comment.author === login || canWrite(repository, login)) return { repository, comment, login };
  throw new ForgeError(403, 'Resource not accessible by personal access token');
}
