import { existsSync } from 'node:fs';
import path from 'node:path';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { InfraConfig } from '../../infra/config/config.ts';
import { installRoot } from '../../local/root.ts';
import type { Env } from '../data-folder.ts';
import { checkNode } from '../doctor-machine.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';

/** What stacks with file assets ask for (`requiresBootstrapStackVersion`); `cdk bootstrap` makes a far newer one. */
const OLDEST_BOOTSTRAP = 6;
const TOOLKIT = 'CDKToolkit';

export type Bootstrap = 'good' | 'missing' | 'old';

export interface Preflight {
  findings: Finding[];
  /** Null if AWS did not say. */
  account: string | null;
  bootstrap: Bootstrap | null;
}

/** What has to be true before anything is deployed, or examined. */
export async function preflight(config: InfraConfig, clients: OperatorClients, env: Env): Promise<Preflight> {
  const here = [checkNode(), checkInstalled()];
  const who = await checkAccount(config, clients);
  const place = checkRegion(config, env);
  if (who.account === null) {
    return { findings: [...here, ...who.findings, place], account: null, bootstrap: null };
  }
  const { finding, bootstrap } = await checkBootstrap(who.account, clients);
  return { findings: [...here, ...who.findings, place, finding], account: who.account, bootstrap };
}

/** The stacks are made from the sources by programs that npm installs. */
export function checkInstalled(root = installRoot()): Finding {
  const missing = ['aws-cdk/bin/cdk', 'tsx/package.json', 'aws-cdk-lib/package.json'].filter(
    (file) => !existsSync(path.join(root, 'node_modules', file)),
  );
  const name = 'installation';
  if (missing.length === 0) return { name, status: 'ok', message: root };
  return {
    name,
    status: 'fail',
    message: `${root} lacks ${missing.map((file) => file.split('/')[0]).join(', ')}.`,
    help: `Run \`npm ci\` in ${root}.`,
  };
}

async function checkAccount(
  config: InfraConfig,
  { sts }: OperatorClients,
): Promise<{ findings: Finding[]; account: string | null }> {
  const name = 'account';
  try {
    const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
    if (config.account === null || config.account === Account) {
      return { findings: [{ name, status: 'ok', message: `${Account} as ${Arn}` }], account: Account };
    }
    const finding: Finding = {
      name,
      status: 'fail',
      message: `Your credentials are of account ${Account}, but ${config.file} says ${config.account}.`,
      help: 'Take those of that account, for instance with AWS_PROFILE.',
    };
    return { findings: [finding], account: null };
  } catch (error) {
    const finding: Finding = {
      name,
      status: 'fail',
      message: `AWS does not know you: ${reasonOf(error)}`,
      help: 'Sign in (`aws sso login`), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY.',
    };
    return { findings: [finding], account: null };
  }
}

function checkRegion({ region, file }: InfraConfig, env: Env): Finding {
  const name = 'region';
  const yours = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  if (!yours || yours === region) return { name, status: 'ok', message: region };
  return {
    name,
    status: 'warn',
    message: `${region}, as ${file} says; your environment says ${yours}.`,
    help: 'The file counts. Change it if you mean the other one: moving Cairn later is a new installation.',
  };
}

async function checkBootstrap(
  account: string,
  { stacks, region }: OperatorClients,
): Promise<{ finding: Finding; bootstrap: Bootstrap | null }> {
  const name = 'bootstrap';
  const help = `\`cairn aws deploy\` does it, or: npx cdk bootstrap aws://${account}/${region}`;
  try {
    const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({ StackName: TOOLKIT }));
    const outputs = Stacks[0]?.Outputs ?? [];
    const version = Number(
      outputs.find(({ OutputKey }) => OutputKey === 'BootstrapVersion')?.OutputValue ?? Number.NaN,
    );
    if (version >= OLDEST_BOOTSTRAP) {
      return { finding: { name, status: 'ok', message: `version ${version}` }, bootstrap: 'good' };
    }
    const message = `The account is bootstrapped for CDK in version ${version}; ${OLDEST_BOOTSTRAP} is needed.`;
    return { finding: { name, status: 'warn', message, help }, bootstrap: 'old' };
  } catch (error) {
    if (/does not exist/.test((error as Error).message)) {
      const message = `${region} of ${account} is not bootstrapped for CDK yet.`;
      return { finding: { name, status: 'warn', message, help }, bootstrap: 'missing' };
    }
    const message = `CloudFormation does not answer: ${reasonOf(error)}`;
    const ask = 'You need the permission cloudformation:DescribeStacks.';
    return { finding: { name, status: 'fail', message, help: ask }, bootstrap: null };
  }
}
