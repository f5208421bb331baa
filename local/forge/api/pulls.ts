import { Hono } from 'hono';
import { z } from 'zod';
import { diffFiles } from '../diff.ts';
import { isAncestor, mergeBase, readRef, resolveCommit } from '../objects.ts';
import { closePull, mergePull, openPull, pullNumbers, tellPull } from '../pulls.ts';
import { refsMoved } from '../pushed.ts';
import { fileShape } from '../shapes/git.ts';
import { fullPullShape, pullShape } from '../shapes/pull.ts';
import type { PullRow, RepositoryRow } from '../state.ts';
import { type Ctx, canWrite, type Env, ForgeError, gitDir, notFound, now, type World } from '../world.ts';
import { bodyOf, integer, paged, participant, readable, writable } from './request.ts';

const newPull = z.object({
  title: z.string().min(1).max(256),
  head: z.string(),
  base: z.string(),
  body: z.string().max(65_536).nullish(),
  draft: z.boolean().default(false),
});
const pullChange = z.object({
  title: z.string().min(1).max(256).optional(),
  body: z.string().max(65_536).nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
});
const mergeBody = z.object({
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
  sha: z.string().optional(),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
});

export function pullRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo/pulls';

  app.get(at, (c) => {
    const repository = readable(world, c);
    const { state = 'open', head, base } = c.req.query();
    const rows = repository.pulls
      .filter((pull) => state === 'all' || pull.state === state)
      .filter((pull) => base === undefined || pull.baseBranch === base)
      .filter(
        (pull) => head === undefined || `${pull.headRepository.split('/')[0]}:${pull.headBranch}` === head,
      )
      .reverse();
    return c.json(paged(c, rows).map((pull) => pullShape(world, repository, pull)));
  });

  app.post(at, async (c) => {
    const { repository, login } = participant(world, c);
    const body = await bodyOf(c, newPull);
    const pull = await openPull(world, repository, login, { ...body, body: body.body ?? null });
    return c.json(await full(world, repository, pull), 201);
  });

  app.get(`${at}/:number`, async (c) => {
    const repository = readable(world, c);
    return c.json(await full(world, repository, pullOf(repository, c)));
  });

  app.patch(`${at}/:number`, async (c) => {
    const { repository, login } = participant(world, c);
    const pull = pullOf(repository, c);
    if (login !== pull.author && !canWrite(repository, login)) {
      throw new ForgeError(403, 'Resource not accessible by personal access token');
    }
    const change = await bodyOf(c, pullChange);
    await editPull(world, repository, pull, login, change);
    return c.json(await full(world, repository, pull));
  });

  app.get(`${at}/:number/files`, async (c) => {
    const repository = readable(world, c);
    const pull = pullOf(repository, c);
    const dir = gitDir(world, repository);
    const from = (await mergeBase(dir, pull.baseSha, pull.headSha)) ?? pull.baseSha;
    const files = await diffFiles(dir, from, pull.headSha);
    return c.json(paged(c, files).map((file) => fileShape(world, repository, pull.headSha, file)));
  });

  app.get(`${at}/:number/merge`, (c) => {
    if (pullOf(readable(world, c), c).mergedAt === null) throw notFound();
    return c.body(null, 204);
  });

  app.put(`${at}/:number/merge`, async (c) => {
    const { repository, login } = writable(world, c);
    const pull = pullOf(repository, c);
    const body = await bodyOf(c, mergeBody);
    if (body.merge_method === 'rebase')
      throw new ForgeError(405, 'Rebase merges are not allowed on this repository.');
    if (body.sha !== undefined && body.sha !== pull.headSha) {
      throw new ForgeError(409, 'Head branch was modified. Review and try the merge again.');
    }
    const how = {
      squash: body.merge_method === 'squash',
      title: body.commit_title,
      message: body.commit_message,
    };
    const sha = await mergeIt(world, repository, pull, login, how);
    return c.json({ sha, merged: true, message: 'Pull Request successfully merged' });
  });

  app.get('/repos/:owner/:repo/commits/:ref/pulls', async (c) => {
    const repository = readable(world, c);
    const dir = gitDir(world, repository);
    const commit = await resolveCommit(dir, c.req.param('ref'));
    if (commit === null) throw new ForgeError(422, `No commit found for SHA: ${c.req.param('ref')}`);
    const rows: PullRow[] = [];
    for (const pull of [...repository.pulls].reverse()) {
      if (await broughtIn(dir, pull, commit)) rows.push(pull);
    }
    return c.json(paged(c, rows).map((pull) => pullShape(world, repository, pull)));
  });

  return app;
}

/** Merges, moves the base branch and tells everybody; used by the page's button too. */
export async function mergeIt(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
  how: { squash: boolean; title?: string | undefined; message?: string | undefined },
): Promise<string> {
  return world.locked(repository, async () => {
    if (pull.state === 'closed' || pull.draft) throw new ForgeError(405, 'Pull Request is not mergeable');
    const ref = `refs/heads/${pull.baseBranch}`;
    const before = await readRef(gitDir(world, repository), ref);
    const commit = before === null ? null : await mergePull(world, repository, pull, login, how);
    if (before === null || commit === null) throw new ForgeError(405, 'Pull Request is not mergeable');
    await refsMoved(world, repository, [{ ref, before, after: commit }], login, { pull, commit });
    return commit;
  });
}

async function editPull(
  world: World,
  repository: RepositoryRow,
  pull: PullRow,
  login: string,
  change: z.infer<typeof pullChange> & { draft?: boolean },
): Promise<void> {
  const edited = change.title !== undefined || change.body !== undefined;
  if (change.title !== undefined) pull.title = change.title;
  if (change.body !== undefined) pull.body = change.body;
  pull.updatedAt = now(world);
  world.store.touch();
  if (edited) await tellPull(world, repository, pull, 'edited', login, { changes: {} });
  if (change.state === 'closed' && pull.state === 'open')
    await closePull(world, repository, pull, login, null);
  if (change.state === 'open' && pull.state === 'closed') {
    if (pull.mergedAt !== null) throw new ForgeError(422, 'Validation Failed');
    pull.state = 'open';
    pull.closedAt = null;
    await tellPull(world, repository, pull, 'reopened', login);
  }
  if (change.draft !== undefined && change.draft !== pull.draft) {
    pull.draft = change.draft;
    const action = change.draft ? 'converted_to_draft' : 'ready_for_review';
    await tellPull(world, repository, pull, action, login);
  }
}

export function pullOf(repository: RepositoryRow, c: Ctx): PullRow {
  const number = integer(c.req.param('number'));
  const pull = repository.pulls.find((row) => row.number === number);
  if (!pull) throw notFound();
  return pull;
}

async function full(world: World, repository: RepositoryRow, pull: PullRow) {
  return fullPullShape(world, repository, pull, await pullNumbers(world, repository, pull));
}

/** The commit is its head, the commit it was merged by, or one of those it has and its base had not. */
async function broughtIn(dir: string, pull: PullRow, commit: string): Promise<boolean> {
  if (commit === pull.headSha || commit === pull.mergeCommitSha) return true;
  const isNew = !(await isAncestor(dir, commit, pull.baseSha));
  return isNew && (await isAncestor(dir, commit, pull.headSha));
}
