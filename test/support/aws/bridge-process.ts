import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import type { JobProcess } from './bridge-batch.ts';

/** A job as a process of this machine: a group of its own, so that the last signal ends all of it, as a container's end does. */
export function processJob(
  command: readonly [string, ...string[]],
  options: { env: Record<string, string>; cwd?: string },
): JobProcess {
  const [program, ...args] = command;
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = new PassThrough();
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => {
      output.end();
      reject(error);
    });
    // A container ends with its first process.
    child.once('exit', () => signal(-Number(child.pid), 'SIGKILL'));
    child.once('close', (code) => {
      output.end();
      resolve(code);
    });
  });
  return {
    exit,
    output,
    kill(name) {
      if (child.pid !== undefined) signal(name === 'SIGTERM' ? child.pid : -child.pid, name);
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A job that is a function of this process. It cannot be stopped: `kill` only says how it ended. */
export function functionJob(run: () => Promise<number>): JobProcess {
  let killed: () => void = () => {};
  const gone = new Promise<null>((resolve) => {
    killed = () => resolve(null);
  });
  return { exit: Promise.race([run(), gone]), kill: () => killed() };
}
