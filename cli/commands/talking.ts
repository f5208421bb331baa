import type { Command } from 'commander';
import { WORKFLOWS } from '../../core/requests/run.ts';
import type { Finish } from '../exit.ts';
import type { Io } from '../io.ts';
import { approve, deploy, plan, reject, rollback } from './ask.ts';
import { deployWithoutEnvironment } from './deploy-aws.ts';
import type { HostModules } from './hosting.ts';
import { logs } from './logs.ts';
import { asking, talking } from './options.ts';
import { runs } from './runs.ts';
import { show } from './show.ts';
import { status } from './status.ts';

export function addReadCommands(program: Command, io: Io, finish: Finish): void {
  program.commandsGroup('Look:');
  talking(
    program.command('status').description('every environment: its state, freeze, drift, and what waits'),
    'cairn status',
  ).action(async (flags) => finish(await status(flags, io)));
  talking(
    program
      .command('runs')
      .description('runs, newest first')
      .option('--environment <name>', 'only of this environment')
      .option('--pull <number>', 'only of this pull request')
      .option('--workflow <name>', `only of this kind: ${WORKFLOWS.join(', ')}`)
      .option('--active', 'only those that have not ended')
      .option('--limit <count>', 'at most this many (30)'),
    'cairn runs --environment prod --limit 5',
  ).action(async (flags) => finish(await runs(flags, io)));
  talking(
    program
      .command('show')
      .argument('<run>', 'its number or id')
      .description('one run, with its plans')
      .option('--no-diff', 'without the diffs'),
    'cairn show 12',
  ).action(async (run, flags) => finish(await show(run, flags, io)));
  talking(
    program
      .command('logs')
      .argument('<run>', 'its number or id')
      .argument('[job]', 'one job; else all')
      .description('logs of a run')
      .option('-f, --follow', 'go on until the run has ended'),
    'cairn logs 12 --follow',
  ).action(async (run, job, flags) => finish(await logs(run, job, flags, io)));
}

export function addAskCommands(program: Command, io: Io, finish: Finish, modules: HostModules): void {
  program.commandsGroup('Plan and deploy:');
  asking(
    program
      .command('plan')
      .argument('<pull>', 'number of the pull request')
      .description('plan a pull request')
      .option('--project <name>', 'only this project')
      .option('--environment <name>', 'only for this environment')
      .option('--commit <commit>', 'its head, as you know it (a fork needs it)'),
    'cairn plan 12 --wait',
  ).action(async (pull, flags) => finish(await plan(pull, flags, io)));
  asking(
    program
      .command('deploy')
      .argument('[environment]', `which; without one, in the operator's folder: as \`cairn aws deploy\``)
      .argument('[commit]', "else the head of the environment's branch")
      .description('bring an environment to a commit')
      .option('--retry', 'also content that failed before')
      .option('--despite-freeze', 'although it is frozen: for approvers that are named'),
    'cairn deploy prod --wait',
    'cairn deploy prod --despite-freeze',
  ).action(async (environment: string | undefined, commit, flags) =>
    finish(
      environment === undefined
        ? await deployWithoutEnvironment(io, modules)
        : await deploy(environment, commit, flags, io),
    ),
  );
  asking(
    program
      .command('approve')
      .argument('<environment>')
      .argument('<digest>', 'of the plans, at least 7 digits')
      .description('let a run that waits apply the plans you have read'),
    'cairn approve prod 3f2a91c --wait',
  ).action(async (environment, digest, flags) => finish(await approve(environment, digest, flags, io)));
  asking(
    program
      .command('reject')
      .argument('<environment>')
      .argument('[reason...]')
      .description('end a run that waits for approval, or for a thaw'),
    'cairn reject prod not before Monday',
  ).action(async (environment, reason, flags) => finish(await reject(environment, reason, flags, io)));
  asking(
    program
      .command('rollback')
      .argument('<environment>')
      .argument('[commit]', 'a good one; else the last good one')
      .description('take an environment back')
      .option('--despite-freeze', 'although it is frozen: for approvers that are named'),
    'cairn rollback prod --wait',
  ).action(async (environment, commit, flags) => finish(await rollback(environment, commit, flags, io)));
}
