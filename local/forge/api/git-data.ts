import { Hono } from 'hono';
import { z } from 'zod';
import { isRefName, isSha, ZERO } from '../git.ts';
import { entryAt, isAncestor, listTree, readBlob, readCommit, readRef, readRefs } from '../objects.ts';
import { refsMoved } from '../pushed.ts';
import { gitCommitShape, refShape } from '../shapes/git.ts';
import { apiUrl } from '../shapes/repository.ts';
import type { RepositoryRow } from '../state.ts';
import { type Env, ForgeError, findUser, gitDir, notFound, type World } from '../world.ts';
import { dropRef, swapRef, type TreeChange, treeOf, writeBlob, writeCommit, writeTree } from '../write.ts';
import { bodyOf, paged, readable, writable } from './request.ts';

const sha = z.string().refine(isSha, 'not a full sha');
const signature = z.object({
  name: z.string(),
  email: z.string(),
  date: z.iso.datetime({ offset: true }).optional(),
});
const newCommit = z.object({
  message: z.string(),
  tree: sha,
  parents: z.array(sha).default([]),
  author: signature.optional(),
  committer: signature.optional(),
});
const newTree = z.object({
  base_tree: sha.optional(),
  tree: z
    .array(
      z.object({
        path: z.string().refine(isPath, 'tree.path contains a malformed path component'),
        mode: z.enum(['100644', '100755', '120000']),
        type: z.literal('blob').default('blob'),
        sha: sha.nullish(),
        content: z.string().optional(),
      }),
    )
    .min(1),
});

export function gitDataRoutes(world: World): Hono<Env> {
  const app = new Hono<Env>();
  const at = '/repos/:owner/:repo/git';

  app.get(`${at}/ref/:ref{.+}`, async (c) => {
    const repository = readable(world, c);
    const ref = `refs/${c.req.param('ref')}`;
    const found = await readRef(gitDir(world, repository), ref);
    if (found === null) throw notFound();
    return c.json(refShape(world, repository, ref, found));
  });

  app.get(`${at}/matching-refs/:ref{.*}`, async (c) => {
    const repository = readable(world, c);
    const wanted = `refs/${c.req.param('ref')}`;
    const refs = [...(await readRefs(gitDir(world, repository)))].filter(([ref]) => ref.startsWith(wanted));
    return c.json(paged(c, refs).map(([ref, found]) => refShape(world, repository, ref, found)));
  });

  app.post(`${at}/refs`, async (c) => {
    const { repository, login } = writable(world, c);
    const body = await bodyOf(c, z.object({ ref: z.string(), sha }));
    if (!/^refs\/[^/]+\/./.test(body.ref) || !isRefName(body.ref)) {
      throw new ForgeError(422, `${body.ref} is not a valid ref name.`);
    }
    await needCommit(world, repository, body.sha);
    await world.locked(repository, async () => {
      if (!(await swapRef(gitDir(world, repository), body.ref, body.sha, null))) {
        throw new ForgeError(422, 'Reference already exists');
      }
      await refsMoved(world, repository, [{ ref: body.ref, before: ZERO, after: body.sha }], login);
    });
    return c.json(refShape(world, repository, body.ref, body.sha), 201);
  });

  app.patch(`${at}/refs/:ref{.+}`, async (c) => {
    const { repository, login } = writable(world, c);
    const body = await bodyOf(c, z.object({ sha, force: z.boolean().default(false) }));
    const dir = gitDir(world, repository);
    const ref = `refs/${c.req.param('ref')}`;
    await needCommit(world, repository, body.sha);
    await world.locked(repository, async () => {
      const before = await readRef(dir, ref);
      if (before === null) throw new ForgeError(422, 'Reference does not exist');
      if (!body.force && !(await isAncestor(dir, before, body.sha))) {
        throw new ForgeError(422, 'Update is not a fast forward');
      }
      if (before === body.sha) return;
      if (!(await swapRef(dir, ref, body.sha, before))) throw new ForgeError(409, 'Reference was moved');
      await refsMoved(world, repository, [{ ref, before, after: body.sha }], login);
    });
    return c.json(refShape(world, repository, ref, body.sha));
  });

  app.delete(`${at}/refs/:ref{.+}`, async (c) => {
    const { repository, login } = writable(world, c);
    const dir = gitDir(world, repository);
    const ref = `refs/${c.req.param('ref')}`;
    await world.locked(repository, async () => {
      const before = await readRef(dir, ref);
      if (before === null) throw new ForgeError(422, 'Reference does not exist');
      if (!(await dropRef(dir, ref, before))) throw new ForgeError(409, 'Reference was moved');
      await refsMoved(world, repository, [{ ref, before, after: ZERO }], login);
    });
    return c.body(null, 204);
  });

  app.post(`${at}/blobs`, async (c) => {
    const { repository } = writable(world, c);
    const schema = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });
    const { content, encoding } = await bodyOf(c, schema);
    const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
    const made = await writeBlob(gitDir(world, repository), bytes);
    return c.json({ sha: made, url: `${apiUrl(world, repository)}/git/blobs/${made}` }, 201);
  });

  app.get(`${at}/blobs/:sha`, async (c) => {
    const repository = readable(world, c);
    const wanted = c.req.param('sha');
    const bytes = isSha(wanted) ? await readBlob(gitDir(world, repository), wanted) : null;
    if (bytes === null) throw notFound();
    return c.json({
      sha: wanted,
      node_id: `B_${wanted}`,
      url: `${apiUrl(world, repository)}/git/blobs/${wanted}`,
      size: bytes.length,
      encoding: 'base64',
      content: bytes.toString('base64'),
    });
  });

  app.post(`${at}/trees`, async (c) => {
    const { repository } = writable(world, c);
    const body = await bodyOf(c, newTree);
    const dir = gitDir(world, repository);
    const base =
      body.base_tree === undefined ? null : ((await treeOf(dir, body.base_tree)) ?? body.base_tree);
    const changes: TreeChange[] = [];
    for (const { path, mode, sha: given, content } of body.tree) {
      const blob = content === undefined ? (given ?? null) : await writeBlob(dir, content);
      const gone = blob === null && (base === null || (await entryAt(dir, base, path)) === null);
      const unknown = blob !== null && content === undefined && (await readBlob(dir, blob)) === null;
      if (gone || unknown) throw new ForgeError(422, 'GitRPC::BadObjectState');
      changes.push({ path, mode, sha: blob });
    }
    const tree = await writeTree(dir, base, changes).catch(() => {
      throw new ForgeError(422, 'Invalid tree info');
    });
    return c.json(await treeShape(world, repository, tree, false), 201);
  });

  app.get(`${at}/trees/:sha{.+}`, async (c) => {
    const repository = readable(world, c);
    const dir = gitDir(world, repository);
    const wanted = c.req.param('sha');
    const named = isSha(wanted) ? wanted : await readRef(dir, `refs/heads/${wanted}`);
    if (named === null) throw notFound();
    const tree = (await treeOf(dir, named)) ?? named;
    return c.json(await treeShape(world, repository, tree, c.req.query('recursive') !== undefined));
  });

  app.post(`${at}/commits`, async (c) => {
    const { repository, login } = writable(world, c);
    const body = await bodyOf(c, newCommit);
    const dir = gitDir(world, repository);
    for (const parent of body.parents) await needCommit(world, repository, parent);
    const self = { name: login, email: findUser(world, login)?.email ?? `${login}@users.noreply.github.com` };
    const dated = (who: z.infer<typeof signature>) => ({
      name: who.name,
      email: who.email,
      date: who.date === undefined ? world.clock.now() : new Date(who.date),
    });
    const made = await writeCommit(dir, {
      tree: body.tree,
      parents: body.parents,
      message: body.message,
      author: dated(body.author ?? self),
      committer: dated(body.committer ?? body.author ?? self),
    }).catch(() => {
      throw new ForgeError(422, 'Tree SHA does not exist');
    });
    const commit = await readCommit(dir, made);
    if (!commit) throw new ForgeError(500, 'the commit is gone');
    return c.json(gitCommitShape(world, repository, commit), 201);
  });

  app.get(`${at}/commits/:sha`, async (c) => {
    const repository = readable(world, c);
    const wanted = c.req.param('sha');
    const commit = isSha(wanted) ? await readCommit(gitDir(world, repository), wanted) : null;
    if (!commit) throw notFound();
    return c.json(gitCommitShape(world, repository, commit));
  });

  return app;
}

async function needCommit(world: World, repository: RepositoryRow, wanted: string): Promise<void> {
  if ((await readCommit(gitDir(world, repository), wanted)) === null) {
    throw new ForgeError(422, 'Object does not exist');
  }
}

async function treeShape(world: World, repository: RepositoryRow, tree: string, recursive: boolean) {
  const git = `${apiUrl(world, repository)}/git`;
  const rows = await listTree(gitDir(world, repository), tree, recursive).catch(() => {
    throw notFound();
  });
  return {
    sha: tree,
    url: `${git}/trees/${tree}`,
    truncated: false,
    tree: rows.map(({ path, mode, type, sha: object, size }) => ({
      path,
      mode,
      type,
      sha: object,
      ...(size === null ? {} : { size }),
      url: `${git}/${type === 'tree' ? 'trees' : 'blobs'}/${object}`,
    })),
  };
}

/** What git takes into an index: no empty part, no `.`, `..` or `.git`. */
function isPath(path: string): boolean {
  return (
    path.length <= 4096 &&
    !path.includes('\0') &&
    path.split('/').every((part) => !/^(|\.|\.\.|\.git)$/i.test(part))
  );
}
