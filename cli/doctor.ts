import { dataFolder } from './data-folder.ts';
import { checkGithub } from './doctor-github.ts';
import { checkBinaries, checkDataFolder, checkGit, checkIsolation, checkNode } from './doctor-machine.ts';
import { EXIT } from './exit.ts';
import { type Finding, showFindings } from './findings.ts';
import type { Io } from './io.ts';
import type { ServeFlags } from './serve-options.ts';

/** terraform and tofu binaries of this machine (`local/binaries.ts`). */
export type FindBinaries = (search: string) => Promise<{ name: string; version: string; path: string }[]>;

/** `cairn doctor`: whether a server would work with these options here, and what to do where it would not. */
export async function doctor(
  flags: ServeFlags & { json?: boolean },
  findBinaries: FindBinaries,
  io: Io,
): Promise<number> {
  const { env } = io;
  const repositories =
    flags.repository ?? (env['CAIRN_REPOSITORIES'] ?? '').split(/[\s,]+/).filter((name) => name !== '');
  const appId = flags.appId || env['CAIRN_APP_ID'];
  const keyFile = flags.appKeyFile || env['CAIRN_APP_KEY_FILE'];
  const [git, binaries, data, github] = await Promise.all([
    checkGit(),
    findBinaries(env['PATH'] ?? ''),
    checkDataFolder(dataFolder(flags.data, env)),
    checkGithub({
      url: flags.githubUrl || env['CAIRN_GITHUB_URL'] || 'https://api.github.com',
      token: flags.githubToken || env['CAIRN_GITHUB_TOKEN'] || null,
      app: appId && keyFile ? { appId, keyFile } : null,
      repositories,
    }),
  ]);
  const findings = [
    checkNode(),
    git,
    checkBinaries(binaries),
    ...data,
    checkIsolation(),
    checkSecret(flags.webhookSecret || env['CAIRN_WEBHOOK_SECRET']),
    checkRepositories(repositories),
    ...github,
  ];
  if (flags.json) io.out(`${JSON.stringify({ findings }, null, 2)}\n`);
  else showFindings(findings, io);
  return findings.some(({ status }) => status === 'fail') ? EXIT.bad : EXIT.ok;
}

function checkSecret(secret: string | undefined): Finding {
  const name = 'webhook secret';
  const help =
    'Make one with `openssl rand -hex 32`, give it as CAIRN_WEBHOOK_SECRET, and set it as the secret of the webhook on GitHub.';
  if (!secret) return { name, status: 'fail', message: 'is missing.', help };
  return secret.length < 32
    ? { name, status: 'fail', message: `has ${secret.length} characters; it needs at least 32.`, help }
    : { name, status: 'ok', message: `${secret.length} characters` };
}

function checkRepositories(repositories: string[]): Finding {
  return repositories.length > 0
    ? { name: 'repositories', status: 'ok', message: repositories.join(', ') }
    : {
        name: 'repositories',
        status: 'fail',
        message: 'None is named.',
        help: 'Name each with --repository OWNER/NAME, or all in CAIRN_REPOSITORIES.',
      };
}
