import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** Path -> content; null deletes the file. */
export type Files = Record<string, string | null>;

/** A clone in which somebody works, by real git over HTTP. */
export interface RealClone {
  git(...args: string[]): Promise<string>;
  /**
   * Commits `files` on a branch (which starts at origin's main if it is new) and pushes it. Answers the commit.
   */
  push(files: Files, options?: { branch?: string; from?: string; message?: string }): Promise<string>;
}

/** `dir` is a folder of the test's, removed with it. */
export async function realClone(
  dir: string,
  url: string,
  who: { login: string; token: string },
): Promise<RealClone> {
  const cwd = await mkdtemp(path.join(dir, `clone-${who.login}-`));
  const remote = new URL(url);
  remote.username = who.login;
  remote.password = who.token;
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((role) => [
        [`GIT_${role}_NAME`, who.login],
        [`GIT_${role}_EMAIL`, `${who.login}@example.com`],
      ]),
    ),
  };

  async function git(...args: string[]): Promise<string> {
    return (await execa('git', args, { cwd, env, extendEnv: false })).stdout;
  }

  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', remote.href);
  return {
    git,
    async push(files, { branch = 'main', from, message = 'A change' } = {}) {
      await git('fetch', '--quiet', '--prune', 'origin');
      const known = (await git('branch', '--remotes', '--format=%(refname:short)')).split('\n');
      const start =
        from ?? [branch, 'main'].map((name) => `origin/${name}`).find((ref) => known.includes(ref));
      if (start) await git('checkout', '--quiet', '--force', '-B', branch, start);
      await writeAll(cwd, files);
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '-m', message);
      await git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

async function writeAll(dir: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    if (content === null) {
      await rm(file, { recursive: true });
      continue;
    }
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
