import { gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { runGit } from './git.ts';
import { readRefs } from './objects.ts';
import { movesBetween, refsMoved } from './pushed.ts';
import type { RepositoryRow } from './state.ts';
import { type Ctx, canWrite, type Env, findRepository, gitDir, permissionOf, type World } from './world.ts';

const SERVICES = ['git-upload-pack', 'git-receive-pack'] as const;
type Service = (typeof SERVICES)[number];

/** Clone, fetch and push over HTTP: git's own programs, one stateless exchange each. */
export function smartHttp(world: World): Hono<Env> {
  const app = new Hono<Env>();

  app.get('/:owner/:name/info/refs', async (c) => {
    const service = SERVICES.find((name) => name === c.req.query('service'));
    if (!service) return c.text('This forge speaks the smart protocol only: use git.', 403);
    const access = admit(world, c, service);
    if (access instanceof Response) return access;
    const { stdout } = await runService(world, c, access, service, ['--http-backend-info-refs']);
    const head = `# service=${service}\n`;
    const length = (head.length + 4).toString(16).padStart(4, '0');
    return answer(Buffer.concat([Buffer.from(`${length}${head}0000`), stdout]), `${service}-advertisement`);
  });

  app.post('/:owner/:name/git-upload-pack', async (c) => {
    const access = admit(world, c, 'git-upload-pack');
    if (access instanceof Response) return access;
    const { stdout } = await runService(world, c, access, 'git-upload-pack', [], await bodyOf(c));
    return answer(stdout, 'git-upload-pack-result');
  });

  app.post('/:owner/:name/git-receive-pack', async (c) => {
    const access = admit(world, c, 'git-receive-pack');
    if (access instanceof Response) return access;
    const body = await bodyOf(c);
    const pusher = c.get('caller').login ?? access.owner;
    const stdout = await world.locked(access, async () => {
      const before = await readRefs(gitDir(world, access));
      const result = await runService(world, c, access, 'git-receive-pack', [], body);
      const after = await readRefs(gitDir(world, access));
      await refsMoved(world, access, movesBetween(before, after), pusher);
      return result.stdout;
    });
    return answer(stdout, 'git-receive-pack-result');
  });

  return app;
}

/** The repository, or the answer that makes git ask for a password. */
function admit(world: World, c: Ctx, service: Service): RepositoryRow | Response {
  const repository = findRepository(world, `${c.req.param('owner')}/${c.req.param('name')}`);
  const { login } = c.get('caller');
  if (repository && service === 'git-receive-pack' && canWrite(repository, login)) return repository;
  const readable = repository !== null && permissionOf(repository, login) !== 'none';
  if (readable && service === 'git-upload-pack') return repository;
  if (login !== null)
    return c.text(readable ? 'Write access is needed.' : 'Repository not found.', readable ? 403 : 404);
  return c.text('Authentication is needed.', 401, { 'www-authenticate': 'Basic realm="forge"' });
}

function runService(
  world: World,
  c: Ctx,
  repository: RepositoryRow,
  service: Service,
  flags: string[],
  input?: Uint8Array,
) {
  const protocol = c.req.header('git-protocol') ?? '';
  const env = /^version=[0-2]$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {};
  const args = [service.replace(/^git-/, ''), '--stateless-rpc', ...flags, '.'];
  return runGit(gitDir(world, repository), args, input ? { input, env } : { env });
}

async function bodyOf(c: Ctx): Promise<Uint8Array> {
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  return c.req.header('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes;
}

function answer(body: Buffer, type: string): Response {
  return new Response(new Uint8Array(body), {
    headers: { 'content-type': `application/x-${type}`, 'cache-control': 'no-cache' },
  });
}
