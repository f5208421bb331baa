import { BatchClient } from '@aws-sdk/client-batch';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';

/** AWS with the credentials of whoever sits in front of the terminal: profile, single sign-on, environment. */
export interface OperatorClients {
  region: string;
  batch: BatchClient;
  builds: CodeBuildClient;
  events: EventBridgeClient;
  logs: CloudWatchLogsClient;
  scheduler: SchedulerClient;
  secrets: SecretsManagerClient;
  sqs: SQSClient;
  stacks: CloudFormationClient;
  states: SFNClient;
  sts: STSClient;
}

/** `endpoint`: of an emulator. */
export function operatorClients(region: string, endpoint?: string): OperatorClients {
  // Node's age is said by the checks, in words that say what to do.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const shared = { region, maxAttempts: 5, ...(endpoint ? { endpoint } : {}) };
  return {
    region,
    batch: new BatchClient(shared),
    builds: new CodeBuildClient(shared),
    events: new EventBridgeClient(shared),
    logs: new CloudWatchLogsClient(shared),
    scheduler: new SchedulerClient(shared),
    secrets: new SecretsManagerClient(shared),
    sqs: new SQSClient(shared),
    stacks: new CloudFormationClient(shared),
    states: new SFNClient({ ...shared, disableHostPrefix: endpoint !== undefined }),
    sts: new STSClient(shared),
  };
}

/** What AWS said, in one line and without a request id. */
export function reasonOf(error: unknown): string {
  const { name, message } = error as Error;
  return message ? `${name}: ${message}` : name;
}
