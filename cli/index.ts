import { Command, CommanderError } from 'commander';
import { CairnError } from '../core/errors.ts';
import about from '../package.json' with { type: 'json' };
import { addAwsCommands } from './commands/deploy-aws.ts';
import { addEphemeralCommands, addStandingCommands } from './commands/environments.ts';
import { addHostCommands, type HostModules } from './commands/hosting.ts';
import { addAskCommands, addReadCommands } from './commands/talking.ts';
import { addTargetRoleCommand } from './commands/target-role.ts';
import { CliError, EXIT } from './exit.ts';
import { type Io, plain } from './io.ts';

/** Runs one command line and answers the exit code; nothing is thrown, all is said on standard error. */
export async function runCli(argv: string[], io: Io, modules: HostModules): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('cairn')
    .description('GitOps for Terraform and OpenTofu: plans, approvals, deploys, and the way back.')
    .version(about.version, '--version', 'which one this is')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .helpCommand('help [command]', 'show this, or the help of a command')
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', '\ncairn COMMAND --help has the options of a command, and an example.')
    .showHelpAfterError('(cairn --help lists the commands)');
  const finish = (result: number) => {
    code = result;
  };
  addReadCommands(program, io, finish);
  addAskCommands(program, io, finish, modules);
  addEphemeralCommands(program, io, finish);
  addStandingCommands(program, io, finish);
  addHostCommands(program, io, finish, modules);
  addAwsCommands(program, io, finish, modules);
  addTargetRoleCommand(program, io, finish);

  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, io);
  }
}

function explain(error: unknown, io: Io): number {
  // Help and version come this way too, with code 0; mistakes were written already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (io.signal.aborted) return 130;
  if (error instanceof CliError) {
    io.err(`${plain(error.message)}\n`);
    return error.code;
  }
  if (error instanceof CairnError) {
    io.err(`${plain(error.message)}\n`);
    return error.name === 'InvalidInput' ? EXIT.usage : EXIT.bad;
  }
  io.err(`${plain(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  return EXIT.bad;
}
