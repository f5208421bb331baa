import { stringify } from 'yaml';
import type { TargetRole } from './documents.ts';

export const FORMATS = ['json', 'terraform', 'cloudformation'] as const;
type Format = (typeof FORMATS)[number];

/** The roles as a text to keep or to deploy. */
export function formatRoles(roles: TargetRole[], format: Format): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ roles }, null, 2)}\n`;
    case 'terraform':
      return roles.map(terraform).join('\n');
    case 'cloudformation':
      return stringify(template(roles), { lineWidth: 0 });
  }
}

interface RoleResource {
  Type: 'AWS::IAM::Role';
  Properties: Record<string, unknown>;
}

/** Resources of a CloudFormation template, by logical id. */
function template(roles: TargetRole[]) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Roles that jobs of Cairn assume in this account',
    Resources: Object.fromEntries(roles.map((role) => [logicalId(role), roleResource(role)])),
    Outputs: Object.fromEntries(
      roles.map((role) => [`${logicalId(role)}Arn`, { Value: { 'Fn::GetAtt': [logicalId(role), 'Arn'] } }]),
    ),
  };
}

function roleResource(role: TargetRole): RoleResource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: role.name,
      Description: role.description,
      AssumeRolePolicyDocument: role.trust,
      MaxSessionDuration: role.sessionSeconds,
      ManagedPolicyArns: role.managedPolicies,
      ...(role.permissionBoundary === null ? {} : { PermissionsBoundary: role.permissionBoundary }),
      ...(role.inlinePolicy === null
        ? {}
        : { Policies: [{ PolicyName: 'cairn', PolicyDocument: role.inlinePolicy }] }),
    },
  };
}

/** Unique in a template: a role's name is so, but for letters that an id may not have. */
function logicalId({ name }: TargetRole): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function terraform(role: TargetRole): string {
  const id = role.name.replace(/[^A-Za-z0-9_-]/g, '_');
  const blocks = [
    `resource "aws_iam_role" "${id}" {
  name                 = ${text(role.name)}
  description          = ${text(role.description)}
  max_session_duration = ${role.sessionSeconds}
${role.permissionBoundary === null ? '' : `  permissions_boundary = ${text(role.permissionBoundary)}\n`}
  assume_role_policy = jsonencode(${expression(role.trust)})
}
`,
    ...role.managedPolicies.map(
      (arn, index) => `resource "aws_iam_role_policy_attachment" "${id}-${index + 1}" {
  role       = aws_iam_role.${id}.name
  policy_arn = ${text(arn)}
}
`,
    ),
  ];
  if (role.inlinePolicy !== null) {
    blocks.push(`resource "aws_iam_role_policy" "${id}" {
  name   = "cairn"
  role   = aws_iam_role.${id}.id
  policy = jsonencode(${expression(role.inlinePolicy)})
}
`);
  }
  blocks.push(`output "${id}" {
  value = aws_iam_role.${id}.arn
}
`);
  return blocks.join('\n');
}

/** JSON is HCL but for what would begin a template in a text. */
function expression(value: unknown): string {
  return literal(JSON.stringify(value, null, 2)).replaceAll('\n', '\n  ');
}

function text(value: string): string {
  return literal(JSON.stringify(value));
}

function literal(json: string): string {
  return json.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{');
}
