import { isEphemeral } from '../../core/ephemeral/name.ts';
import { type AskFlags, ask, given } from '../ask.ts';
import { chooseRepository, connect } from '../connection.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { tellLeft } from './env.ts';

/** `cairn destroy ENV`: a permanent one only after its name was typed once more, and with an approval. */
export async function destroy(
  environment: string,
  { confirm: said, ...flags }: AskFlags & { confirm?: string },
  io: Io,
): Promise<number> {
  const repository = await chooseRepository(await connect(flags, io), flags, io);
  const confirm = isEphemeral(environment) ? undefined : await typed(environment, repository, said, io);
  const body = { command: 'destroy', environment, ...given({ confirm }) };
  return ask(body, { ...flags, repository }, io, (client, run) => tellLeft(client, run, io));
}

async function typed(
  environment: string,
  repository: string,
  said: string | undefined,
  io: Io,
): Promise<string> {
  if (said === undefined && !io.inIsTerminal) {
    throw new CliError(
      EXIT.usage,
      `This destroys everything in ${environment} of ${repository}. Nobody can be asked here: say --confirm ${environment} if that is what you mean.`,
    );
  }
  const question = `This destroys everything in ${environment} of ${repository}. Type its name to go on: `;
  const name = said ?? (await io.ask(question));
  if (name === environment) return name;
  throw new CliError(EXIT.usage, `${JSON.stringify(name)} is not ${environment}: nothing was asked for.`);
}

export function freeze(
  environment: string,
  flags: AskFlags & { reason: string; until?: string },
  io: Io,
): Promise<number> {
  const { reason, until } = flags;
  return ask({ command: 'freeze', environment, reason, ...given({ until }) }, flags, io);
}

export function unfreeze(environment: string, flags: AskFlags, io: Io): Promise<number> {
  return ask({ command: 'unfreeze', environment }, flags, io);
}
