import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOB_FILES } from '../../core/jobs/files.ts';
import type { TerraformJob } from '../../core/jobs/job.ts';
import { COMMANDS } from '../../core/terraform/allowlist.ts';
import { type CheckedCommand, checkCommand, inWords } from '../../core/terraform/check-command.ts';
import { type Context, timed } from '../context.ts';
import { JobFailed, JobInterrupted, JobRefused } from '../outcome.ts';
import type { Ended } from '../process.ts';
import { type StateTold, stateSecrets } from '../secrets/state-secrets.ts';
import { upstreamSecrets } from '../secrets/upstream-secrets.ts';
import { ownLock } from '../terraform/own-lock.ts';
import { failUnless, layWork, prepareTerraform } from '../terraform/prepare.ts';
import { headsOf } from '../terraform/progress.ts';
import { readSteadily } from '../terraform/read-steadily.ts';
import type { Terraform } from '../terraform/terraform.ts';
import { changeState } from './changing.ts';
import { lockTimeout } from './plan.ts';

/** Bytes of out/output.txt at most; terraform may print more. */
const MOST = 10 * 1024 * 1024;

const UNREADABLE = 'The state cannot be read, so nothing is run: what is secret in it would not be known.';

/** What is short is shown in the log too. */
const SHORT = 64 * 1024;

/**
 * One terraform command that somebody asked for. What it prints goes to out/output.txt, without the values that the
 * state marks sensitive: read before it runs, and once more after one that changes the state.
 */
export async function runCommand(context: Context<TerraformJob>): Promise<void> {
  const { job, log } = context;
  const command = checked(job);
  await layWork(context);
  const terraform = await prepareTerraform(context, (offered) => offered);
  const state = await hideState(context, terraform);
  if (!state) throw new JobFailed(UNREADABLE);
  log.line(`Running ${inWords(job.args)}.`);
  if (job.writes) {
    await changeState(context, terraform, async () => {
      const done = await timed(context, 'command', () => terraform.run(argsOf(command, job)));
      await afterChange(context, terraform, done);
    });
    return;
  }
  // Of a state that was never written terraform says that it cannot list it: there is nothing in it.
  if (command.name === 'state list' && state.empty) return leave(context, '');
  const done = await readSteadily(context, terraform, state, {
    command,
    args: argsOf(command, job),
    again: async () => {
      const now = await hideState(context, terraform);
      if (!now) throw new JobFailed(UNREADABLE);
      return now;
    },
  });
  leave(context, textOf(done));
  failUnless(done, context, inWords(job.args));
}

/** It was checked when it was ordered; here is where it would do harm. */
function checked({ args, writes }: TerraformJob): CheckedCommand {
  let command: CheckedCommand;
  try {
    command = checkCommand(args, COMMANDS);
  } catch (error) {
    throw new JobRefused((error as Error).message);
  }
  if (command.kind !== (writes ? 'write' : 'read')) {
    throw new JobRefused(
      `\`${inWords(args)}\` was ordered as a command that ${writes ? 'writes' : 'reads'}.`,
    );
  }
  return command;
}

function argsOf({ name, args }: CheckedCommand, job: TerraformJob): string[] {
  const words = name.split(' ');
  return [...words, '-no-color', ...added(name, job), ...args.slice(words.length)];
}

function added(name: string, { timeout, writes }: TerraformJob): string[] {
  if (!writes) return [];
  if (name === 'force-unlock') return ['-force'];
  const lock = `-lock-timeout=${lockTimeout(timeout)}`;
  return name === 'import' ? ['-input=false', lock] : [lock];
}

/** Hides what the state marks, and what it took from other states that mark it. */
async function hideState(context: Context, terraform: Terraform): Promise<StateTold | null> {
  const state = await timed(context, 'state', () => stateSecrets(terraform));
  if (!state) return null;
  context.log.hide(state.secrets);
  context.log.hide(
    await timed(context, 'upstream', () => upstreamSecrets(context, terraform, state.upstream)),
  );
  return state;
}

async function afterChange(context: Context<TerraformJob>, terraform: Terraform, done: Ended): Promise<void> {
  const { job, log, result } = context;
  if (done.code !== 0) {
    const lockId = await ownLock(context, terraform, done);
    if (lockId) result.lockId = lockId;
  }
  if (!(await hideState(context, terraform))) {
    log.line("The state could not be read afterwards, so terraform's output is withheld.");
    if (done.code === 0)
      throw new JobFailed('terraform changed the state, but it cannot be read afterwards.');
    throw new JobFailed(
      `${inWords(job.args)} failed; the details are withheld, since the state could not be read.\n${headsOf(done.stderr)}`,
    );
  }
  leave(context, textOf(done));
  if (done.interrupted) throw new JobInterrupted();
  failUnless(done, context, inWords(job.args));
}

function textOf({ stdout, stderr }: Ended): string {
  const text = stdout.toString('utf8');
  return text === '' || stderr === '' || text.endsWith('\n') ? text + stderr : `${text}\n${stderr}`;
}

function leave({ dirs, log }: Context, text: string): void {
  const bytes = Buffer.from(log.scrub(text));
  const cut = bytes.length > MOST ? Buffer.from(`\n… cut: ${bytes.length - MOST} more bytes\n`) : null;
  writeFileSync(
    join(dirs.out, JOB_FILES.output),
    cut ? Buffer.concat([bytes.subarray(0, MOST), cut]) : bytes,
  );
  if (bytes.length <= SHORT) log.block(text);
  else log.line(`It printed ${bytes.length} bytes; they stand in ${JOB_FILES.output}.`);
}
