import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'cairn-crash-'));
const program = join(root, 'child.mjs');
const libsql = createRequire(import.meta.url).resolve('libsql');
const children = new Set<ChildProcess>();
let runs = 0;
let expected: string;

beforeAll(async () => {
  // One plain file: a process starts in a fifth of the time that a TypeScript loader takes.
  await build({
    entryPoints: [fileURLToPath(new URL('./crash-child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Native code stays where it is installed.
    alias: { libsql },
    external: [libsql],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

test('kill -9 at every commit: the same output, and no finished step again', async () => {
  const whole = await story(async (folder) => {
    expect(await live(folder)).toBe('ended');
  });
  expected = end(whole);
  let kills = 0;

  for (let killed = true; killed; kills += 1) {
    const log = await story(async (folder) => {
      killed = (await live(folder, kills + 1)) === 'killed';
      if (killed) expect(await live(folder)).toBe('ended');
    });

    expect(end(log)).toBe(expected);
    expect(repeated(log)).toEqual([]);
    expect(keys(log)).toEqual(keys(whole));
  }

  // Start, three items, retry, token, wait, catch, ...: fewer commits would mean that a checkpoint is missing.
  expect(kills).toBeGreaterThan(8);
});

test('kill -9 after each single commit, in one and the same run', async () => {
  let lives = 0;

  const log = await story(async (folder) => {
    while ((await live(folder, 1)) === 'killed') lives += 1;
  });

  expect(end(log)).toBe(expected);
  expect(repeated(log)).toEqual([]);
  expect(lives).toBeGreaterThan(8);
});

test('kill -9 at random moments', async () => {
  for (let round = 0; round < 5; round += 1) {
    const log = await story(async (folder) => {
      const child = start(folder);
      await sleep(40 + Math.random() * 160);
      child.kill('SIGKILL');
      await exit(child);
      expect(await live(folder)).toBe('ended');
    });

    expect(end(log)).toBe(expected);
    expect(repeated(log)).toEqual([]);
  }
});

/** Lines of the log after some lives of the server on one folder. */
async function story(lives: (folder: string) => Promise<void>): Promise<string[]> {
  runs += 1;
  const folder = mkdtempSync(join(root, `run-${runs}-`));
  await lives(folder);
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
}

async function live(folder: string, killAt = 0): Promise<'ended' | 'killed'> {
  return exit(start(folder, killAt));
}

function start(folder: string, killAt = 0): ChildProcess {
  const child = spawn(process.execPath, [program, folder, String(killAt)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  return child;
}

async function exit(child: ChildProcess): Promise<'ended' | 'killed'> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  children.delete(child);
  if (signal === 'SIGKILL') return 'killed';
  if (code !== 0) throw new Error(`The child ended with ${code ?? signal}.`);
  return 'ended';
}

function end(log: string[]): string {
  return log.findLast((line) => line.startsWith('end '))!;
}

function keys(log: string[]): string[] {
  return [...new Set(log.filter((line) => line.startsWith('call ')))].sort();
}

/** Calls of attempts whose outcome was on the disk before. */
function repeated(log: string[]): string[] {
  const finished = new Set<string>();
  const attempts = new Map<string, string>();
  return log.filter((line) => {
    const [kind, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
    if (kind === 'call') {
      attempts.set(rest.replace(/^crash\/run\//, '').replace(/#\d+\.\d+$/, ''), rest);
      return finished.has(rest);
    }
    for (const [, place] of rest.matchAll(/(?:exited|retrying|failed|parked) (\S+?)(?:,|$)/g)) {
      finished.add(attempts.get(place!) ?? '');
    }
    return false;
  });
}
