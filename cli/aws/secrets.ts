import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import type { InfraConfig } from '../../infra/config/config.ts';
import { SECRETS } from '../../infra/names.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { type OperatorClients, reasonOf } from './clients.ts';
import { type AppKey, GithubSaid, githubApp } from './github-app.ts';
import type { Ask } from './prompt.ts';

export interface SecretFlags {
  appKeyFile?: string;
}

const slackAppKeys = z.object({ botToken: z.string(), signingSecret: z.string().optional() });
const appKey = z.object({ appId: z.string(), privateKey: z.string() });

/** A secret's value; null if it has none yet. Throws an Error that names the secret, and never its value. */
export async function readSecret(clients: OperatorClients, id: string): Promise<string | null> {
  try {
    const { SecretString } = await clients.secrets.send(new GetSecretValueCommand({ SecretId: id }));
    return SecretString ?? null;
  } catch (error) {
    if ((error as Error).name === 'ResourceNotFoundException') return null;
    throw new Error(`The secret ${id} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** The App's number and key as they are kept; null if none is, or of another App. */
export async function readAppKey(clients: OperatorClients, config: InfraConfig): Promise<AppKey | null> {
  const text = await readSecret(clients, SECRETS.github);
  if (text === null) return null;
  const parsed = appKey.safeParse(jsonOf(text));
  return parsed.success && parsed.data.appId === config.github.appId ? parsed.data : null;
}

/** What is kept of the Slack App; null if nothing is, or nothing that can be used. */
export function slackApp(text: string | null): z.infer<typeof slackAppKeys> | null {
  const parsed = slackAppKeys.safeParse(jsonOf(text ?? ''));
  return parsed.success ? parsed.data : null;
}

/** A value, and whether it is still to be kept where the functions read it. */
export interface Found<T> {
  value: T;
  isNew: boolean;
}

/**
 * The App's key: the one of `--app-key-file`, else the one that is kept, else it asks. Before the stacks are made,
 * so that a quarter of an hour is not lost over a wrong file; a key that GitHub does not take is never kept.
 */
export async function findAppKey(
  clients: OperatorClients,
  config: InfraConfig,
  flags: SecretFlags,
  io: Io,
  ask: Ask,
): Promise<Found<AppKey>> {
  const kept = await readAppKey(clients, config);
  const named = flags.appKeyFile || io.env['CAIRN_APP_KEY_FILE'];
  if (kept && !named) {
    io.err(`The key of App ${kept.appId} is kept in ${SECRETS.github}.\n`);
    return { value: kept, isNew: false };
  }
  const file = named || (await ask(`File with the private key (PEM) of GitHub App ${config.github.appId}: `));
  if (!file) {
    throw new CliError(
      EXIT.usage,
      `${SECRETS.github} has no key of App ${config.github.appId} yet. Give its file with --app-key-file; the page of the App makes one ("Generate a private key").`,
    );
  }
  const key = { appId: config.github.appId, privateKey: await readKey(path.resolve(io.cwd, file)) };
  await tryKey(config, key, file);
  io.err(`GitHub takes the key of App ${key.appId}.\n`);
  return { value: key, isNew: kept?.privateKey !== key.privateKey };
}

/**
 * What Cairn needs of Slack, null without one; from CAIRN_SLACK_TOKEN and CAIRN_SLACK_SIGNING_SECRET, since a
 * command line can be seen by others. Without a signing secret Slack is told everything, and its buttons are refused.
 */
export async function findSlack(
  clients: OperatorClients,
  config: InfraConfig,
  io: Io,
  ask: Ask,
): Promise<Found<string> | null> {
  if (!config.slack) return null;
  const given = { token: io.env['CAIRN_SLACK_TOKEN'], signing: io.env['CAIRN_SLACK_SIGNING_SECRET'] };
  const kept = slackApp(await readSecret(clients, SECRETS.slack));
  if (kept && !given.token && !given.signing) {
    if (kept.signingSecret === undefined) io.err(`${NO_BUTTONS} give it as CAIRN_SLACK_SIGNING_SECRET.\n`);
    return { value: JSON.stringify(kept), isNew: false };
  }
  const botToken =
    given.token ||
    kept?.botToken ||
    (await ask('Bot token of the Slack App (xoxb-…), not shown: ', { hidden: true }));
  if (!/^xoxb-/.test(botToken)) {
    throw new CliError(
      EXIT.usage,
      `${SECRETS.slack} needs the bot token of your Slack App (xoxb-…): give it as CAIRN_SLACK_TOKEN, or set \`slack: false\` in ${config.file}.`,
    );
  }
  const signingSecret =
    given.signing ||
    kept?.signingSecret ||
    (await ask(
      'Signing secret of the Slack App (its page, Basic Information; empty: no buttons), not shown: ',
      {
        hidden: true,
      },
    ));
  if (signingSecret !== '' && !/^[0-9a-f]{32}$/.test(signingSecret)) {
    throw new CliError(
      EXIT.usage,
      'A signing secret of a Slack App is 32 hexadecimal digits: it stands on the page of the App, Basic Information, App Credentials.',
    );
  }
  if (signingSecret === '') io.err(`${NO_BUTTONS} give it as CAIRN_SLACK_SIGNING_SECRET.\n`);
  const value = JSON.stringify({ botToken, ...(signingSecret === '' ? {} : { signingSecret }) });
  return { value, isNew: value !== JSON.stringify(kept) };
}

const NO_BUTTONS = `${SECRETS.slack} has no signing secret: buttons in Slack are refused until you`;

/** Once the stacks have made the secrets. */
export async function keepSecrets(
  clients: OperatorClients,
  key: Found<AppKey>,
  slack: Found<string> | null,
  io: Io,
): Promise<void> {
  if (key.isNew) {
    await putSecret(clients, SECRETS.github, JSON.stringify(key.value));
    io.err(`Kept the key of App ${key.value.appId} in ${SECRETS.github}. The file is not needed any more.\n`);
  }
  if (slack?.isNew) {
    await putSecret(clients, SECRETS.slack, slack.value);
    io.err(`Kept what the Slack App gave in ${SECRETS.slack}.\n`);
  }
}

async function readKey(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    createPrivateKey(text);
    return text;
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `${file} is no private key in PEM: ${(error as Error).message}. Generate one on the page of the GitHub App.`,
      { cause: error },
    );
  }
}

async function tryKey(config: InfraConfig, key: AppKey, file: string): Promise<void> {
  try {
    const app = await githubApp(config.github.url, key);
    const { id } = await app.get<{ id: number }>('/app');
    if (String(id) === key.appId) return;
    throw new GithubSaid(200, `it says it is App ${id}`);
  } catch (error) {
    throw new CliError(
      EXIT.bad,
      `${config.github.url} does not take ${file} as the key of App ${key.appId}: ${(error as Error).message}. Look at github.app_id in ${config.file}, and whether the key was deleted on the page of the App.`,
      { cause: error },
    );
  }
}

async function putSecret(clients: OperatorClients, id: string, value: string): Promise<void> {
  try {
    await clients.secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString: value }));
  } catch (error) {
    throw new CliError(EXIT.bad, `${id} cannot be written: ${reasonOf(error)}`, { cause: error });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
