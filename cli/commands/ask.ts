import { type AskFlags, ask, given } from '../ask.ts';
import { fullCommit } from '../connection.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';

interface MoveFlags extends AskFlags {
  despiteFreeze?: boolean;
}

export async function plan(
  pull: string,
  flags: AskFlags & { project?: string; environment?: string; commit?: string },
  io: Io,
): Promise<number> {
  const number = Number(/^#?(\d{1,9})$/.exec(pull)?.[1] ?? Number.NaN);
  if (!(number > 0))
    throw new CliError(EXIT.usage, `A pull request is a number, such as 12, not ${JSON.stringify(pull)}.`);
  const { project, environment } = flags;
  const commit = await fullCommit(flags.commit, io);
  return ask({ command: 'plan', pull: number, ...given({ project, environment, commit }) }, flags, io);
}

export async function deploy(
  environment: string,
  commit: string | undefined,
  flags: MoveFlags & { retry?: boolean },
  io: Io,
): Promise<number> {
  const { despiteFreeze, retry = false } = flags;
  const full = await fullCommit(commit, io);
  return ask({ command: 'deploy', environment, retry, ...given({ commit: full, despiteFreeze }) }, flags, io);
}

export async function rollback(
  environment: string,
  commit: string | undefined,
  flags: MoveFlags,
  io: Io,
): Promise<number> {
  const { despiteFreeze } = flags;
  const full = await fullCommit(commit, io);
  return ask({ command: 'rollback', environment, ...given({ commit: full, despiteFreeze }) }, flags, io);
}

export async function approve(environment: string, digest: string, flags: AskFlags, io: Io): Promise<number> {
  return ask({ command: 'approve', environment, digest: digest.toLowerCase() }, flags, io);
}

export async function reject(
  environment: string,
  reason: string[],
  flags: AskFlags,
  io: Io,
): Promise<number> {
  return ask(
    { command: 'reject', environment, ...given({ reason: reason.join(' ') || undefined }) },
    flags,
    io,
  );
}
