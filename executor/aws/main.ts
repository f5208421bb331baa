import { writeSync } from 'node:fs';
import { markEmptyLines } from '../../adapters/aws/jobs/lines.ts';
import { createStop } from '../stop.ts';
import { printCredentials } from './credentials.ts';
import { parseEnvironment } from './environment.ts';
import { runOrdered } from './run.ts';
import { smoke } from './smoke.ts';

/**
 * `node fargate.mjs` runs the job that its environment names (environment.ts) and exits with 0 if and only if its
 * result is `ok`. `node fargate.mjs credentials` prints the credentials of the job's role, for a profile.
 * With CAIRN_JOB=smoke it tries what the job's role may do (smoke.ts).
 */
async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'credentials') {
    write(await printCredentials(process.env));
    return 0;
  }
  if (process.env['CAIRN_JOB'] === 'smoke') return smoke(process.env);
  const stop = createStop();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.now('stopped'));
  // A file's mode is what the job says it is, not what the image's umask makes of it.
  process.umask(0o022);
  return runOrdered({
    env: parseEnvironment(process.env),
    variables: process.env,
    stop,
    say: (text) => write(`${text}\n`),
    tee: (text) => write(markEmptyLines(text)),
    credentialProcess: `"${process.execPath}" "${import.meta.filename}" credentials`,
  });
}

/** At once: what is still in a buffer when a container ends never reaches its log. */
function write(text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // A full pipe that does not wait: whoever reads it comes back.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
// Nothing may keep the process: a connection, a pipe that a background service holds.
process.exit();
