import { Hono } from 'hono';
import { z } from 'zod';
import { issueEvent, issueShape } from '../shapes/issue.ts';
import type { IssueRow, PullRow, RepositoryRow } from '../state.ts';
import { type Ctx, canWrite, type Env, ForgeError, nextId, notFound, now, type World } from '../world.ts';
import { bodyOf, integer, paged, participant, readable } from './request.ts';

const title = z.string().min(1).max(256, 'title is too long (maximum is 256 characters)');
const body = z.string().max(65_536, 'body is too long (maximum is 65536 characters)');
const newIssue = z.object({ title, body: body.nullish() });
const issueChange = z.object({
  title: title.optional(),
  body: body.nullish(),
  state: z.enum(['open', 'closed']).optional(),
});

export function issueRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo/issues';

  app.get(at, (c) => {
    const repository = readable(world, c);
    const { state = 'open', creator, since = '' } = c.req.query();
    const all: (IssueRow | PullRow)[] = [...issuesOf(repository), ...repository.pulls];
    const rows = all
      .filter((row) => state === 'all' || row.state === state)
      .filter((row) => creator === undefined || row.author.toLowerCase() === creator.toLowerCase())
      .filter((row) => row.updatedAt >= since)
      .sort((a, b) => b.number - a.number);
    return c.json(paged(c, rows).map((row) => issueShape(world, repository, row)));
  });

  app.post(at, async (c) => {
    const { repository, login } = participant(world, c);
    const wanted = await bodyOf(c, newIssue);
    const time = now(world);
    const issue: IssueRow = {
      id: nextId(world),
      number: repository.nextNumber++,
      title: wanted.title,
      body: wanted.body ?? null,
      state: 'open',
      author: login,
      createdAt: time,
      updatedAt: time,
      closedAt: null,
      closedBy: null,
    };
    repository.issues = [...issuesOf(repository), issue];
    world.store.touch();
    world.tell(repository, 'issues', issueEvent(world, repository, issue, 'opened', login));
    return c.json(issueShape(world, repository, issue), 201);
  });

  app.get(`${at}/:number{[0-9]+}`, (c) => {
    const repository = readable(world, c);
    return c.json(issueShape(world, repository, threadOf(repository, c)));
  });

  app.patch(`${at}/:number{[0-9]+}`, async (c) => {
    const { repository, login } = participant(world, c);
    const issue = issueOf(repository, c);
    if (login !== issue.author && !canWrite(repository, login)) {
      throw new ForgeError(403, 'Resource not accessible by personal access token');
    }
    changeIssue(world, repository, issue, login, await bodyOf(c, issueChange));
    return c.json(issueShape(world, repository, issue));
  });

  return app;
}

export function issuesOf(repository: RepositoryRow): IssueRow[] {
  return repository.issues ?? [];
}

export function issueOf(repository: RepositoryRow, c: Ctx): IssueRow {
  const number = integer(c.req.param('number'));
  const issue = issuesOf(repository).find((row) => row.number === number);
  if (!issue) throw notFound();
  return issue;
}

/** What a number names, and what comments stand below: an issue or a pull request. */
export function threadOf(repository: RepositoryRow, c: Ctx): IssueRow | PullRow {
  const number = integer(c.req.param('number'));
  const found = [...issuesOf(repository), ...repository.pulls].find((row) => row.number === number);
  if (!found) throw notFound();
  return found;
}

function changeIssue(
  world: World,
  repository: RepositoryRow,
  issue: IssueRow,
  login: string,
  change: z.infer<typeof issueChange>,
): void {
  const tell = (action: string) =>
    world.tell(repository, 'issues', issueEvent(world, repository, issue, action, login));
  const isEdited = change.title !== undefined || change.body !== undefined;
  if (change.title !== undefined) issue.title = change.title;
  if (change.body !== undefined) issue.body = change.body;
  issue.updatedAt = now(world);
  world.store.touch();
  if (isEdited) tell('edited');
  if (change.state === undefined || change.state === issue.state) return;
  issue.state = change.state;
  issue.closedAt = change.state === 'closed' ? issue.updatedAt : null;
  issue.closedBy = change.state === 'closed' ? login : null;
  tell(change.state === 'closed' ? 'closed' : 'reopened');
}
