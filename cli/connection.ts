import { execa } from 'execa';
import { type Client, createClient } from './client.ts';
import { dataFolder, readAdminToken } from './data-folder.ts';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { isLoopback } from './serve-options.ts';

/** Options of every command that talks to a server. */
export interface ConnectionFlags {
  server?: string;
  token?: string;
  data?: string;
  repository?: string;
  json?: boolean;
}

const DEFAULT_SERVER = 'http://127.0.0.1:8474';

/** The server that flags and environment name, with the token for it. */
export async function connect(flags: ConnectionFlags, io: Io): Promise<Client> {
  const address = flags.server || io.env['CAIRN_SERVER'] || DEFAULT_SERVER;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new CliError(
      EXIT.usage,
      `--server is an http:// or https:// address, not ${JSON.stringify(address)}.`,
    );
  }
  const url = new URL(address);
  const isHere = isLoopback(url.hostname);
  const given = flags.token || io.env['CAIRN_TOKEN'];
  // The token of this machine's server goes to this machine only.
  const token = given || (isHere ? await readAdminToken(dataFolder(flags.data, io.env)) : null);
  if (token && url.protocol === 'http:' && !isHere) {
    io.err(`Careful: the token goes to ${url.host} in clear, since the address is http://.\n`);
  }
  return createClient(address.replace(/\/+$/, ''), token);
}

/** The repository that is meant: the one named, the one of this checkout's remotes, or the only one there is. */
export async function chooseRepository(client: Client, flags: ConnectionFlags, io: Io): Promise<string> {
  if (flags.repository !== undefined) return flags.repository;
  const { repositories } = await client.get<{ repositories: string[] }>('/repositories');
  const remotes = new Set((await remoteNames(io.cwd)).map((name) => name.toLowerCase()));
  const matching = repositories.filter((name) => remotes.has(name.toLowerCase()));
  const [only, ...more] = matching.length > 0 ? matching : repositories;
  if (only !== undefined && more.length === 0) return only;
  throw new CliError(
    EXIT.usage,
    only === undefined
      ? `${client.server} watches no repository that this token can read.`
      : `Say which repository with --repository: ${[only, ...more].join(', ')}.`,
  );
}

/** `owner/name` of each remote of the checkout, origin first. */
async function remoteNames(cwd: string): Promise<string[]> {
  const { stdout, failed } = await execa('git', ['config', '--get-regexp', '^remote\\..*\\.url$'], {
    cwd,
    reject: false,
  });
  if (failed) return [];
  const lines = stdout
    .split('\n')
    .sort((a, b) => Number(b.startsWith('remote.origin.')) - Number(a.startsWith('remote.origin.')));
  return lines.flatMap((line) => repositoryOf(line.slice(line.indexOf(' ') + 1)) ?? []);
}

/** `git@host:owner/name.git`, `https://host/owner/name`, `ssh://git@host/owner/name.git` -> `owner/name`. */
function repositoryOf(url: string): string | null {
  const match = /[/:]([A-Za-z0-9][A-Za-z0-9-]*)\/([A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(url.trim());
  return match ? `${match[1]}/${match[2]}` : null;
}

/** A commit's full id: as given, or what this checkout's git makes of a short one, a branch, a tag. */
export async function fullCommit(text: string | undefined, io: Io): Promise<string | undefined> {
  if (text === undefined || /^[0-9a-f]{40}$/.test(text)) return text;
  const { stdout, failed } = await execa(
    'git',
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${text}^{commit}`],
    { cwd: io.cwd, reject: false },
  );
  if (!failed && /^[0-9a-f]{40}$/.test(stdout.trim())) return stdout.trim();
  throw new CliError(
    EXIT.usage,
    `${JSON.stringify(text)} is no commit that git knows in ${io.cwd}. Give all 40 digits, or run this in a checkout that has it.`,
  );
}
