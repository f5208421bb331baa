import type { InfraConfig } from '../../infra/config/config.ts';
import { CliError, EXIT } from '../exit.ts';
import { showFindings } from '../findings.ts';
import { type Io, plain } from '../io.ts';
import { type Cdk, cdkOf } from './cdk.ts';
import { type OperatorClients, operatorClients } from './clients.ts';
import { type ConfigFlags, readInfra } from './config.ts';
import { awsDoctor } from './doctor.ts';
import { type Preflight, preflight } from './preflight.ts';
import { type Ask, askOnTerminal } from './prompt.ts';
import { findAppKey, findSlack, keepSecrets, type SecretFlags } from './secrets.ts';
import { readInstallation, stackNames } from './stacks.ts';
import { registerWebhook } from './webhook.ts';

export interface DeployFlags extends ConfigFlags, SecretFlags {
  yes?: boolean;
  dryRun?: boolean;
  /** Commander's `--no-doctor`. */
  doctor?: boolean;
}

/** What `cdk synth` has made, instead of making it again: what is deployed is what was shown. */
const MADE = ['--app', 'dist/cdk.out'];

/** What a deployment works with; a test gives its own. */
export interface DeployTools {
  clients(region: string): OperatorClients;
  /** Of an emulator. */
  githubUrl?: string;
  cdk(file: string, region: string): Cdk;
  ask: Ask;
  doctor(flags: ConfigFlags, io: Io): Promise<number>;
}

export function deployTools(io: Io): DeployTools {
  return {
    clients: (region) => operatorClients(region, io.env['AWS_ENDPOINT_URL']),
    cdk: (file, region) => cdkOf(file, region, io),
    ask: askOnTerminal,
    doctor: awsDoctor,
  };
}

/**
 * `cairn aws deploy`: from cairn.infra.yaml to a Cairn that GitHub talks to. Each step finds out what is done
 * already, so that running it again is how one goes on after an error, changes something, or upgrades.
 */
export async function awsDeploy(flags: DeployFlags, io: Io, tools = deployTools(io)): Promise<number> {
  const { file, config } = readInfra(flags, io, tools.githubUrl);
  for (const warning of config.warnings) io.err(`warning: ${plain(warning)}\n`);
  const clients = tools.clients(config.region);
  const cdk = tools.cdk(file, config.region);

  title(io, 'Checks');
  const ready = await preflight(config, clients, io.env);
  showFindings(ready.findings, { ...io, out: io.err, outIsTerminal: io.errIsTerminal });
  if (flags.dryRun) return dryRun(config, ready, cdk, io);
  if (ready.account === null || ready.findings.some(({ status }) => status === 'fail')) {
    throw new CliError(EXIT.bad, 'Nothing was deployed: mend what failed above, then run this again.');
  }

  title(io, 'Secrets');
  const key = await findAppKey(clients, config, flags, io, tools.ask);
  const slack = await findSlack(clients, config, io, tools.ask);

  title(io, 'Templates');
  await cdk(['synth', '--quiet']);
  if (ready.bootstrap !== 'good') {
    title(io, 'Bootstrap');
    await agree(`Bootstrap ${ready.account} in ${config.region} for CDK?`, flags, tools.ask);
    await cdk(['bootstrap', `aws://${ready.account}/${config.region}`, ...MADE]);
  }

  title(io, 'Stacks');
  if (!flags.yes) {
    await cdk(['diff', ...MADE]);
    await agree(`Deploy that to ${ready.account} in ${config.region}?`, flags, tools.ask);
  }
  // What needs approval was shown and agreed to above.
  await cdk(['deploy', '--all', '--require-approval', 'never', '--progress', 'events', ...MADE]);

  await keepSecrets(clients, key, slack, io);

  title(io, 'Webhook');
  const { installation, finding } = await readInstallation(clients);
  if (!installation) throw new CliError(EXIT.bad, `${finding.message} ${finding.help ?? ''}`);
  await registerWebhook(clients, config, key.value, installation.webhookUrl, io);

  io.out(`Cairn is deployed: ${installation.apiUrl}\n`);
  if (flags.doctor === false) {
    io.out('Examine it with `cairn doctor --aws`.\n');
    return EXIT.ok;
  }
  title(io, 'Examination');
  return tools.doctor(flags, io);
}

/** Makes the templates, so that what is wrong with them is seen, and changes nothing. */
async function dryRun(config: InfraConfig, ready: Preflight, cdk: Cdk, io: Io): Promise<number> {
  title(io, 'Templates');
  await cdk(['synth', '--quiet']);
  const would = [
    'ask for secrets that have no value yet',
    ...(ready.bootstrap === 'good' ? [] : ['bootstrap the account for CDK, unless it is']),
    `deploy ${stackNames(config).join(', ')}`,
    `tell GitHub App ${config.github.appId} the address and the secret of its webhook`,
    'examine it (cairn doctor --aws)',
  ];
  io.out(`In ${ready.account ?? config.account ?? 'your account'}, ${config.region}, this would\n`);
  for (const [index, one] of would.entries()) io.out(`  ${index + 1}. ${one}\n`);
  return ready.findings.some(({ status }) => status === 'fail') ? EXIT.bad : EXIT.ok;
}

async function agree(question: string, { yes }: DeployFlags, ask: Ask): Promise<void> {
  if (yes) return;
  const answer = await ask(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer)) return;
  const why =
    answer === ''
      ? 'Nobody agreed: answer with y, or give --yes where nobody sits in front of it.'
      : 'Nothing more was done.';
  throw new CliError(EXIT.bad, why);
}

function title(io: Io, text: string): void {
  io.err(`\n${text}\n`);
}
