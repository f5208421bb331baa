import type { TerraformJob } from '../../core/jobs/job.ts';
import type { CheckedCommand } from '../../core/terraform/check-command.ts';
import { type Context, timed } from '../context.ts';
import { JobFailed } from '../outcome.ts';
import type { Ended } from '../process.ts';
import type { StateTold } from '../secrets/state-secrets.ts';
import { printOutputs } from './outputs.ts';
import type { Terraform } from './terraform.ts';

/** Those that print of the state; the others print the configuration. */
const PRINTS_STATE: readonly string[] = ['show', 'state show', 'output', 'state list'];

const MOST_READ = 3;

interface Reading {
  command: CheckedCommand;
  args: string[];
  /** Reads the state once more, and hides what is secret in it. */
  again(): Promise<StateTold>;
}

/**
 * Runs a command that only reads. It takes no lock, so that it waits for nobody, and somebody may write the state
 * meanwhile: what it printed counts only if the state is the same before and after, since else it may hold secrets
 * that neither of them told.
 */
export async function readSteadily(
  context: Context<TerraformJob>,
  terraform: Terraform,
  state: StateTold,
  { command, args, again }: Reading,
): Promise<Ended> {
  let before = state;
  for (let read = 1; ; read += 1) {
    const done = await timed(context, 'command', () =>
      command.name === 'output'
        ? printOutputs(command.args, (more) => terraform.run(more))
        : terraform.run(args),
    );
    const mayMove = PRINTS_STATE.includes(command.name) && !isCopy(context.job, terraform);
    if (!mayMove || done.interrupted) return done;
    const after = await again();
    if (after.digest === before.digest) return done;
    if (read === MOST_READ) {
      throw new JobFailed(
        `The state was written ${MOST_READ} times while it was read: somebody changes it now. Ask again once they are done.`,
      );
    }
    context.log.line('The state was written meanwhile: reading it again.');
    before = after;
  }
}

/** A state that Cairn keeps on this machine was copied into the job's folder: nobody else writes it. */
function isCopy({ project }: TerraformJob, { withoutWorkspace }: Terraform): boolean {
  return project.state.kind === 'file' || withoutWorkspace;
}
