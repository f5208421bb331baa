import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildJob } from '../../core/jobs/job.ts';
import { type Context, processOptions, timed } from '../context.ts';
import { baseEnv } from '../environment.ts';
import { JobFailed } from '../outcome.ts';
import { runProcess } from '../process.ts';
import { cleanOutputs } from '../secrets/state-secrets.ts';
import { failUnless, layWork, rootFolder } from '../terraform/prepare.ts';

/** Outputs become variables of terraform; the environment of a process is limited to 2 MiB. */
const MOST_OUTPUT = 256 * 1024;

/** Runs the build's command; what it appends to the file $CAIRN_OUTPUT as `NAME=value` lines are its outputs. */
export async function runBuild(context: Context<BuildJob>): Promise<void> {
  const { job, dirs, log, result } = context;
  await layWork(context);
  const outputFile = join(dirs.work, 'build-output');
  writeFileSync(outputFile, '');
  const env = {
    ...job.variables,
    ...baseEnv(context),
    CAIRN_ENVIRONMENT: job.environment,
    CAIRN_OUTPUT: outputFile,
  };
  const [file = '', ...args] = job.command;
  log.line(`Building: ${job.command.join(' ')}`);
  const stdout = liveLines((text) => log.block(text));
  const stderr = liveLines((text) => log.block(text));
  const done = await timed(context, 'build', () =>
    runProcess(file, args, {
      ...processOptions(context, rootFolder(dirs.src, job.dir), env),
      stopSignal: 'SIGTERM',
      onStdout: stdout.push,
      onStderr: stderr.push,
    }),
  );
  stdout.end();
  stderr.end();
  failUnless(
    { ...done, stderr: done.stderr.split('\n').slice(-20).join('\n') },
    context,
    `The build (${file})`,
  );
  result.outputs = cleanOutputs(readOutputs(outputFile), log.scrub);
}

/** Whole lines as they come: a secret that two chunks share would not be found in either. */
function liveLines(show: (text: string) => void): { push(chunk: string): void; end(): void } {
  let rest = '';
  return {
    push(chunk) {
      const text = rest + chunk;
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      if (end > 0) show(text.slice(0, end));
    },
    end() {
      if (rest !== '') show(rest);
      rest = '';
    },
  };
}

function readOutputs(path: string): Record<string, string> {
  if (statSync(path).size > MOST_OUTPUT) {
    throw new JobFailed(
      `The build wrote more than ${MOST_OUTPUT / 1024} KiB to $CAIRN_OUTPUT. Outputs are names and addresses, not files.`,
    );
  }
  const outputs: Record<string, string> = {};
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.replace(/\r$/, ''));
    if (!match) throw new JobFailed(`$CAIRN_OUTPUT, line ${index + 1}: not NAME=value.`);
    if (match[1]?.startsWith('cairn_')) {
      throw new JobFailed(
        `$CAIRN_OUTPUT, line ${index + 1}: variables that start with "cairn_" are set by Cairn itself. Choose another name.`,
      );
    }
    outputs[match[1] ?? ''] = match[2] ?? '';
  }
  return outputs;
}
