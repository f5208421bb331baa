import type { Command } from 'commander';
import { INFRA_FILE } from '../../infra/config/load-config.ts';
import type { ServeOptions } from '../../local/server.ts';
import { doctor, type FindBinaries } from '../doctor.ts';
import { EXIT, type Finish } from '../exit.ts';
import type { Io } from '../io.ts';
import { serveOptions } from '../serve-options.ts';
import { exportState, importState, listStates, type States } from './state.ts';
import { validate } from './validate.ts';

type AwsModule = Pick<typeof import('../aws/index.ts'), 'awsDeploy' | 'awsDoctor'>;

/** What is loaded only by the commands that need it: a host is large, and most commands only talk to one. */
export interface HostModules {
  /** Serves until `signal` is aborted. `ready` is called once it listens. */
  serve(options: ServeOptions, signal: AbortSignal, ready: (url: string) => void): Promise<void>;
  /** Plays the demo; answers the exit code. */
  demo(options: { exit: boolean }, signal: AbortSignal): Promise<number>;
  findBinaries: FindBinaries;
  states(): Promise<States>;
  /** Deploying Cairn into AWS, and examining it there. */
  aws(): Promise<AwsModule>;
}

function serving(command: Command): Command {
  return command
    .option('--data <folder>', 'where everything is kept (CAIRN_DATA; ~/.cairn)')
    .option(
      '--github-url <url>',
      "base address of GitHub's REST API (CAIRN_GITHUB_URL; https://api.github.com)",
    )
    .option('--github-token <token>', 'token that Cairn works with (better as CAIRN_GITHUB_TOKEN)')
    .option('--app-id <number>', 'or a GitHub App (CAIRN_APP_ID)')
    .option('--app-key-file <file>', 'with its private key (CAIRN_APP_KEY_FILE)')
    .option('--webhook-secret <secret>', 'at least 32 characters (better as CAIRN_WEBHOOK_SECRET)')
    .option('--repository <owner/name...>', 'watched; several times for several (CAIRN_REPOSITORIES)');
}

export function addHostCommands(program: Command, io: Io, finish: Finish, modules: HostModules): void {
  program.commandsGroup('A server on this machine:');
  serving(program.command('serve').description('run the server on this machine'))
    .option('--host <address>', 'address to listen on (CAIRN_HOST; 127.0.0.1)')
    .option('--port <number>', 'port to listen on (CAIRN_PORT; 8474)')
    .option('--public-url <url>', 'address that people reach it at (CAIRN_PUBLIC_URL)')
    .option('--slack-token <token>', 'bot token (better as CAIRN_SLACK_TOKEN)')
    .option('--slack-signing-secret <secret>', 'for buttons in Slack (better as CAIRN_SLACK_SIGNING_SECRET)')
    .option('--concurrency <count>', 'jobs at the same time (CAIRN_CONCURRENCY; one per processor)')
    .option('--provider-mirror <folder>', 'filesystem mirror of providers (CAIRN_PROVIDER_MIRROR)')
    .action(async (flags) => {
      const options = serveOptions(flags, io.env);
      await modules.serve(options, io.signal, (url) => io.err(`Cairn listens on ${url}\n`));
      finish(EXIT.ok);
    });
  program
    .command('demo')
    .description('a GitHub and a Cairn on this machine, and the whole story played on them')
    .option('--exit', 'end when it is over, instead of staying up')
    .action(async (flags: { exit?: boolean }) =>
      finish(await modules.demo({ exit: flags.exit ?? false }, io.signal)),
    );
  program
    .command('validate')
    .argument('[folder]', 'root of the repository; else this folder')
    .description('check cairn.yaml and its projects, offline')
    .option('--json', 'answer as JSON')
    .action(async (folder, flags) => finish(await validate(folder, flags, io)));
  serving(program.command('doctor').description('would a server work here? what is missing?'))
    .option('--json', 'answer as JSON')
    .option('--aws', 'examine what is deployed into AWS instead, for real')
    .option('--config <file>', `with --aws: the operator's configuration (CAIRN_INFRA; ${INFRA_FILE})`)
    .option('--environment <name>', 'with --aws: jobs of this environment only')
    .option('--no-jobs', 'with --aws: without running a job as each identity')
    .action(async ({ aws, ...flags }) =>
      finish(
        aws
          ? await (await modules.aws()).awsDoctor(flags, io)
          : await doctor(flags, modules.findBinaries, io),
      ),
    );
  addStateCommands(
    program.command('state').description('the states that Cairn keeps on this machine'),
    io,
    finish,
    modules,
  );
}

function addStateCommands(state: Command, io: Io, finish: Finish, modules: HostModules): void {
  const named = (command: Command) =>
    command
      .option('--data <folder>', 'data folder of the server (CAIRN_DATA; ~/.cairn)')
      .option('--repository <owner/name>', 'whose state')
      .option('--environment <name>', 'in which environment')
      .option('--project <name>', 'which project')
      .option('--json', 'answer as JSON');
  state
    .command('list')
    .description('what there is')
    .option('--data <folder>', 'data folder of the server (CAIRN_DATA; ~/.cairn)')
    .option('--json', 'answer as JSON')
    .action(async (flags) => finish(await listStates(flags, await modules.states(), io)));
  named(state.command('export').argument('[file]', 'else to standard output').description('take a state out'))
    .option('--force', 'over a file that is there')
    .action(async (file, flags) => finish(await exportState(file, flags, await modules.states(), io)));
  named(state.command('import').argument('<file>').description('make a file the state of a project'))
    .option('--force', 'also one of another lineage, or older than what is there')
    .action(async (file, flags) => finish(await importState(file, flags, await modules.states(), io)));
}
