import type { Command } from 'commander';

/** Options of every command that talks to a server. */
export function talking(command: Command): Command {
  return command
    .option('--server <url>', 'address of the server (CAIRN_SERVER; http://127.0.0.1:8474)')
    .option('--token <token>', 'admin or GitHub token (CAIRN_TOKEN; for a server of this machine its own)')
    .option('--data <folder>', 'data folder whose admin token is used (CAIRN_DATA; ~/.cairn)')
    .option('--repository <owner/name>', 'repository; else that of this checkout, or the only one')
    .option('--json', 'answer as JSON');
}

export function asking(command: Command): Command {
  return talking(command)
    .option('--wait', 'stay until the run has ended, showing what it does')
    .option('--timeout <minutes>', 'with --wait: how long at most');
}

/** Of commands that are asked for what they answer. */
export function answering(command: Command): Command {
  return talking(command)
    .option('--no-wait', 'start it, and do not wait for the answer')
    .option('--timeout <minutes>', 'how long to wait at most');
}
