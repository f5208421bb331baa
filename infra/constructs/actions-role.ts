import { createHash } from 'node:crypto';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { CfnOIDCProvider, OpenIdConnectPrincipal, OpenIdConnectProvider, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { slug } from '../names.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns } from '../permissions/world.ts';

const ISSUER = 'token.actions.githubusercontent.com';

/** What a workflow of GitHub Actions may ask for. An approval is never among them. */
export const ACTIONS_COMMANDS = ['plan', 'deploy'] as const;

/** Source of such an event. */
export const ACTIONS_SOURCE = 'cairn.actions';

export function actionsDetailType(command: string, repository: string, branch: string): string {
  return `${command}:${repository}:${branch}`;
}

export interface ActionsAccessProps {
  /** ARN of the provider if the account has one already: there can be one only. */
  provider: string | null;
  repositories: { name: string; branches: readonly string[] }[];
}

/**
 * Roles that GitHub Actions take by OIDC: one per repository and branch, which can put an event that names
 * this repository and this branch on the bus, and nothing else.
 */
export class ActionsAccess extends Construct {
  constructor(scope: Construct, id: string, { provider, repositories }: ActionsAccessProps) {
    super(scope, id);
    const known = OpenIdConnectProvider.fromOpenIdConnectProviderArn(
      this,
      'Provider',
      provider ?? newProvider(this).attrArn,
    );
    for (const { name, branches } of repositories) {
      for (const branch of branches) this.allow(known, name, branch);
    }
  }

  private allow(
    provider: ReturnType<typeof OpenIdConnectProvider.fromOpenIdConnectProviderArn>,
    repository: string,
    branch: string,
  ): void {
    const roleName = actionsRoleName(repository, branch);
    const role = new Role(this, roleName, {
      roleName,
      description: `GitHub Actions of ${repository}, branch ${branch}`.replace(/[^\w .,/-]/g, '-'),
      assumedBy: new OpenIdConnectPrincipal(provider, {
        StringEquals: {
          [`${ISSUER}:aud`]: 'sts.amazonaws.com',
          [`${ISSUER}:sub`]: `repo:${repository}:ref:refs/heads/${branch}`,
        },
      }),
    });
    grantTo(role, [
      {
        sid: 'Ask',
        actions: ['events:PutEvents'],
        resources: [arns(this).bus],
        conditions: {
          StringEquals: {
            'events:source': ACTIONS_SOURCE,
            'events:detail-type': ACTIONS_COMMANDS.map((command) =>
              actionsDetailType(command, repository, branch),
            ),
          },
        },
      },
    ]);
    new CfnOutput(Stack.of(this), `Actions${roleName.replace(/[^A-Za-z0-9]/g, '')}`, {
      description: `role-to-assume for GitHub Actions of ${repository}, branch ${branch}`,
      value: role.roleArn,
    });
  }
}

/** At most 64 characters; the hash keeps branches apart that read the same as a name. */
export function actionsRoleName(repository: string, branch: string): string {
  const hash = createHash('sha256').update(`${repository}:${branch}`).digest('hex').slice(0, 8);
  return `${`cairn-actions-${slug(repository)}-${slug(branch)}`.slice(0, 55).replace(/-+$/, '')}-${hash}`;
}

/** No thumbprint: AWS checks GitHub's certificate against the authorities that it trusts. */
function newProvider(scope: Construct): CfnOIDCProvider {
  return new CfnOIDCProvider(scope, 'GitHub', {
    url: `https://${ISSUER}`,
    clientIdList: ['sts.amazonaws.com'],
  });
}
