import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type TargetRoleOptions, targetRoles } from '../../infra/target-role/documents.ts';

export interface TargetRolesStackProps extends StackProps {
  roles: TargetRoleOptions;
}

/** The plan role and the apply role of one environment, to be deployed into the account that it lives in. */
export class TargetRolesStack extends Stack {
  constructor(scope: Construct, id: string, { roles, ...props }: TargetRolesStackProps) {
    super(scope, id, props);
    const { plan, apply } = targetRoles(roles);
    for (const role of [plan, apply]) {
      const id = role.kind === 'plan' ? 'Plan' : 'Apply';
      const made = new CfnRole(this, id, {
        roleName: role.name,
        description: role.description,
        assumeRolePolicyDocument: role.trust,
        managedPolicyArns: role.managedPolicies,
        maxSessionDuration: role.sessionSeconds,
        ...(role.permissionBoundary === null ? {} : { permissionsBoundary: role.permissionBoundary }),
        ...(role.inlinePolicy === null
          ? {}
          : { policies: [{ policyName: 'cairn', policyDocument: role.inlinePolicy }] }),
      });
      new CfnOutput(this, `${id}Role`, {
        value: made.attrArn,
        description: `${role.kind}_role in cairn.infra.yaml`,
      });
    }
  }
}
