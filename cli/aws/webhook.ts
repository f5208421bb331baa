import type { InfraConfig } from '../../infra/config/config.ts';
import { SECRETS } from '../../infra/names.ts';
import { CliError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OperatorClients } from './clients.ts';
import { type AppKey, githubApp } from './github-app.ts';
import { readSecret } from './secrets.ts';

/** What GitHub answers to `GET /app/hook/config`; the secret comes as stars. */
export interface HookConfig {
  url?: string;
  content_type?: string;
  insecure_ssl?: string | number;
  secret?: string;
}

/** Tells the App where its webhook is and what it is signed with. The same again changes nothing. */
export async function registerWebhook(
  clients: OperatorClients,
  config: InfraConfig,
  key: AppKey,
  url: string,
  io: Io,
): Promise<void> {
  const secret = (await readSecret(clients, SECRETS.webhook))?.trim();
  if (!secret || secret.length < 32) {
    throw new CliError(
      EXIT.bad,
      `${SECRETS.webhook} has no value of at least 32 characters. Put one there (\`openssl rand -hex 32\`), then run this again.`,
    );
  }
  try {
    const app = await githubApp(config.github.url, key);
    const before = await app.get<HookConfig>('/app/hook/config');
    await app.patch<HookConfig>('/app/hook/config', {
      url,
      content_type: 'json',
      insecure_ssl: '0',
      secret,
    });
    io.err(
      before.url === url
        ? `App ${key.appId} sends to ${url}, signed with ${SECRETS.webhook}.\n`
        : `App ${key.appId} now sends to ${url}${before.url ? ` (before: ${before.url})` : ''}.\n`,
    );
  } catch (error) {
    throw new CliError(
      EXIT.bad,
      `GitHub App ${key.appId} cannot be told its webhook: ${(error as Error).message}. Set it on the page of the App (Webhook, Active): URL ${url}, content type application/json, secret: the value of ${SECRETS.webhook} in Secrets Manager.`,
      { cause: error },
    );
  }
}
