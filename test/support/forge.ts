import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type GithubForge, type GithubOptions, githubForge } from '../../adapters/github/github-forge.ts';
import { type Forge, startForge } from '../../local/forge/forge.ts';

const run = promisify(execFile);

export const REPOSITORY = 'acme/shop';

/** login -> token. alice is admin, bob may write, carol may only read; cairn-bot is a machine that may write. */
export const TOKENS = {
  alice: 'alice-token',
  bob: 'bob-token',
  carol: 'carol-token',
  'cairn-bot': 'cairn-bot-token',
};
type Login = keyof typeof TOKENS;

export interface Clone {
  dir: string;
  git(...args: string[]): Promise<string>;
  /** Writes files (null deletes) and commits them; answers the new commit. */
  commit(message: string, files: Record<string, string | null>): Promise<string>;
  push(branch: string): Promise<void>;
}

export interface TestForge {
  forge: Forge;
  dir: string;
  repository: string;
  /** Head of main after the seeding. */
  seed: string;
  /** A clone whose commits and pushes are this person's. */
  clone(login: Login, repository?: string): Promise<Clone>;
  /** The GitHub adapter by somebody's token, or as an App named `cairn`. */
  adapter(as: Login | 'app', options?: Partial<GithubOptions>): Promise<GithubForge>;
  /** A call of the REST API; answers status and body. */
  api(
    login: Login | null,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: never }>;
  /** Stops the forge and starts it again on the same folder, at another port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A forge with one repository whose branch main holds `files`. */
export async function startTestForge(
  options: { files?: Record<string, string>; clock?: { now(): Date } } = {},
): Promise<TestForge> {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-forge-'));
  const started = { dir: join(dir, 'forge'), ...(options.clock ? { clock: options.clock } : {}) };
  let forge = await startForge(started);
  let app: Awaited<ReturnType<Forge['addApp']>> | null = null;
  await forge.addRepository(REPOSITORY);
  forge.addUser('alice', TOKENS.alice, { [REPOSITORY]: 'admin' });
  forge.addUser('bob', TOKENS.bob, { [REPOSITORY]: 'write' });
  forge.addUser('carol', TOKENS.carol, { [REPOSITORY]: 'read' });
  forge.addUser('cairn-bot', TOKENS['cairn-bot'], { [REPOSITORY]: 'write' }, { bot: true });
  let clones = 0;

  const test: TestForge = {
    get forge() {
      return forge;
    },
    dir,
    repository: REPOSITORY,
    seed: '',
    async clone(login, repository = REPOSITORY) {
      const folder = join(dir, `clone-${clones++}`);
      const url = `${forge.url.replace('//', `//${login}:${TOKENS[login]}@`)}/${repository}.git`;
      await run('git', ['clone', '--quiet', url, folder], { env: quiet(login) });
      return cloneAt(folder, login);
    },
    async adapter(as, more = {}) {
      if (as === 'app') app ??= await forge.addApp('cairn');
      const auth = as === 'app' ? { app: app! } : { token: TOKENS[as] };
      return githubForge({ baseUrl: forge.apiUrl, auth, clock: { now: () => new Date() }, ...more });
    },
    async api(login, method, path, body) {
      const answer = await fetch(`${forge.apiUrl}${path}`, {
        method,
        headers: login === null ? {} : { authorization: `token ${TOKENS[login]}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as never };
    },
    async restart() {
      await forge.close();
      forge = await startForge(started);
    },
    async close() {
      await forge.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  const seeder = await test.clone('alice');
  test.seed = await seeder.commit('Begin', options.files ?? { 'README.md': '# Shop\n' });
  await seeder.push('main');
  return test;
}

function cloneAt(dir: string, login: Login): Clone {
  const git = async (...args: string[]) =>
    (await run('git', args, { cwd: dir, env: quiet(login), maxBuffer: 64 * 1024 * 1024 })).stdout;
  return {
    dir,
    git,
    async commit(message, files) {
      for (const [path, content] of Object.entries(files)) {
        if (content === null) {
          await rm(join(dir, path));
          continue;
        }
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await writeFile(join(dir, path), content);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--message', message);
      return (await git('rev-parse', 'HEAD')).trim();
    },
    async push(branch) {
      await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    },
  };
}

/** Git as nobody's configuration has it, with the author set. */
function quiet(login: Login): NodeJS.ProcessEnv {
  const who = { NAME: login, EMAIL: `${login}@example.com` };
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'init.defaultBranch',
    GIT_CONFIG_VALUE_0: 'main',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
  };
}
