import { spawn } from 'node:child_process';
import { JobInterrupted } from './outcome.ts';
import type { Stop } from './stop.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
  /** True if it was told to stop while it ran. */
  interrupted: boolean;
  /** True if it did not listen and was killed. */
  killed: boolean;
}

export interface ProcessOptions {
  cwd: string;
  env: Record<string, string>;
  stop: Stop;
  /** SIGINT lets terraform write its state and let go of its lock. */
  stopSignal: 'SIGINT' | 'SIGTERM';
  /** Milliseconds between that signal and SIGKILL. */
  grace: number;
  /** Kill what the process left running in its group (never after an apply: a service may have been meant). */
  sweep: boolean;
  onStdout?: (chunk: string) => void;
  onStderr?: (chunk: string) => void;
}

/** What a build or a check may print before it is cut off; terraform's JSON has no limit of its own. */
const MOST_STDERR = 4 * 1024 * 1024;

/**
 * Runs a program in a process group of its own, never through a shell. Resolves however it ends; rejects if it
 * cannot be started, and with JobInterrupted if the job was told to stop before.
 */
export function runProcess(file: string, args: readonly string[], options: ProcessOptions): Promise<Ended> {
  const { cwd, env, stop, stopSignal, grace, sweep, onStdout, onStderr } = options;
  if (stop.reason) return Promise.reject(new JobInterrupted());
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const stdout: Buffer[] = [];
    let stderr = '';
    let interrupted = false;
    let killed = false;
    let killer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      onStdout?.(chunk.toString('utf8'));
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (stderr.length < MOST_STDERR) stderr += chunk;
      onStderr?.(chunk);
    });
    const forget = stop.onStop(() => {
      interrupted = true;
      child.kill(stopSignal);
      killer = setTimeout(() => {
        killed = true;
        killGroup(child.pid);
      }, grace);
    });
    let settled = false;
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (settled) return;
      settled = true;
      clearTimeout(killer);
      forget();
      if (sweep) killGroup(child.pid);
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr, interrupted, killed });
    };
    child.once('error', (error) => {
      clearTimeout(killer);
      forget();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      // A service that was started in the background may keep the pipes open for ever.
      const late = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        settle(code, signal);
      }, 1000);
      child.once('close', () => {
        clearTimeout(late);
        settle(code, signal);
      });
    });
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
