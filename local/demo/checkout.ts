import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';

/** A clone in which a person works, by real git. */
export interface Checkout {
  dir: string;
  git(...args: string[]): Promise<string>;
  /** Commits everything on a branch that starts at origin's main, and pushes it. Answers the commit. */
  push(branch: string, message: string, change: (dir: string) => Promise<void>): Promise<string>;
  remove(): Promise<void>;
}

export async function cloneOf(url: string, who: { login: string; token: string }): Promise<Checkout> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-demo-clone-'));
  const remote = new URL(url);
  remote.username = who.login;
  remote.password = who.token;

  async function git(...args: string[]): Promise<string> {
    const { stdout } = await execa('git', args, { cwd: dir, env: environment(who.login), extendEnv: false });
    return stdout;
  }

  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', remote.href);
  return {
    dir,
    git,
    async push(branch, message, change) {
      await git('fetch', '--quiet', 'origin');
      const hasMain = (await git('branch', '--remotes', '--list', 'origin/main')) !== '';
      if (hasMain) await git('checkout', '--quiet', '-B', branch, 'origin/main');
      await change(dir);
      await git('add', '--all');
      await git('commit', '--quiet', '-m', message);
      await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** The shop with its place on this machine: `home` and the ports, its own and that of a pull request's, go into its cairn.yaml. */
export async function placeShop(
  from: string,
  to: string,
  home: string,
  [port, ephemeralPort]: readonly [number, number],
): Promise<void> {
  await cp(from, to, { recursive: true, filter: (file) => !/\.terraform|\.tfstate/.test(file) });
  const file = path.join(to, 'cairn.yaml');
  const text = await readFile(file, 'utf8');
  const placed = text
    .replace(/shop_home: .*/g, `shop_home: ${home}`)
    .replace('port: 8480', `port: ${port}`)
    .replace('port: 8490', `port: ${ephemeralPort}`);
  await writeFile(file, placed);
}

/** Nothing of the user's own git configuration, hooks or credentials. */
function environment(login: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: login,
    GIT_AUTHOR_EMAIL: `${login}@example.com`,
    GIT_COMMITTER_NAME: login,
    GIT_COMMITTER_EMAIL: `${login}@example.com`,
  };
}
