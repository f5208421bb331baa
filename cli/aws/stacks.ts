import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { InfraConfig } from '../../infra/config/config.ts';
import { jobsStackName, STACKS } from '../../infra/names.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';

/** What the stacks say after a deployment. */
export interface Installation {
  /** Where people reach Cairn, without a trailing slash. */
  apiUrl: string;
  /** What GitHub is told. */
  webhookUrl: string;
}

/** Every stack of an installation, in the order of their making. */
export function stackNames({ repositories }: InfraConfig): string[] {
  const jobs = repositories.map(({ name }) => jobsStackName(name));
  return [STACKS.foundation, STACKS.network, STACKS.images, STACKS.pipeline, ...jobs, STACKS.observability];
}

/** Null, with a finding that says why, if Cairn is not deployed. */
export async function readInstallation(
  clients: OperatorClients,
): Promise<{ installation: Installation | null; finding: Finding }> {
  const name = 'outputs';
  try {
    const { Stacks = [] } = await clients.stacks.send(
      new DescribeStacksCommand({ StackName: STACKS.pipeline }),
    );
    const output = (key: string) =>
      Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    const [apiUrl, webhookUrl] = [output('ApiUrl'), output('WebhookUrl')];
    if (apiUrl && webhookUrl) {
      return { installation: { apiUrl, webhookUrl }, finding: { name, status: 'ok', message: apiUrl } };
    }
    const message = `${STACKS.pipeline} says no address.`;
    const help = 'Its last deployment did not go through, or was of an older version: `cairn aws deploy`.';
    return { installation: null, finding: { name, status: 'fail', message, help } };
  } catch (error) {
    const message = /does not exist/.test((error as Error).message)
      ? `There is no ${STACKS.pipeline} in ${clients.region}.`
      : `CloudFormation does not answer: ${reasonOf(error)}`;
    return {
      installation: null,
      finding: { name, status: 'fail', message, help: 'Run `cairn aws deploy`.' },
    };
  }
}

/** Whether each stack is there and whole. */
export async function checkStacks(config: InfraConfig, clients: OperatorClients): Promise<Finding[]> {
  return Promise.all(
    stackNames(config).map(async (name): Promise<Finding> => {
      try {
        const { Stacks = [] } = await clients.stacks.send(new DescribeStacksCommand({ StackName: name }));
        const status = Stacks[0]?.StackStatus ?? 'gone';
        if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return { name, status: 'ok', message: status };
        const help = status.endsWith('_IN_PROGRESS')
          ? 'Wait until it has ended.'
          : 'Its events in CloudFormation say what failed; then `cairn aws deploy`.';
        return { name, status: 'fail', message: status, help };
      } catch (error) {
        return { name, status: 'fail', message: reasonOf(error), help: 'Run `cairn aws deploy`.' };
      }
    }),
  );
}
