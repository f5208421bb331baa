import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { ServeOptions } from '../../local/server.ts';
import { buildBundle } from '../../scripts/build.ts';

export interface ChildOrder {
  options: ServeOptions & { slackApiUrl?: string };
  /** Commit after which the server kills itself; 0 for never. */
  killAt: number;
}

export interface ChildServer {
  process: ChildProcess;
  /** The admin token, once it listens; null if it ended before. */
  ready: Promise<string | null>;
  ended: Promise<'killed' | 'ended'>;
}

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');

/** One plain file beside the executor: a process starts in a fraction of the time that a TypeScript loader takes. */
export async function buildChildServer(): Promise<{ program: string; remove(): Promise<void> }> {
  if (!existsSync(path.join(dist, 'executor.mjs'))) await buildBundle('executor');
  const program = path.join(dist, `child-server-${process.pid}-${Date.now()}.mjs`);
  await build({
    entryPoints: [fileURLToPath(new URL('./child-server.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    keepNames: true,
    platform: 'node',
    format: 'esm',
    // Native code and wasm stay where they are installed.
    external: ['libsql', '@cdktf/hcl2json'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return { program, remove: () => rm(program, { force: true }) };
}

/** Starts it; what it prints on standard error (a crash) is passed on. */
export function startChild(program: string, order: ChildOrder): ChildServer {
  const file = `${order.options.data}.order.json`;
  writeFileSync(file, JSON.stringify(order), { mode: 0o600 });
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => {
    if (signal === 'SIGKILL') return 'killed' as const;
    if (code !== 0)
      throw new Error(`The server ended with ${code ?? signal}; its log: ${order.options.data}.log`);
    return 'ended' as const;
  });
  const ready = new Promise<string | null>((resolve) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const token = /^ready (\S+)\n/.exec(said)?.[1];
      if (token) resolve(token);
    });
    ended.finally(() => resolve(null)).catch(() => undefined);
  });
  return { process: child, ready, ended };
}
