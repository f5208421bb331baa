import { createHash } from 'node:crypto';
import type { Stage } from '../core/jobs/names.ts';

export type { Stage } from '../core/jobs/names.ts';
export { STAGES } from '../core/jobs/order.ts';

/**
 * Physical names are fixed: workflows, orders and the functions' environment carry names, never ARNs, and one
 * installation has an account and region to itself. All start with `cairn`, which is what policies bind to.
 */
export const BUS = 'cairn';
export const TABLE = 'cairn';
export const KEY_ALIAS = 'alias/cairn';
/** What the clock calls, made by the stacks. */
export const SCHEDULE_GROUP = 'cairn';
/** One-time schedules that functions make, change and delete: nothing else is in their group. */
export const REQUEST_SCHEDULE_GROUP = 'cairn-requests';
/** What EventBridge Scheduler puts those schedules' requests on the bus with. */
export const SCHEDULER_ROLE = 'cairn-scheduler';
export const JOB_LOGS = '/cairn/jobs';
export const IMAGE_LOGS = '/cairn/images';

export const SECRETS = {
  github: 'cairn/github',
  webhook: 'cairn/webhook',
  slack: 'cairn/slack',
  masterKey: 'cairn/master-key',
  adminToken: 'cairn/admin-token',
} as const;

export const IMAGES = { executor: 'cairn-executor', lambda: 'cairn-lambda' } as const;

export const STACKS = {
  foundation: 'CairnFoundation',
  network: 'CairnNetwork',
  images: 'CairnImages',
  pipeline: 'CairnPipeline',
  observability: 'CairnObservability',
} as const;

interface Place {
  account: string;
  region: string;
}

/** Names of buckets are the world's: account and region make them ours. */
export function bucketName(kind: 'artifacts' | 'states', { account, region }: Place): string {
  return `cairn-${kind}-${account}-${region}`;
}

export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}

/** The stack of a repository: each has its own, since a stack ends at 500 resources. */
export function jobsStackName(repository: string): string {
  const name = `CairnJobs-${repository.replace(/[^A-Za-z0-9]+/g, '-')}`;
  // `a/b-c` and `a-b/c`, `a/b.c` and `a/b_c` read the same once they are names.
  return `${name.slice(0, 100).replace(/-+$/, '')}-${shortHash(repository.toLowerCase())}`;
}

/**
 * Role of a job, at most 64 characters. What target accounts trust is this name: it depends on nothing but its
 * arguments. The hash is always there: `a/b-c` with `prod` and `a/b` with `c-prod` are two roles.
 */
export function jobRoleName(repository: string, environment: string, stage: Stage): string {
  const hash = shortHash(`${repository.toLowerCase()}:${environment}`);
  const readable = `cairn-job-${slug(repository)}-${environment}`;
  const tail = `-${hash}-${stage}`;
  return readable.slice(0, 64 - tail.length).replace(/[-.]+$/, '') + tail;
}

export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
