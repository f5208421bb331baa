import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { InvalidInput } from '../core/errors.ts';
import { repositoryName } from '../core/requests/request.ts';
import type { ServeOptions } from '../local/server.ts';
import { dataFolder, type Env } from './data-folder.ts';

/** Flags as commander gives them; each has an environment variable that is taken where the flag is not given. */
export interface ServeFlags {
  data?: string;
  host?: string;
  port?: string;
  githubUrl?: string;
  githubToken?: string;
  appId?: string;
  appKeyFile?: string;
  webhookSecret?: string;
  repository?: string[];
  slackToken?: string;
  slackSigningSecret?: string;
  concurrency?: string;
  providerMirror?: string;
  publicUrl?: string;
}

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'is an http:// or https:// address' })
  .transform((url) => url.replace(/\/+$/, ''));
const some = z.string().min(1);

const SECRET_HELP =
  'needs at least 32 characters. Make one with `openssl rand -hex 32`, set it here and as the secret of the webhook on GitHub';

const schema = z.object({
  host: some.default('127.0.0.1'),
  port: z.coerce.number('is a number').int().min(0).max(65_535).default(8474),
  githubUrl: httpUrl.default('https://api.github.com'),
  githubToken: some.optional(),
  appId: z.string().regex(/^\d+$/, 'is the number of the GitHub App').optional(),
  appKeyFile: some.optional(),
  webhookSecret: z.string(`is missing: it ${SECRET_HELP}`).min(32, SECRET_HELP),
  repository: z.array(repositoryName).min(1, 'is missing: name at least one, as owner/name'),
  slackToken: z
    .string()
    .regex(/^xox[a-z]-/, 'is a bot token (xoxb-…)')
    .optional(),
  slackSigningSecret: z
    .string()
    .regex(
      /^[0-9a-f]{32}$/,
      'is 32 of 0-9 and a-f: the Signing Secret under Basic Information of the Slack App',
    )
    .optional(),
  concurrency: z.coerce.number('is a number').int().min(1).max(256).optional(),
  providerMirror: some.optional(),
  publicUrl: httpUrl.optional(),
});

/** Name of each option as people type it, and of its environment variable. */
const NAMES: Record<keyof z.infer<typeof schema>, [flag: string, variable: string]> = {
  host: ['--host', 'CAIRN_HOST'],
  port: ['--port', 'CAIRN_PORT'],
  githubUrl: ['--github-url', 'CAIRN_GITHUB_URL'],
  githubToken: ['--github-token', 'CAIRN_GITHUB_TOKEN'],
  appId: ['--app-id', 'CAIRN_APP_ID'],
  appKeyFile: ['--app-key-file', 'CAIRN_APP_KEY_FILE'],
  webhookSecret: ['--webhook-secret', 'CAIRN_WEBHOOK_SECRET'],
  repository: ['--repository', 'CAIRN_REPOSITORIES'],
  slackToken: ['--slack-token', 'CAIRN_SLACK_TOKEN'],
  slackSigningSecret: ['--slack-signing-secret', 'CAIRN_SLACK_SIGNING_SECRET'],
  concurrency: ['--concurrency', 'CAIRN_CONCURRENCY'],
  providerMirror: ['--provider-mirror', 'CAIRN_PROVIDER_MIRROR'],
  publicUrl: ['--public-url', 'CAIRN_PUBLIC_URL'],
};

/** Throws InvalidInput with one line per option that does not fit, saying what to do. */
export function serveOptions(flags: ServeFlags, env: Env): ServeOptions {
  const raw = Object.fromEntries(
    Object.entries(NAMES).map(([key, [, variable]]) => [
      key,
      flags[key as keyof ServeFlags] ?? fromEnv(key, env[variable]),
    ]),
  );
  const parsed = schema.safeParse(raw);
  if (!parsed.success)
    throw new InvalidInput(parsed.error.issues.map(problem).join('\n'), { cause: parsed.error });

  const { host, port, githubUrl, webhookSecret, slackToken, slackSigningSecret } = parsed.data;
  const { providerMirror, publicUrl } = parsed.data;
  return {
    data: dataFolder(flags.data, env),
    host,
    port,
    githubUrl,
    github: credentials(parsed.data),
    webhookSecret,
    repositories: [...new Set(parsed.data.repository)],
    slackToken: slackToken ?? null,
    ...(slackSigningSecret === undefined ? {} : { slackSigningSecret }),
    concurrency: parsed.data.concurrency ?? availableParallelism(),
    providerMirror: providerMirror ?? null,
    publicUrl: publicUrl ?? null,
    pages:
      isLoopback(host) && (publicUrl === undefined || isLoopback(new URL(publicUrl).hostname))
        ? 'open'
        : 'token',
  };
}

function fromEnv(key: string, text: string | undefined): unknown {
  // An empty variable is one that is not set: that is how compose files and units leave one out.
  if (text === undefined || text === '') return key === 'repository' ? [] : undefined;
  return key === 'repository' ? text.split(/[\s,]+/).filter((name) => name !== '') : text;
}

function problem(issue: z.core.$ZodIssue): string {
  const key = String(issue.path[0]) as keyof typeof NAMES;
  const [flag, variable] = NAMES[key] ?? [key, ''];
  // Never the value: it may be a secret.
  return `${flag} (or ${variable}): ${issue.message}`;
}

function credentials({ githubToken, appId, appKeyFile }: z.infer<typeof schema>): ServeOptions['github'] {
  if (githubToken !== undefined && (appId !== undefined || appKeyFile !== undefined)) {
    throw new InvalidInput('Give either --github-token or --app-id with --app-key-file, not both.');
  }
  if (githubToken !== undefined) return { kind: 'token', token: githubToken };
  if (appId !== undefined && appKeyFile !== undefined) return { kind: 'app', appId, keyFile: appKeyFile };
  throw new InvalidInput(
    'How Cairn signs in to GitHub is missing: --github-token (or CAIRN_GITHUB_TOKEN), or for a GitHub App both --app-id and --app-key-file.',
  );
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}
