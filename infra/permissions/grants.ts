import { kmsActions, type Permission, permissionsOf, type Resource } from '../../adapters/aws/permissions.ts';
import type { PortName } from '../../adapters/aws/port-names.ts';
import type { Trigger } from '../../lambdas/functions.ts';
import type { Grant } from './job-policy.ts';

/** Queue `cairn-<this>`: calls of the clock that failed. */
export const SCHEDULES_DEAD = 'schedules-dead';

/** ARNs of what functions touch. Several where one kind is several things. */
export type FunctionWorld = Record<Resource, readonly string[]> & { key: string; region: string };

/** What a function with these ports may do, and nothing more: each action on the resources that it is about. */
export function functionGrants(ports: readonly PortName[], world: FunctionWorld): Grant[] {
  const permissions = permissionsOf(ports);
  return [
    ...permissions.map((permission, index) => ({
      sid: sidOf(permission, index),
      actions: permission.actions,
      resources: world[permission.on],
      ...conditionsOf(permission),
      ...(UNSCOPED[permission.on] ? { unscoped: UNSCOPED[permission.on] } : {}),
    })),
    ...keyGrants(permissions, world),
  ];
}

const UNSCOPED: Partial<Record<Resource, string>> = {
  'any-job': 'IAM knows no resource for batch:ListJobs',
  'any-schedule': 'IAM knows no resource for scheduler:ListSchedules',
};

function conditionsOf({ on, keys }: Permission): Pick<Grant, 'conditions'> {
  // Given to EventBridge Scheduler with a schedule, and to nothing else.
  if (on === 'scheduler-role') {
    return { conditions: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } } };
  }
  return keys ? { conditions: only(on, keys) } : {};
}

/** What AWS itself does in a function's name, by what calls it. */
export function triggerGrants(trigger: Trigger, queueArn: (name: string) => string): Grant[] {
  if (trigger.kind === 'queue') {
    const actions = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
    return [{ sid: 'PollQueue', actions, resources: [queueArn(trigger.queue)] }];
  }
  if (trigger.kind === 'schedule') {
    return [{ sid: 'KeepDead', actions: ['sqs:SendMessage'], resources: [queueArn(SCHEDULES_DEAD)] }];
  }
  return [];
}

/** `ForAllValues`: a request may name several items or events, and each has to be one of these. */
function only(on: Resource, keys: readonly string[]): NonNullable<Grant['conditions']> {
  return on === 'bus' ? onBus(keys) : { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] } };
}

export function onBus(sources: readonly string[]): NonNullable<Grant['conditions']> {
  // It is also true where there is none: an event without a source is not to be.
  return {
    'ForAllValues:StringEquals': { 'events:source': [...sources] },
    Null: { 'events:source': 'false' },
  };
}

/** S3 and Secrets Manager ask KMS in the function's name; with the key alone nothing can be read. */
function keyGrants(permissions: readonly Permission[], { key, region }: FunctionWorld): Grant[] {
  const actions = kmsActions(permissions);
  if (actions.length === 0) return [];
  const services = new Set(permissions.flatMap((permission) => permission.actions).map(serviceOf));
  const via = ['s3', 'secretsmanager'].filter((service) => services.has(service));
  const hosts = via.map((service) => `${service}.${region}.amazonaws.com`);
  return [
    { sid: 'UseKey', actions, resources: [key], conditions: { StringEquals: { 'kms:ViaService': hosts } } },
  ];
}

function serviceOf(action: string): string {
  return action.split(':')[0] ?? action;
}

/** Letters and digits only, once in a policy. */
function sidOf({ on }: Permission, index: number): string {
  const words = on.split(/[^a-z]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}${index}`;
}
