import { spawn } from 'node:child_process';

interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

interface GitOptions {
  input?: Uint8Array | string;
  env?: Record<string, string>;
}

/**
 * Runs git in a bare repository: arguments as an array, never a shell, nothing of the user's own git
 * configuration, pathspecs taken literally, no prompt.
 */
export function runGit(dir: string, args: string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, { cwd: dir, env: { ...gitEnv(dir), ...options.env } });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') }),
    );
    // git may end before it has read everything (a refused push): that is its answer, not our failure.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

/** Standard output as text; anything but exit 0 throws. */
export async function git(dir: string, args: string[], options: GitOptions = {}): Promise<string> {
  const result = await runGit(dir, args, options);
  if (result.code !== 0) {
    throw new Error(`git ${args[0]} ended with ${result.code} in ${dir}: ${result.stderr.trim()}`);
  }
  return result.stdout.toString('utf8');
}

function gitEnv(dir: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: dir,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_AUTHOR_NAME: 'forge',
    GIT_AUTHOR_EMAIL: 'forge@localhost',
    GIT_COMMITTER_NAME: 'forge',
    GIT_COMMITTER_EMAIL: 'forge@localhost',
  };
}

export const ZERO = '0'.repeat(40);

export function isSha(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** What `git check-ref-format --branch` takes, minus a leading `-`: no option, no revision expression. */
export function isRefName(name: string): boolean {
  if (name === '' || name === '@' || name.length > 244) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return !/^[-/.]|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|[/.]$/.test(name);
}
