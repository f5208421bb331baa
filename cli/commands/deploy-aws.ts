import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { INFRA_FILE } from '../../infra/config/load-config.ts';
import { CliError, EXIT, type Finish } from '../exit.ts';
import type { Io } from '../io.ts';
import type { HostModules } from './hosting.ts';

export function addAwsCommands(program: Command, io: Io, finish: Finish, modules: HostModules): void {
  program.commandsGroup('Cairn on AWS:');
  const aws = program.command('aws').description('Cairn itself, in your AWS account');
  aws
    .command('deploy')
    .description(`deploy Cairn, or a change of ${INFRA_FILE}, or a new version; again is harmless`)
    .option('--config <file>', `the operator's configuration (CAIRN_INFRA; ${INFRA_FILE})`)
    .option('--app-key-file <file>', 'private key (PEM) of the GitHub App (CAIRN_APP_KEY_FILE)')
    .option('--yes', 'without showing what would change, and without asking')
    .option('--dry-run', 'only make the templates, and say what would be done')
    .option('--no-doctor', 'without examining it afterwards')
    .action(async (flags) => finish(await (await modules.aws()).awsDeploy(flags, io)));
}

/**
 * `cairn deploy` without an environment: in the operator's folder it means Cairn itself, as `cairn aws deploy`
 * does; anywhere else somebody forgot the environment.
 */
export async function deployWithoutEnvironment(io: Io, modules: HostModules): Promise<number> {
  if (!existsSync(path.join(io.cwd, INFRA_FILE))) {
    throw new CliError(
      EXIT.usage,
      `Which environment? \`cairn deploy ENV\`. (To deploy Cairn itself: \`cairn aws deploy\`, where your ${INFRA_FILE} is.)`,
    );
  }
  io.err(`No environment is named and there is a ${INFRA_FILE}: this is \`cairn aws deploy\`.\n`);
  return (await modules.aws()).awsDeploy({}, io);
}
