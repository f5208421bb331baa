import { writeSync } from 'node:fs';
import { z } from 'zod';
import { type SmokeCheck, smokeVariables } from './smoke-check.ts';
import { machineChecks } from './smoke-machine.ts';
import { reachChecks } from './smoke-reach.ts';
import { storeChecks } from './smoke-store.ts';

/** One thing that was tried; a line of JSON in the job's log. */
export interface SmokeLine {
  /** Knows these lines among others. */
  smoke: 1;
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  /** What to do about it. */
  help?: string;
}

/**
 * The job that `cairn doctor --aws` runs as each identity: tries what the identity may do, and what it may not,
 * for real. Changes nothing but for keys of its own. Answers the exit code.
 */
export async function smoke(
  env: NodeJS.ProcessEnv,
  say: (line: SmokeLine) => void = sayOnStdout,
): Promise<number> {
  const parsed = smokeVariables.safeParse(env);
  if (!parsed.success) {
    const help = 'Deploy Cairn again: this image and these job definitions are of different versions.';
    say({ smoke: 1, name: 'environment', status: 'fail', message: z.prettifyError(parsed.error), help });
    return 2;
  }
  let failed = false;
  const checks = [...machineChecks(parsed.data), ...storeChecks(parsed.data), ...reachChecks(parsed.data)];
  // One after the other: some build on what the one before has written.
  for (const check of checks) {
    const line = await tried(check);
    if (line.status === 'fail') failed = true;
    say(line);
  }
  return failed ? 1 : 0;
}

async function tried({ name, run, help }: SmokeCheck): Promise<SmokeLine> {
  try {
    const outcome = await run();
    return typeof outcome === 'string'
      ? { smoke: 1, name, status: 'ok', message: outcome }
      : { smoke: 1, name, help, ...outcome };
  } catch (error) {
    const { name: kind, message } = error as Error;
    return { smoke: 1, name, status: 'fail', message: `${kind}: ${message}`, help };
  }
}

/** At once: what is still in a buffer when a container ends never reaches its log. */
function sayOnStdout(line: SmokeLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
