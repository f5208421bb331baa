import { type Command, Option } from 'commander';
import type { Finish } from '../exit.ts';
import type { Io } from '../io.ts';
import { down, end, extend, list, up } from './env.ts';
import { answering, asking, talking } from './options.ts';
import { destroy, freeze, unfreeze } from './standing.ts';
import { drift, driftHistory, run } from './terraform.ts';

const NAME = 'its name, with or without eph-';

/** `cairn env …`: environments made from a ref, for a time. */
export function addEphemeralCommands(program: Command, io: Io, finish: Finish): void {
  program.commandsGroup('Environments:');
  const env = program
    .command('env')
    .summary('ephemeral environments: up, list, extend, end, down')
    .description('Ephemeral environments: made from a ref, for a time, destroyed by themselves.')
    .addHelpText(
      'after',
      `
Examples:
  cairn env up --ref my-branch --ttl 8h --wait
  cairn env extend my-branch 4h
  cairn env down my-branch

cairn env COMMAND --help has every option.`,
    )
    .showHelpAfterError('(cairn env --help lists the commands)');
  asking(
    env
      .command('up')
      .description('make one, or update the one there is')
      .option('--ref <ref>', 'branch, tag or commit that it is made from')
      .option('--pull <number>', 'pull request that it is made from, or that it is told on')
      .option('--name <name>', 'else that of the pull request, or of the ref')
      .option('--ttl <time>', 'how long it lives, such as 90m, 8h or 3d; else what cairn.yaml says')
      .option('--project <name>', 'only this one and what it depends on; several times for several', collect)
      .option('--email <address>', 'address of whoever it is made for'),
    'cairn env up --ref my-branch --ttl 8h --wait',
    'cairn env up --pull 12',
  ).action(async (flags) => finish(await up(flags, io)));
  talking(env.command('list').description('what stands, until when; what leaked'), 'cairn env list').action(
    async (flags) => finish(await list(flags, io)),
  );
  answering(
    env
      .command('extend')
      .argument('<name>', NAME)
      .argument('<time>', 'how much later it ends, such as 90m, 4h or 1d')
      .description('let it live longer'),
    'cairn env extend my-branch 4h',
  ).action(async (name, ttl, flags) => finish(await extend(name, ttl, flags, io)));
  answering(
    env
      .command('end')
      .argument('<name>', NAME)
      .description('set when it ends')
      .requiredOption('--at <moment>', 'with its zone, such as 2026-12-01T18:00Z, or never'),
    'cairn env end my-branch --at 2026-12-01T18:00Z',
    'cairn env end my-branch --at never',
  ).action(async (name, flags) => finish(await end(name, flags, io)));
  asking(
    env.command('down').argument('<name>', NAME).description('destroy it now; also what a destroy left'),
    'cairn env down my-branch --wait',
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
      .description('run a terraform command on the last good commit')
      .requiredOption('-e, --environment <name>', 'in which environment')
      .requiredOption('-p, --project <name>', 'in which project'),
    'cairn run -e prod -p app -- state list',
    'cairn run -e prod -p app -- output -json',
  ).action(async (words, flags) => finish(await run(words, flags, io)));
  answering(
    program
      .command('drift')
      .argument('<environment>')
      .description('compare what stands with the last good commit')
      .option('--reconcile', 'deploy the last good commit again where something drifted')
      .option('--history', 'compare nothing: list what was found before, newest first'),
    'cairn drift prod              # exit code 0 in sync, 2 drifted, 1 not known',
    'cairn drift prod --history',
  ).action(async (environment, { history, ...flags }) =>
    finish(await (history ? driftHistory : drift)(environment, flags, io)),
  );
  talking(
    program
      .command('freeze')
      .argument('<environment>')
      .description('apply nothing there until it is unfrozen')
      .requiredOption('--reason <text>', 'why: people read it wherever the freeze stops something')
      .option('--until <moment>', 'ends by itself then: 2026-12-01T18:00Z, or a time such as 3d'),
    'cairn freeze prod --reason "release week" --until 3d',
  ).action(async (environment, flags) => finish(await freeze(environment, flags, io)));
  talking(
    program.command('unfreeze').argument('<environment>').description('let deployments go ahead again'),
    'cairn unfreeze prod',
  ).action(async (environment, flags) => finish(await unfreeze(environment, flags, io)));
  asking(
    program
      .command('destroy')
      .argument('<environment>')
      .description('take all of an environment down: its name is typed, somebody approves')
      .option('--confirm <environment>', 'its name once more, where nobody can be asked')
      .addOption(new Option('--yes-name <environment>', 'the same').hideHelp()),
    'cairn destroy staging',
  ).action(async (environment, { yesName, ...flags }) =>
    finish(await destroy(environment, { confirm: yesName, ...flags }, io)),
  );
}
