import { describe, expect, it } from 'vitest';
import { jobRoleName } from '../../../infra/names.ts';
import { type TargetRoleOptions, targetRoleName, targetRoles } from '../../../infra/target-role/documents.ts';

const OPTIONS: TargetRoleOptions = {
  repository: 'acme/shop',
  environment: 'prod',
  account: '111122223333',
  cairnAccount: '444455556666',
  externalId: 'cairn:acme/shop:prod',
};

function job(stage: Parameters<typeof jobRoleName>[2]): string {
  return `arn:aws:iam::444455556666:role/${jobRoleName('acme/shop', 'prod', stage)}`;
}

describe('the roles of a target account', () => {
  it('trust exactly the jobs of their stage, with the external id', () => {
    const { plan, apply } = targetRoles(OPTIONS);

    expect(plan.trust.Statement).toEqual([
      {
        Sid: 'CairnJob',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::444455556666:root' },
        Action: ['sts:AssumeRole'],
        Condition: {
          ArnEquals: { 'aws:PrincipalArn': [job('pr-plan'), job('deploy-plan')] },
          StringEquals: { 'sts:ExternalId': 'cairn:acme/shop:prod' },
        },
      },
    ]);
    expect(apply.trust.Statement.map(({ Condition }) => Condition?.['ArnEquals'])).toEqual([
      { 'aws:PrincipalArn': [job('apply')] },
    ]);
  });

  it('trust nobody by a wildcard: ArnEquals would take one', () => {
    const { plan, apply } = targetRoles({ ...OPTIONS, environment: 'a-b', repository: 'a.b/c_d' });

    expect(JSON.stringify([plan.trust, apply.trust])).not.toMatch(/[*?]/);
  });

  it('let plans read what there is, and not what is stored', () => {
    const { plan } = targetRoles(OPTIONS);

    expect(plan.managedPolicies).toEqual(['arn:aws:iam::aws:policy/ReadOnlyAccess']);
    expect(plan.inlinePolicy?.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Action: expect.arrayContaining(['dynamodb:Scan']) }),
    ]);
  });

  it('let applies do nothing that nobody chose', () => {
    const { apply } = targetRoles(OPTIONS);

    expect(apply).toMatchObject({ managedPolicies: [], inlinePolicy: null, permissionBoundary: null });
  });

  it('let plans read states and lock them, and only applies write them', () => {
    const { plan, apply } = targetRoles({ ...OPTIONS, stateBuckets: ['acme-states'] });

    const writes = (role: typeof plan) =>
      (role.inlinePolicy?.Statement ?? [])
        .filter(({ Effect, Action }) => Effect === 'Allow' && Action.some((one) => /Put|Delete/.test(one)))
        .flatMap(({ Action, Resource = [] }) => Resource.map((to) => `${Action.join()} ${to}`));
    expect(writes(plan)).toEqual([
      's3:DeleteObject,s3:GetObject,s3:PutObject arn:aws:s3:::acme-states/*.tflock',
    ]);
    expect(writes(apply)).toEqual([
      's3:GetObject,s3:PutObject arn:aws:s3:::acme-states/*',
      's3:DeleteObject,s3:GetObject,s3:PutObject arn:aws:s3:::acme-states/*.tflock',
    ]);
  });

  it('have names that fit and never meet', () => {
    const long = { repository: `${'o'.repeat(39)}/${'r'.repeat(100)}`, environment: 'e'.repeat(39) };
    const names = [
      targetRoleName('a/b-c', 'prod', 'plan'),
      targetRoleName('a/b', 'c-prod', 'plan'),
      targetRoleName('a/b', 'c-prod', 'apply'),
      targetRoleName(long.repository, long.environment, 'apply'),
    ];

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\w+=,.@-]{1,64}$/);
  });
});
