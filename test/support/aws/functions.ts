import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export type Handler = (event: unknown) => Promise<unknown>;

/** The functions' bundles, each in a process of its own, as their image starts them. */
export interface Functions {
  /** `command` is a function's CMD, `<bundle>.<export>`. An error comes with the name that the function gave it. */
  handler(command: string): Handler;
  close(): Promise<void>;
}

/** `dir` holds the bundles; a bundle's process starts when it is first called. What they log goes to `told`. */
export function startFunctions(options: {
  dir: string;
  env: Record<string, string>;
  told: string[];
}): Functions {
  const processes = new Map<string, Process>();
  const { told } = options;
  return {
    handler(command) {
      const [bundle = '', handler = ''] = command.split('.');
      return (event) => {
        const running =
          processes.get(bundle) ?? startProcess(path.join(options.dir, `${bundle}.mjs`), options.env, told);
        processes.set(bundle, running);
        return running.call(handler, event);
      };
    },
    async close() {
      await Promise.all([...processes.values()].map((running) => running.close()));
    },
  };
}

interface Process {
  call(handler: string, event: unknown): Promise<unknown>;
  close(): Promise<void>;
}

function startProcess(bundle: string, env: Record<string, string>, told: string[]): Process {
  const script = path.join(import.meta.dirname, 'function-process.mjs');
  const child: ChildProcess = spawn(process.execPath, [script, bundle], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting = new Map<string, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  createInterface({ input: child.stderr! }).on('line', (line) => told.push(line));
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as {
      id: string;
      result?: unknown;
      error?: { name: string; message: string };
    };
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), { name: error.name }));
    else call?.resolve(result);
  });
  child.once('exit', (code) => {
    const error = new Error(`${path.basename(bundle)} ended with ${code}: ${told.slice(-5).join('\n')}`);
    for (const { reject } of waiting.values()) reject(error);
  });
  let calls = 0;
  return {
    call(handler, event) {
      const id = String(++calls);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.stdin?.write(`${JSON.stringify({ id, handler, event })}\n`);
      });
    },
    async close() {
      child.stdin?.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
}
