import { REQUESTS_SOURCE, STATUS_SOURCE } from './events/sources.ts';
import type { PortName } from './port-names.ts';

/**
 * What each port asks of AWS: THE source of the functions' policies. A test compares it with the calls that
 * the contract suites make, so a call that is not here fails there, and so does a right that nobody uses.
 */

/** What an action is allowed on; the stacks know its ARN. */
export type Resource =
  | 'table'
  /** The table's indexes, `<table>/index/*`. */
  | 'table-indexes'
  /** The artifact bucket itself: what lists its keys. */
  | 'artifact-bucket'
  /** The artifact bucket's objects, `<bucket>/*`. */
  | 'artifacts'
  | 'bus'
  | 'secret:github'
  | 'secret:webhook'
  | 'secret:slack'
  | 'secret:master-key'
  | 'secret:admin-token'
  /** One-time schedules, `schedule/<group>/*`. */
  | 'schedules'
  /** Actions on schedules that know no resource: AWS offers only `*`. */
  | 'any-schedule'
  /** The role that is handed to a schedule, and to nobody else. */
  | 'scheduler-role'
  | 'state-machines'
  /** Executions of our state machines. */
  | 'executions'
  /** Actions that know no resource: AWS offers only `*`. */
  | 'any-job'
  /** Jobs by ARN, `job/*`: a job's id is not known before it is submitted. */
  | 'jobs'
  /** Streams of the jobs' log group. */
  | 'job-logs';

export interface Permission {
  /** As IAM names them. */
  actions: readonly string[];
  on: Resource;
  /**
   * For `table`: patterns of the partition keys that the port reads and writes (`dynamodb:LeadingKeys`), so
   * that a function that faces the internet cannot touch a lock or a task token. For `bus`: the events' sources,
   * so that who tells what happened cannot ask for anything in somebody's name.
   */
  keys?: readonly string[];
}

const github: Permission = { actions: ['secretsmanager:GetSecretValue'], on: 'secret:github' };

export const PERMISSIONS: Readonly<Record<PortName, readonly Permission[]>> = {
  artifacts: [
    // Not s3:PutObjectTagging: only jobs store plan files, which carry a tag.
    { actions: ['s3:GetObject', 's3:PutObject'], on: 'artifacts' },
    { actions: ['s3:ListBucket'], on: 'artifact-bucket' },
  ],
  runs: [
    {
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
      on: 'table',
      keys: ['run#*', 'runs#*', 'repositories'],
    },
    { actions: ['dynamodb:Query'], on: 'table-indexes' },
  ],
  status: [
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      on: 'table',
      keys: ['run#*'],
    },
    { actions: ['events:PutEvents'], on: 'bus', keys: [STATUS_SOURCE] },
  ],
  locks: [
    { actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], on: 'table', keys: ['locks'] },
  ],
  approvals: [
    {
      actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
      on: 'table',
      keys: ['approvals'],
    },
  ],
  schedules: [
    {
      actions: [
        'scheduler:CreateSchedule',
        'scheduler:DeleteSchedule',
        'scheduler:GetSchedule',
        'scheduler:UpdateSchedule',
      ],
      on: 'schedules',
    },
    { actions: ['scheduler:ListSchedules'], on: 'any-schedule' },
    { actions: ['iam:PassRole'], on: 'scheduler-role' },
    // What is due already.
    { actions: ['events:PutEvents'], on: 'bus', keys: [REQUESTS_SOURCE] },
  ],
  ephemerals: [
    {
      actions: ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      on: 'table',
      keys: ['ephemerals#*'],
    },
  ],
  sent: [{ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], on: 'table', keys: ['sent#*'] }],
  deliveries: [{ actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], on: 'table', keys: ['delivery#*'] }],
  bus: [{ actions: ['events:PutEvents'], on: 'bus', keys: [REQUESTS_SOURCE] }],
  workflows: [
    {
      actions: ['states:SendTaskFailure', 'states:SendTaskSuccess', 'states:StartExecution'],
      on: 'state-machines',
    },
    { actions: ['states:DescribeExecution', 'states:StopExecution'], on: 'executions' },
  ],
  // A job's log is found through an artifact: whoever reads logs has the port `artifacts` too.
  jobs: [
    { actions: ['batch:ListJobs'], on: 'any-job' },
    { actions: ['batch:TerminateJob'], on: 'jobs' },
    { actions: ['logs:GetLogEvents'], on: 'job-logs' },
  ],
  keys: [{ actions: ['secretsmanager:GetSecretValue'], on: 'secret:master-key' }],
  source: [github],
  pulls: [github],
  reports: [github],
  git: [github],
  people: [github],
  issues: [github],
  redelivery: [github],
  chat: [{ actions: ['secretsmanager:GetSecretValue'], on: 'secret:slack' }],
  webhookSecret: [{ actions: ['secretsmanager:GetSecretValue'], on: 'secret:webhook' }],
  slackSigning: [{ actions: ['secretsmanager:GetSecretValue'], on: 'secret:slack' }],
  adminToken: [{ actions: ['secretsmanager:GetSecretValue'], on: 'secret:admin-token' }],
};

/**
 * What an action needs besides, of the KMS key that its data is encrypted with. No client of ours calls KMS:
 * the service does, in the caller's name.
 */
export const KMS_IMPLIED: Readonly<Record<string, readonly string[]>> = {
  's3:GetObject': ['kms:Decrypt'],
  's3:PutObject': ['kms:GenerateDataKey'],
  'secretsmanager:GetSecretValue': ['kms:Decrypt'],
};

/** What a function with these ports may do: each resource once, its actions sorted. */
export function permissionsOf(ports: readonly PortName[]): Permission[] {
  const merged = new Map<string, { actions: Set<string>; on: Resource; keys: Set<string> }>();
  for (const { actions, on, keys = [] } of ports.flatMap((port) => PERMISSIONS[port])) {
    // Partition keys belong to their actions: who may write one kind of item may not write all of them.
    const id = keys.length === 0 ? on : `${on} ${[...actions].sort().join(' ')}`;
    const known = merged.get(id) ?? { actions: new Set(), on, keys: new Set() };
    for (const action of actions) known.actions.add(action);
    for (const key of keys) known.keys.add(key);
    merged.set(id, known);
  }
  return [...merged.values()].map(({ actions, on, keys }) => ({
    actions: [...actions].sort(),
    on,
    ...(keys.size > 0 ? { keys: [...keys].sort() } : {}),
  }));
}

/** The KMS actions that these permissions imply, sorted. */
export function kmsActions(permissions: readonly Permission[]): string[] {
  const actions = permissions.flatMap((permission) => permission.actions);
  return [...new Set(actions.flatMap((action) => KMS_IMPLIED[action] ?? []))].sort();
}
