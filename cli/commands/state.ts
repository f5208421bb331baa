import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { segment } from '../../core/jobs/keys.ts';
import { environmentName, repositoryName } from '../../core/requests/request.ts';
import { dataFolder } from '../data-folder.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';

/** The states that Cairn keeps on this machine (`local/jobs/states.ts`). */
export interface States {
  listStates(folder: string): Promise<string[]>;
  readState(folder: string, key: string): Promise<Uint8Array | null>;
  writeState(folder: string, key: string, bytes: Uint8Array, options: { force?: boolean }): Promise<void>;
}

interface StateFlags {
  data?: string;
  repository?: string;
  environment?: string;
  project?: string;
  force?: boolean;
  json?: boolean;
}

/** `cairn state list`: keys of the states in the data folder. */
export async function listStates(flags: StateFlags, states: States, io: Io): Promise<number> {
  const keys = await states.listStates(folderOf(flags, io));
  const named = keys.map((key) => {
    const [owner = '', name = '', environment = '', project = ''] = key.split('/');
    return { repository: `${owner}/${name}`, environment, project: decodeURIComponent(project) };
  });
  if (flags.json) io.out(`${JSON.stringify({ states: named }, null, 2)}\n`);
  else for (const one of named) io.out(`${one.repository}  ${one.environment}  ${one.project}\n`);
  return EXIT.ok;
}

/** `cairn state export [FILE]`: one project's state, to a file (mode 0600) or to standard output. */
export async function exportState(
  file: string | undefined,
  flags: StateFlags,
  states: States,
  io: Io,
): Promise<number> {
  const key = keyOf(flags);
  const bytes = await states.readState(folderOf(flags, io), key);
  if (!bytes) {
    throw new CliError(
      EXIT.refused,
      `There is no state of ${key} below ${folderOf(flags, io)}; \`cairn state list\` shows what there is.`,
    );
  }
  if (file === undefined) {
    io.out(Buffer.from(bytes).toString('utf8'));
    return EXIT.ok;
  }
  const target = path.resolve(io.cwd, file);
  try {
    // A state holds secrets, and an older export may be the only copy of one.
    await writeFile(target, bytes, { mode: 0o600, flag: flags.force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CliError(EXIT.usage, `${target} is there already. Name another file, or say --force.`, {
      cause: error,
    });
  }
  if (flags.json) io.out(`${JSON.stringify({ key, file: target, bytes: bytes.byteLength })}\n`);
  else io.err(`Wrote ${bytes.byteLength} bytes to ${target}.\n`);
  return EXIT.ok;
}

/** `cairn state import FILE`: becomes the project's state; the one before is kept beside it. */
export async function importState(file: string, flags: StateFlags, states: States, io: Io): Promise<number> {
  const key = keyOf(flags);
  const source = path.resolve(io.cwd, file);
  const bytes = await readFile(source).catch((error: unknown) => {
    throw new CliError(EXIT.usage, `${source} cannot be read: ${(error as Error).message}`, { cause: error });
  });
  await states.writeState(folderOf(flags, io), key, bytes, flags.force ? { force: true } : {});
  if (flags.json) io.out(`${JSON.stringify({ key, bytes: bytes.byteLength })}\n`);
  else io.err(`Imported ${bytes.byteLength} bytes as the state of ${key}.\n`);
  return EXIT.ok;
}

function folderOf(flags: StateFlags, io: Io): string {
  return path.join(dataFolder(flags.data, io.env), 'states');
}

function keyOf({ repository, environment, project }: StateFlags): string {
  if (repository === undefined || environment === undefined || project === undefined) {
    throw new CliError(
      EXIT.usage,
      'A state is named by --repository OWNER/NAME --environment ENV --project PROJECT.',
    );
  }
  if (!repositoryName.safeParse(repository).success || !environmentName.safeParse(environment).success) {
    throw new CliError(
      EXIT.usage,
      `${repository} ${environment} is not a repository (owner/name) with an environment.`,
    );
  }
  return `${repository}/${environment}/${segment(project)}`;
}
