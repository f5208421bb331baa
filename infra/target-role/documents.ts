import { createHash } from 'node:crypto';
import { jobRoleName, type Stage, slug } from '../names.ts';

/** The two roles of an environment in the account that it deploys into. */
export interface TargetRoleOptions {
  repository: string;
  environment: string;
  /** The account that is deployed into. */
  account: string;
  /** Account of Cairn itself. */
  cairnAccount: string;
  externalId: string;
  /** Buckets of projects that keep their state themselves, in the target account. */
  stateBuckets?: string[];
  /** ARNs of policies of the plan role. Default: ReadOnlyAccess. */
  planPolicies?: string[];
  /** ARNs of policies of the apply role: what deployments may do is nobody's choice but yours. Default: none. */
  applyPolicies?: string[];
  /** ARN of a policy. */
  permissionBoundary?: string | null;
  /** Longest session, in seconds. A job's session ends after an hour all the same and is renewed. */
  sessionSeconds?: number;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition?: string;
}

interface PolicyDocument {
  Version: '2012-10-17';
  Statement: Statement[];
}

interface Statement {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  Principal?: { AWS: string };
  Action: string[];
  Resource?: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface TargetRole {
  kind: 'plan' | 'apply';
  name: string;
  arn: string;
  description: string;
  trust: PolicyDocument;
  managedPolicies: string[];
  /** Null: it has none. */
  inlinePolicy: PolicyDocument | null;
  permissionBoundary: string | null;
  sessionSeconds: number;
}

const TRUSTED: Record<TargetRole['kind'], Stage[]> = {
  plan: ['pr-plan', 'deploy-plan'],
  apply: ['apply'],
};

/**
 * What ReadOnlyAccess allows and no plan needs: reading data that somebody stored, not what there is. The code of a
 * pull request runs with this role.
 */
const DENIED_TO_PLANS = [
  'athena:GetQueryResults',
  'dynamodb:PartiQLSelect',
  'dynamodb:Query',
  'dynamodb:Scan',
  'ec2:GetConsoleOutput',
  'ec2:GetConsoleScreenshot',
  'ec2:GetPasswordData',
  'kinesis:GetRecords',
  'logs:FilterLogEvents',
  'logs:GetLogEvents',
  'logs:StartQuery',
  'sqs:ReceiveMessage',
];

export function targetRoles(options: TargetRoleOptions): Record<TargetRole['kind'], TargetRole> {
  return { plan: targetRole('plan', options), apply: targetRole('apply', options) };
}

function targetRole(kind: TargetRole['kind'], options: TargetRoleOptions): TargetRole {
  const { repository, environment, account, partition = 'aws' } = options;
  const name = targetRoleName(repository, environment, kind);
  const readOnly = `arn:${partition}:iam::aws:policy/ReadOnlyAccess`;
  return {
    kind,
    name,
    arn: `arn:${partition}:iam::${account}:role/${name}`,
    description: `Cairn: what ${kind === 'plan' ? 'plans' : 'applies'} of ${repository} may do in ${environment}`,
    trust: trustPolicy(TRUSTED[kind], options),
    managedPolicies: kind === 'plan' ? (options.planPolicies ?? [readOnly]) : (options.applyPolicies ?? []),
    inlinePolicy: inlinePolicy(kind, options),
    permissionBoundary: options.permissionBoundary ?? null,
    sessionSeconds: options.sessionSeconds ?? 3600,
  };
}

/** At most 64 characters; the hash keeps `a/b-c` with `prod` and `a/b` with `c-prod` apart. */
export function targetRoleName(repository: string, environment: string, kind: TargetRole['kind']): string {
  const hash = createHash('sha256')
    .update(`${repository.toLowerCase()}:${environment}`)
    .digest('hex')
    .slice(0, 8);
  const tail = `-${hash}-${kind}`;
  const readable = `cairn-target-${slug(repository)}-${environment}`;
  return readable.slice(0, 64 - tail.length).replace(/[-.]+$/, '') + tail;
}

/**
 * The account is the principal and the condition names the role: a role as principal is stored by its inner id, so
 * it would have to exist first, and made anew it would not be trusted any more.
 */
function trustPolicy(stages: Stage[], options: TargetRoleOptions): PolicyDocument {
  const { repository, environment, cairnAccount, externalId, partition = 'aws' } = options;
  const roles = stages.map(
    (stage) => `arn:${partition}:iam::${cairnAccount}:role/${jobRoleName(repository, environment, stage)}`,
  );
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'CairnJob',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partition}:iam::${cairnAccount}:root` },
        Action: ['sts:AssumeRole'],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': roles },
          StringEquals: { 'sts:ExternalId': externalId },
        },
      },
    ],
  };
}

function inlinePolicy(kind: TargetRole['kind'], options: TargetRoleOptions): PolicyDocument | null {
  const { stateBuckets = [], partition = 'aws' } = options;
  const buckets = stateBuckets.map((bucket) => `arn:${partition}:s3:::${bucket}`);
  const objects = buckets.map((bucket) => `${bucket}/*`);
  // The lock of a state is an object beside it (`use_lockfile`).
  const locks = buckets.map((bucket) => `${bucket}/*.tflock`);
  const statements: Statement[] = [];
  if (buckets.length > 0) {
    statements.push(
      { Sid: 'ListStates', Effect: 'Allow', Action: ['s3:ListBucket'], Resource: buckets },
      {
        Sid: kind === 'plan' ? 'ReadStates' : 'WriteStates',
        Effect: 'Allow',
        Action: kind === 'plan' ? ['s3:GetObject'] : ['s3:GetObject', 's3:PutObject'],
        Resource: objects,
      },
      {
        Sid: 'LockStates',
        Effect: 'Allow',
        Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: locks,
      },
    );
  }
  if (kind === 'plan') {
    statements.push({ Sid: 'NoStoredData', Effect: 'Deny', Action: DENIED_TO_PLANS, Resource: ['*'] });
  }
  return statements.length === 0 ? null : { Version: '2012-10-17', Statement: statements };
}
