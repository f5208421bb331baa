import { ephemeralName, pullEnvironment } from '../ephemeral/name.ts';
import type { Command } from './commands/types.ts';
import type { Request } from './request.ts';

type Unaddressed = Request extends infer R
  ? R extends Request
    ? Omit<R, 'repository' | 'origin'>
    : never
  : never;

/** What a command on a pull request asks for. An ephemeral environment that is not named is the pull request's own. */
export function requestOfCommand(command: Exclude<Command, { command: 'help' }>, pull: number): Unaddressed {
  const own = (name: string | undefined) =>
    name === undefined ? pullEnvironment(pull) : ephemeralName(name);
  switch (command.command) {
    case 'plan':
      return { ...command, pull, asked: true };
    case 'up':
      return { ...command, command: 'ephemeral', pull };
    case 'down':
      return { command: 'destroy', environment: own(command.name), reason: 'asked', pull };
    case 'extend':
      return { command: 'extend', environment: own(command.name), ttl: command.ttl, pull };
    case 'end':
      return { command: 'extend', environment: own(command.name), at: command.at, pull };
    case 'destroy':
      return { ...command, reason: 'asked', pull };
    default:
      return { ...command, pull };
  }
}
