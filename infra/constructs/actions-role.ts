import { createHash } from 'node:crypto';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import {
  CfnOIDCProvider,
  type IPrincipal,
  OpenIdConnectPrincipal,
  OpenIdConnectProvider,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ACTIONS_SOURCE } from '../../adapters/aws/events/sources.ts';
import type { ActionsCommand } from '../../core/requests/actions-detail.ts';
import { slug } from '../names.ts';
import { grantTo } from '../permissions/statements.ts';
import { arns } from '../permissions/world.ts';

function actionsDetailType(command: string, repository: string, branch: string): string {
  return `${command}:${repository}:${branch}`;
}

/** Who vouches for GitHub Actions, without `https://`: GitHub, a company's ghe.com, or a server of its own. */
export function actionsIssuer(apiUrl: string): string {
  const { host } = new URL(apiUrl);
  if (host === 'api.github.com') return 'token.actions.githubusercontent.com';
  return host.endsWith('.ghe.com') ? host.replace(/^api\./, 'token.actions.') : `${host}/_services/token`;
}

interface ActionsAccessProps {
  /** GitHub's API. */
  github: string;
  /** ARN of the provider if the account has one already: there can be one only. */
  provider: string | null;
  repositories: { name: string; branches: readonly string[]; commands: readonly ActionsCommand[] }[];
}

/**
 * Roles that GitHub Actions take by OIDC: one per repository and branch, which can put an event that names
 * this repository, this branch and a command that the operator allows it on the bus, and nothing else: how it went
 * a workflow reads on GitHub, from the commit's checks, with its own token.
 */
export class ActionsAccess extends Construct {
  constructor(scope: Construct, id: string, { github, provider, repositories }: ActionsAccessProps) {
    super(scope, id);
    const issuer = actionsIssuer(github);
    const arn = provider ?? newProvider(this, issuer).attrArn;
    const voucher = OpenIdConnectProvider.fromOpenIdConnectProviderArn(this, 'Provider', arn);
    for (const { name, branches, commands } of repositories) {
      for (const branch of branches) {
        const trusted = new OpenIdConnectPrincipal(voucher, {
          StringEquals: {
            [`${issuer}:aud`]: 'sts.amazonaws.com',
            [`${issuer}:sub`]: `repo:${name}:ref:refs/heads/${branch}`,
          },
        });
        this.allow(trusted, name, branch, commands);
      }
    }
  }

  private allow(
    trusted: IPrincipal,
    repository: string,
    branch: string,
    commands: readonly ActionsCommand[],
  ): void {
    const roleName = actionsRoleName(repository, branch);
    const role = new Role(this, roleName, {
      roleName,
      description: `GitHub Actions of ${repository}, branch ${branch}`.replace(/[^\w .,/-]/g, '-'),
      assumedBy: trusted,
    });
    const only = {
      'events:source': ACTIONS_SOURCE,
      'events:detail-type': commands.map((command) => actionsDetailType(command, repository, branch)),
    };
    grantTo(role, [
      {
        sid: 'Ask',
        actions: ['events:PutEvents'],
        resources: [arns(this).bus],
        // Present, and each of them: one request may carry several events.
        conditions: { StringEquals: only, 'ForAllValues:StringEquals': only },
      },
    ]);
    new CfnOutput(Stack.of(this), `Actions${roleName.replace(/[^A-Za-z0-9]/g, '')}`, {
      description: `role-to-assume for GitHub Actions of ${repository}, branch ${branch}`,
      value: role.roleArn,
    });
  }
}

/** At most 64 characters; the hash keeps branches apart that read the same as a name. */
function actionsRoleName(repository: string, branch: string): string {
  const hash = createHash('sha256').update(`${repository}:${branch}`).digest('hex').slice(0, 8);
  return `${`cairn-actions-${slug(repository)}-${slug(branch)}`.slice(0, 55).replace(/-+$/, '')}-${hash}`;
}

/** No thumbprint: AWS checks GitHub's certificate against the authorities that it trusts. */
function newProvider(scope: Construct, issuer: string): CfnOIDCProvider {
  return new CfnOIDCProvider(scope, 'GitHub', {
    url: `https://${issuer}`,
    clientIdList: ['sts.amazonaws.com'],
  });
}
