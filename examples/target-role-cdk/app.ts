import { App } from 'aws-cdk-lib';
import { TargetRolesStack } from './target-roles-stack.ts';

const app = new App();

// One stack per environment, deployed with the credentials of the account that it lives in.
new TargetRolesStack(app, 'CairnTargetRoles-shop-prod', {
  roles: {
    repository: 'your-organization/shop-aws',
    environment: 'prod',
    account: '111122223333',
    cairnAccount: '444455556666',
    externalId: 'cairn:your-organization/shop-aws:prod',
    // What a deployment may do is your choice; as narrow as the environment allows.
    applyPolicies: ['arn:aws:iam::aws:policy/PowerUserAccess'],
  },
});
