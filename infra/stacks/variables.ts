import type { Stack } from 'aws-cdk-lib';
import type { LambdaVariables } from '../../lambdas/environment.ts';
import type { InfraConfig } from '../config/config.ts';
import { BUS, bucketName, JOB_LOGS, REQUEST_SCHEDULE_GROUP, SECRETS, TABLE } from '../names.ts';
import { SCHEDULES_DEAD } from '../permissions/grants.ts';
import { arns } from '../permissions/world.ts';

/** The environment of every function: names of things, never a secret, so that all may have all of it. */
export function functionVariables(stack: Stack, config: InfraConfig, url: string): LambdaVariables {
  const { account, region } = stack;
  return {
    CAIRN_TABLE: TABLE,
    CAIRN_ARTIFACTS: bucketName('artifacts', { account, region }),
    CAIRN_BUS: BUS,
    CAIRN_STATE_MACHINES: arns(stack).stateMachine(''),
    CAIRN_JOB_LOGS: JOB_LOGS,
    CAIRN_PUBLIC_URL: url,
    CAIRN_REPOSITORIES: JSON.stringify(config.repositories.map(({ name }) => name)),
    CAIRN_GITHUB_URL: config.github.url,
    CAIRN_GITHUB_SECRET: SECRETS.github,
    CAIRN_WEBHOOK_SECRET: SECRETS.webhook,
    CAIRN_SLACK_SECRET: config.slack ? SECRETS.slack : '',
    CAIRN_MASTER_KEY: SECRETS.masterKey,
    CAIRN_ADMIN_TOKEN: SECRETS.adminToken,
    CAIRN_BINARIES: JSON.stringify(config.binaries.map(({ name, version }) => `${name} ${version}`)),
    CAIRN_SIZES: JSON.stringify(Object.keys(config.sizes)),
    CAIRN_EPHEMERAL: JSON.stringify(
      config.repositories.flatMap(({ name, ephemeral }) => (ephemeral === null ? [] : [name])),
    ),
    CAIRN_SCHEDULES: stack.toJsonString({
      group: REQUEST_SCHEDULE_GROUP,
      role: arns(stack).schedulerRole,
      bus: arns(stack).bus,
      deadLetters: arns(stack).arn('sqs', `cairn-${SCHEDULES_DEAD}`),
    }),
  };
}
