import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { WORKFLOWS, type WorkflowName } from '../../core/requests/run.ts';
import {
  BUS,
  bucketName,
  JOB_LOGS,
  REQUEST_SCHEDULE_GROUP,
  SCHEDULER_ROLE,
  SECRETS,
  TABLE,
} from '../names.ts';
import type { FunctionWorld } from './grants.ts';
import type { JobWorld } from './job-policy.ts';
import type { WorkflowWorld } from './workflow-policy.ts';

export { WORKFLOWS, type WorkflowName };

/**
 * ARNs of everything that has a fixed name, made from the name: a policy says what it means, and no stack
 * waits for an export of another. Only the key has none.
 */
export function arns(scope: Construct) {
  const stack = Stack.of(scope);
  const { partition, account, region } = stack;
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const bucket = (kind: 'artifacts' | 'states') =>
    `arn:${partition}:s3:::${bucketName(kind, { account, region })}`;
  return {
    arn,
    artifacts: bucket('artifacts'),
    states: bucket('states'),
    table: arn('dynamodb', `table/${TABLE}`),
    bus: arn('events', `event-bus/${BUS}`),
    stateMachine: (workflow: string) => arn('states', `stateMachine:cairn-${workflow}`),
    executions: (workflow: string) => arn('states', `execution:cairn-${workflow}:*`),
    jobStreams: arn('logs', `log-group:${JOB_LOGS}:log-stream:*`),
    /** Secrets Manager puts six random characters behind a name. */
    secret: (name: string) => arn('secretsmanager', `secret:${name}-??????`),
    schedulerRole: `arn:${partition}:iam::${account}:role/${SCHEDULER_ROLE}`,
    functionArn: (name: string) => arn('lambda', `function:cairn-${name}`),
  };
}

export function functionWorld(scope: Construct, key: string): FunctionWorld {
  const at = arns(scope);
  return {
    key,
    region: Stack.of(scope).region,
    table: [at.table],
    'table-indexes': [`${at.table}/index/*`],
    'artifact-bucket': [at.artifacts],
    artifacts: [`${at.artifacts}/*`],
    bus: [at.bus],
    'secret:github': [at.secret(SECRETS.github)],
    'secret:webhook': [at.secret(SECRETS.webhook)],
    'secret:slack': [at.secret(SECRETS.slack)],
    'secret:master-key': [at.secret(SECRETS.masterKey)],
    'secret:admin-token': [at.secret(SECRETS.adminToken)],
    'state-machines': WORKFLOWS.map(at.stateMachine),
    executions: WORKFLOWS.map(at.executions),
    'any-job': ['*'],
    jobs: [at.arn('batch', 'job/*')],
    'job-logs': [at.jobStreams],
    schedules: [at.arn('scheduler', `schedule/${REQUEST_SCHEDULE_GROUP}/*`)],
    'any-schedule': ['*'],
    'scheduler-role': [at.schedulerRole],
  };
}

export function jobWorld(scope: Construct, key: string): JobWorld {
  const { artifacts, states } = arns(scope);
  return { artifacts, states, key, region: Stack.of(scope).region };
}

export function workflowWorld(scope: Construct): WorkflowWorld {
  const { arn, functionArn } = arns(scope);
  return { arn, functionArn };
}
