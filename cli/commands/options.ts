import { type Command, Option } from 'commander';

const SERVER = 'Server and answer:';

/** Options of every command that talks to a server: they stand behind its own, so they are added last. */
export function talking(command: Command, ...examples: string[]): Command {
  const common: [string, string][] = [
    ['--server <url>', 'address of the server (CAIRN_SERVER; http://127.0.0.1:8474)'],
    ['--token <token>', 'admin or GitHub token (CAIRN_TOKEN; for a server of this machine its own)'],
    ['--data <folder>', 'data folder whose admin token is used (CAIRN_DATA; ~/.cairn)'],
    ['--repository <owner/name>', 'repository; else that of this checkout, or the only one'],
    ['--json', 'answer as JSON'],
  ];
  // A group that held --help alone would stand behind this one.
  if (command.options.length === 0)
    command.addHelpOption(new Option('-h, --help', 'show this').helpGroup(SERVER));
  for (const [flags, description] of common)
    command.addOption(new Option(flags, description).helpGroup(SERVER));
  return explained(command, ...examples);
}

export function asking(command: Command, ...examples: string[]): Command {
  command
    .option('--wait', 'stay until the run has ended, showing what it does')
    .option('--timeout <minutes>', 'with --wait: how long at most');
  return talking(command, ...examples);
}

/** Of commands that are asked for what they answer. */
export function answering(command: Command, ...examples: string[]): Command {
  command
    .option('--no-wait', 'start it, and do not wait for the answer')
    .addOption(new Option('--wait', 'as it does anyway').hideHelp())
    .option('--timeout <minutes>', 'how long to wait at most');
  return talking(command, ...examples);
}

/** Its help ends with examples, and a mistake leads to its help. */
export function explained(command: Command, ...examples: string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  const name = [...namesAbove(command), command.name()].join(' ');
  return command
    .addHelpText('after', `\n${title}\n${examples.map((line) => `  ${line}`).join('\n')}`)
    .showHelpAfterError(`(${name} --help shows how)`);
}

function namesAbove({ parent }: Command): string[] {
  return parent === null ? [] : [...namesAbove(parent), parent.name()];
}
