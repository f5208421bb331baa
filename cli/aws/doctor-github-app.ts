import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import type { InfraConfig } from '../../infra/config/config.ts';
import { SECRETS } from '../../infra/names.ts';
import { checkGithub } from '../doctor-github.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';
import { type AppKey, type GithubApp, githubApp } from './github-app.ts';
import { readAppKey, readSecret, slackApp } from './secrets.ts';
import type { HookConfig } from './webhook.ts';

const FILL = '`cairn aws deploy` asks for it.';

/** Whether each secret has a value. Those that are read prove the key of KMS, too. */
export async function checkSecrets(
  config: InfraConfig,
  clients: OperatorClients,
): Promise<{ findings: Finding[]; appKey: AppKey | null; webhookSecret: string | null }> {
  const app = await secret(SECRETS.github, async () => {
    const key = await readAppKey(clients, config);
    if (key) return { value: key, message: `the key of App ${key.appId}` };
    return { value: null, message: `has no key of App ${config.github.appId}.`, help: FILL };
  });
  const hook = await secret(SECRETS.webhook, async () => {
    const value = (await readSecret(clients, SECRETS.webhook))?.trim() ?? '';
    if (value.length >= 32) return { value, message: `${value.length} characters` };
    const help = `Put at least 32 characters there (\`openssl rand -hex 32\`), then \`cairn aws deploy\`.`;
    return { value: null, message: `has ${value.length} characters; it needs at least 32.`, help };
  });
  const slack = config.slack ? [await secret(SECRETS.slack, () => lookAtSlack(clients))] : [];
  const others = [SECRETS.masterKey, SECRETS.adminToken];
  const rest = await Promise.all(
    others.map((name) =>
      secret(name, async () => {
        const { VersionIdsToStages = {} } = await clients.secrets.send(
          new DescribeSecretCommand({ SecretId: name }),
        );
        const filled = Object.values(VersionIdsToStages).some((stages) => stages?.includes('AWSCURRENT'));
        return filled
          ? { value: true, message: 'has a value' }
          : { value: null, message: 'has no value.', help: FILL };
      }),
    ),
  );
  return {
    findings: [app, hook, ...rest, ...slack].map(({ finding }) => finding),
    appKey: app.value,
    webhookSecret: hook.value,
  };
}

async function lookAtSlack(clients: OperatorClients): Promise<Looked<true>> {
  const app = slackApp(await readSecret(clients, SECRETS.slack));
  if (app === null) return { value: null, message: 'has no bot token.', help: FILL };
  if (app.signingSecret !== undefined) return { value: true, message: 'a bot token and a signing secret' };
  const help = 'For buttons: `CAIRN_SLACK_SIGNING_SECRET=… cairn aws deploy`. Without them all is well.';
  return { value: true, warns: true, message: 'has no signing secret: buttons in Slack are refused.', help };
}

interface Looked<T> {
  value: T | null;
  warns?: true;
  message: string;
  help?: string;
}

async function secret<T>(
  name: string,
  look: () => Promise<Looked<T>>,
): Promise<{ value: T | null; finding: Finding }> {
  try {
    const { value, warns, ...said } = await look();
    const status = value === null ? 'fail' : warns ? 'warn' : 'ok';
    return { value, finding: { name, status, ...said } };
  } catch (error) {
    const help = 'You need secretsmanager:GetSecretValue and kms:Decrypt for it; Cairn needs them as well.';
    return { value: null, finding: { name, status: 'fail', message: reasonOf(error), help } };
  }
}

/** The App as GitHub sees it: permissions, where it is installed, its webhook, and how its deliveries went. */
export async function checkApp(config: InfraConfig, key: AppKey, webhookUrl: string): Promise<Finding[]> {
  const { url } = config.github;
  const repositories = config.repositories.map(({ name }) => name);
  const found = await checkGithub({ url, token: null, app: key, repositories });
  if (found.some(({ name, status }) => name === 'github' && status === 'fail')) return found;
  const app = await githubApp(url, key);
  return [...found, await checkHook(app, webhookUrl), await checkDeliveries(app)];
}

async function checkHook(app: GithubApp, webhookUrl: string): Promise<Finding> {
  const name = 'webhook';
  const help = '`cairn aws deploy` tells it again.';
  try {
    const hook = await app.get<HookConfig>('/app/hook/config');
    if (hook.url !== webhookUrl) {
      const message = `The App sends to ${hook.url || 'nowhere'}, not to ${webhookUrl}.`;
      return { name, status: 'fail', message, help };
    }
    if (hook.content_type !== 'json') {
      return { name, status: 'fail', message: `It sends ${hook.content_type}, not json.`, help };
    }
    return { name, status: 'ok', message: hook.url };
  } catch (error) {
    return { name, status: 'fail', message: (error as Error).message, help };
  }
}

interface Delivery {
  delivered_at: string;
  event: string;
  status: string;
  status_code: number;
  redelivery: boolean;
}

async function checkDeliveries(app: GithubApp): Promise<Finding> {
  const name = 'deliveries';
  try {
    const all = await app.get<Delivery[]>('/app/hook/deliveries?per_page=20');
    const [last] = all;
    if (!last) {
      const help = 'Push something, or open a pull request: then look again.';
      return { name, status: 'warn', message: 'GitHub has delivered nothing yet.', help };
    }
    const good = ({ status_code }: Delivery) => status_code >= 200 && status_code < 300;
    const bad = all.filter((one) => !good(one));
    const message = `${all.length - bad.length} of the last ${all.length} were taken; the newest (${last.event}, ${last.delivered_at}): ${last.status_code}`;
    if (bad.length === 0) return { name, status: 'ok', message };
    const help =
      'The page of the App, Advanced, shows each and sends it again. 401: the secrets differ; 5xx: the log of Webhook says why.';
    return { name, status: good(last) ? 'warn' : 'fail', message, help };
  } catch (error) {
    const help = 'Is the webhook of the App active?';
    return { name, status: 'warn', message: (error as Error).message, help };
  }
}
