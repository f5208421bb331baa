import { type Command, Option } from 'commander';
import type { Finish } from '../exit.ts';
import type { Io } from '../io.ts';
import { down, end, extend, list, up } from './env.ts';
import { answering, asking, talking } from './options.ts';
import { destroy, freeze, unfreeze } from './standing.ts';
import { drift, run } from './terraform.ts';

const NAME = 'its name, with or without eph-';

/** `cairn env …`: environments made from a ref, for a time. */
export function addEphemeralCommands(program: Command, io: Io, finish: Finish): void {
  const env = program.command('env').description('ephemeral environments: made from a ref, for a time');
  asking(env.command('up').description('make one, or update the one there is'))
    .option('--ref <ref>', 'branch, tag or commit that it is made from')
    .option('--pull <number>', 'pull request that it is made from, or that it is told on')
    .option('--name <name>', 'else that of the pull request, or of the ref')
    .option('--ttl <time>', 'how long it lives, such as 90m, 8h or 3d; else what cairn.yaml says')
    .option('--project <name>', 'only this project; several times for several', collect)
    .option('--email <address>', 'address of whoever it is made for')
    .action(async (flags) => finish(await up(flags, io)));
  talking(env.command('list').description('what exists, until when; what leaked')).action(async (flags) =>
    finish(await list(flags, io)),
  );
  asking(
    env
      .command('extend')
      .argument('<name>', NAME)
      .argument('<time>', 'how much later it ends, such as 90m, 4h or 1d')
      .description('let it live longer'),
  ).action(async (name, ttl, flags) => finish(await extend(name, ttl, flags, io)));
  asking(env.command('end').argument('<name>', NAME).description('set when it ends'))
    .requiredOption('--at <moment>', 'with its zone, such as 2026-12-01T18:00Z, or never')
    .action(async (name, flags) => finish(await end(name, flags, io)));
  asking(
    env.command('down').argument('<name>', NAME).description('destroy it now; also what a destroy left'),
  ).action(async (name, flags) => finish(await down(name, flags, io)));
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** What is asked of an environment as it stands. */
export function addStandingCommands(program: Command, io: Io, finish: Finish): void {
  answering(
    program
      .command('run')
      .argument('<words...>', "terraform's own, behind --: -- state list")
      .description('run a terraform command on the last good commit, and print what it prints'),
  )
    .requiredOption('-e, --environment <name>', 'in which environment')
    .requiredOption('-p, --project <name>', 'in which project')
    .action(async (words, flags) => finish(await run(words, flags, io)));
  answering(
    program
      .command('drift')
      .argument('<environment>')
      .description(
        'compare what stands with the last good commit (exit code 0 in sync, 2 drifted, 1 not known)',
      ),
  )
    .option('--reconcile', 'deploy the last good commit again where something drifted')
    .action(async (environment, flags) => finish(await drift(environment, flags, io)));
  talking(
    program
      .command('freeze')
      .argument('<environment>')
      .description('apply nothing there until it is unfrozen'),
  )
    .requiredOption('--reason <text>', 'why: people read it wherever the freeze stops something')
    .option('--until <moment>', 'ends by itself then: 2026-12-01T18:00Z, or a time such as 3d')
    .action(async (environment, flags) => finish(await freeze(environment, flags, io)));
  talking(
    program.command('unfreeze').argument('<environment>').description('let deployments go ahead again'),
  ).action(async (environment, flags) => finish(await unfreeze(environment, flags, io)));
  asking(
    program
      .command('destroy')
      .argument('<environment>')
      .description('take an environment down, all of it, once its name was typed and somebody approved'),
  )
    .option('--confirm <environment>', 'its name once more, where nobody can be asked')
    .addOption(new Option('--yes-name <environment>', 'the same').hideHelp())
    .action(async (environment, { yesName, ...flags }) =>
      finish(await destroy(environment, { confirm: yesName, ...flags }, io)),
    );
}
