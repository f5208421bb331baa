import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { accept } from '../constructs/accept.ts';
import type { Grant } from './job-policy.ts';

/**
 * Gives a role exactly these rights. A wildcard below a named resource is accepted one by one; a bare `*` only
 * with the reason why there is no resource to name.
 */
export function grantTo(role: Role, grants: readonly Grant[]): void {
  for (const { sid, actions, resources, conditions, unscoped } of grants) {
    role.addToPolicy(
      new PolicyStatement({
        sid,
        actions: [...actions],
        resources: [...resources],
        ...(conditions ? { conditions } : {}),
      }),
    );
    for (const resource of resources) acceptWildcard(role, resource, unscoped);
  }
}

function acceptWildcard(role: Role, resource: string, unscoped: string | undefined): void {
  const text = flat(Stack.of(role).resolve(resource));
  if (!text.includes('*')) return;
  if (text === '*' && unscoped === undefined) throw new Error(`${role.node.path}: say why a resource is '*'`);
  accept(role, {
    [`AwsSolutions-IAM5[Resource::${text}]`]:
      unscoped ??
      'Whatever is below this name belongs to whom the right is for; it is made while Cairn runs.',
  });
}

/** CloudFormation's functions as the text that cdk-nag makes of them. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute, 'Fn::Sub': sub } = value as Record<string, unknown>;
  if (typeof sub === 'string') return sub.replace(/\$\{([^}]+)\}/g, '<$1>');
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flat).join(join[0] as string);
  throw new Error(`not an ARN that can be told by its name: ${JSON.stringify(value)}`);
}
