import { beforeAll, describe, expect, test } from 'vitest';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { stateKey } from '../../core/jobs/keys.ts';
import { buildClaim, claimKey, jobPrefix } from '../../core/jobs/names.ts';
import { jobRoleName, STAGES, type Stage } from '../../infra/names.ts';
import { jobGrants } from '../../infra/permissions/job-policy.ts';
import { type Installation, installation } from './permissions-of.ts';
import { type Ask, allowed } from './permissions-simulator.ts';

let it: Installation;
beforeAll(async () => {
  it = await installation('full');
}, 240_000);

const PLACE = '123456789012-eu-central-1';
const ARTIFACTS = `arn:aws:s3:::cairn-artifacts-${PLACE}`;
const STATES = `arn:aws:s3:::cairn-states-${PLACE}`;
const ONCE = { 's3:if-none-match': '*' };

/** What a job of acme/infra, prod may do. */
function may(stage: Stage, action: string, resource: string, context: Ask['context'] = {}): boolean {
  const policy = it.policyOf(jobRoleName('acme/infra', 'prod', stage));
  expect(policy.length).toBeGreaterThan(0);
  return allowed(policy, { action, resource, context });
}

const get = (stage: Stage, resource: string) => may(stage, 's3:GetObject', resource);
const put = (stage: Stage, resource: string, context = {}) => may(stage, 's3:PutObject', resource, context);

describe('a job', () => {
  test.each(STAGES)('%s: writes below its own out/ alone, and nothing twice', (stage) => {
    const own = `${ARTIFACTS}/jobs/acme/infra/prod/${stage}/r1/j1`;

    expect(put(stage, `${own}/out/result.json`, ONCE)).toBe(true);
    expect(put(stage, `${own}/out/result.json`)).toBe(false);
    expect(put(stage, `${own}/order.json`, ONCE)).toBe(false);
    for (const other of STAGES.filter((one) => one !== stage)) {
      expect(put(stage, `${ARTIFACTS}/jobs/acme/infra/prod/${other}/r1/j1/out/plan.tfplan`, ONCE)).toBe(
        false,
      );
    }
    expect(put(stage, `${ARTIFACTS}/jobs/acme/infra/staging/${stage}/r1/j1/out/x`, ONCE)).toBe(false);
    expect(put(stage, `${ARTIFACTS}/jobs/acme/Shop.site/prod/${stage}/r1/j1/out/x`, ONCE)).toBe(false);
  });

  test.each(STAGES)('%s: reads its repository’s sources, its order, and no document of a run', (stage) => {
    expect(get(stage, `${ARTIFACTS}/sources/acme/infra/c0ffee.tar.gz`)).toBe(true);
    expect(get(stage, `${ARTIFACTS}/jobs/acme/infra/prod/${stage}/r1/j1/order.json`)).toBe(true);
    expect(get(stage, `${ARTIFACTS}/sources/acme/Shop.site/c0ffee.tar.gz`)).toBe(false);
    expect(get(stage, `${ARTIFACTS}/sources/acme/infra2/c0ffee.tar.gz`)).toBe(false);
    expect(get(stage, `${ARTIFACTS}/runs/r1/documents/3.json`)).toBe(false);
    expect(put(stage, `${ARTIFACTS}/runs/r1/documents/4.json`, ONCE)).toBe(false);
    expect(put(stage, `${ARTIFACTS}/sources/acme/infra/c0ffee.tar.gz`, ONCE)).toBe(false);
    expect(put(stage, `${ARTIFACTS}/plans/x`, ONCE)).toBe(false);
    expect(may(stage, 's3:ListBucket', ARTIFACTS)).toBe(false);
    expect(may(stage, 's3:DeleteObject', `${ARTIFACTS}/jobs/acme/infra/prod/${stage}/r1/j1/out/x`)).toBe(
      false,
    );
  });

  test('only an apply reads what a deploy’s plan left, and no one what a pull request’s did', () => {
    const left = (stage: Stage) => `${ARTIFACTS}/jobs/acme/infra/prod/${stage}/r1/j1/out/plan.tfplan`;

    expect(STAGES.filter((stage) => get(stage, left('deploy-plan')))).toEqual(['deploy-plan', 'apply']);
    expect(STAGES.filter((stage) => get(stage, left('pr-plan')))).toEqual(['pr-plan']);
    expect(STAGES.filter((stage) => get(stage, left('apply')))).toEqual(['apply']);
  });

  test('only an apply claims, of its own environment', () => {
    const claim = (environment: string) => `${ARTIFACTS}/claims/acme/infra/${environment}/r1/apply-1/app/7`;

    expect(STAGES.filter((stage) => put(stage, claim('prod'), ONCE))).toEqual(['apply']);
    expect(put('apply', claim('prod'))).toBe(false);
    expect(put('apply', claim('staging'), ONCE)).toBe(false);
  });

  test('a build claims its own order, which it can neither claim twice nor change', () => {
    const claim = `${ARTIFACTS}/${buildClaim('jobs/acme/infra/prod/build/r1/build-1')}`;

    expect(STAGES.filter((stage) => put(stage, claim, ONCE))).toEqual(['build']);
    expect(STAGES.filter((stage) => get(stage, claim))).toEqual(['build']);
    expect(put('build', claim)).toBe(false);
  });

  test('a tag is the one by which plan files are forgotten', () => {
    const file = `${ARTIFACTS}/jobs/acme/infra/prod/pr-plan/r1/j1/out/plan.tfplan`;
    const tag = (name: string, value: string) =>
      may('pr-plan', 's3:PutObjectTagging', file, { [`s3:RequestObjectTag/${name}`]: value });

    expect([tag('cairn', 'plan'), tag('cairn', 'keep'), tag('owner', 'me')]).toEqual([true, false, false]);
  });
});

describe('a state', () => {
  const state = (environment: string, name = 'terraform.tfstate', repository = 'acme/infra') =>
    `${STATES}/${repository}/${environment}/app/${name}`;

  test('is read by plans and applies of its environment', () => {
    expect(STAGES.filter((stage) => get(stage, state('prod')))).toEqual(['pr-plan', 'deploy-plan', 'apply']);
    expect(STAGES.filter((stage) => get(stage, state('staging')))).toEqual([]);
    expect(
      STAGES.filter((stage) => get(stage, state('prod', 'terraform.tfstate', 'acme/Shop.site'))),
    ).toEqual([]);
  });

  test('is written by deployments alone, deleted by an apply alone', () => {
    const deletes = (key: string) => STAGES.filter((stage) => may(stage, 's3:DeleteObject', key));

    expect(STAGES.filter((stage) => put(stage, state('prod')))).toEqual(['deploy-plan', 'apply']);
    expect(STAGES.filter((stage) => put(stage, state('staging')))).toEqual([]);
    expect(STAGES.filter((stage) => put(stage, state('prod', 'terraform.tfstate.tflock')))).toEqual([
      'deploy-plan',
      'apply',
    ]);
    expect(deletes(state('prod'))).toEqual(['apply']);
    expect(deletes(state('prod', 'terraform.tfstate.tflock'))).toEqual(['deploy-plan', 'apply']);
    expect(deletes(state('staging', 'terraform.tfstate.tflock'))).toEqual([]);
  });

  test('is looked for below its environment', () => {
    const list = (prefix: string) =>
      STAGES.filter((stage) => may(stage, 's3:ListBucket', STATES, { 's3:prefix': prefix }));

    expect(list('acme/infra/prod/app/')).toEqual(['pr-plan', 'deploy-plan', 'apply']);
    expect(list('acme/infra/staging/')).toEqual([]);
    expect(list('acme/')).toEqual([]);
  });

  test('has a name that a pull request of another repository does not learn', () => {
    // Without a prefix: a look at what is not there, which terraform takes, or a list of everything.
    expect(STAGES.filter((stage) => may(stage, 's3:ListBucket', STATES))).toEqual(['deploy-plan', 'apply']);
  });

  test('has a former version that no job can read or take away', () => {
    for (const action of ['s3:GetObjectVersion', 's3:DeleteObjectVersion', 's3:ListBucketVersions']) {
      expect(STAGES.filter((stage) => may(stage, action, state('prod')))).toEqual([]);
    }
  });
});

describe('an ephemeral environment', () => {
  const may = (stage: Stage, action: string, resource: string, context: Ask['context'] = {}) =>
    allowed(it.policyOf(jobRoleName('acme/infra', 'ephemeral', stage)), { action, resource, context });
  const stages = (action: string, resource: string, context = {}) =>
    STAGES.filter((stage) => may(stage, action, resource, context));
  const run = { id: 'r1', repository: 'acme/infra', environment: 'eph-demo' };
  const state = (environment: string) =>
    `${STATES}/${stateKey({ repository: 'acme/infra', environment }, 'app')}/terraform.tfstate`;

  test('has states of its own, of which permanent ones know nothing, and knows none of theirs', () => {
    expect(stages('s3:GetObject', state('eph-demo'))).toEqual(['pr-plan', 'deploy-plan', 'apply']);
    expect(stages('s3:PutObject', state('eph-demo'))).toEqual(['deploy-plan', 'apply']);
    expect(stages('s3:GetObject', state('prod'))).toEqual([]);
    expect(stages('s3:PutObject', state('prod'))).toEqual([]);
    expect(STAGES.filter((stage) => get(stage, state('eph-demo')))).toEqual([]);
    expect(STAGES.filter((stage) => put(stage, state('eph-demo')))).toEqual([]);
  });

  test('is applied and claimed once, wherever its name ends', () => {
    const claim = `${ARTIFACTS}/${claimKey(run, 'apply-1/app/7')}`;
    const left = `${ARTIFACTS}/${jobPrefix({ ...run, workflow: 'ephemeral' }, 'apply-1-app')}/out/result.json`;

    expect(stages('s3:PutObject', claim, ONCE)).toEqual(['apply']);
    expect(stages('s3:PutObject', left, ONCE)).toEqual(['apply']);
    expect(STAGES.filter((stage) => put(stage, claim, ONCE))).toEqual([]);
    expect(STAGES.filter((stage) => put(stage, left, ONCE))).toEqual([]);
  });

  test('has its own target roles and secrets', () => {
    const secret = it.arn('secretsmanager', 'secret:acme/sandbox-JkLmNo');

    expect(stages('sts:AssumeRole', 'arn:aws:iam::456789012345:role/cairn-apply-ephemeral')).toEqual([
      'apply',
    ]);
    expect(stages('sts:AssumeRole', 'arn:aws:iam::345678901234:role/cairn/cairn-apply-prod')).toEqual([]);
    expect(stages('secretsmanager:GetSecretValue', secret)).toEqual(['apply']);
    expect(
      stages('secretsmanager:GetSecretValue', it.arn('secretsmanager', 'secret:acme/cloudflare-GhIjKl')),
    ).toEqual([]);
  });
});

describe('a terraform command', () => {
  const run = { id: 'r1', repository: 'acme/infra', environment: 'prod', workflow: 'run' as const };
  const output = (job: string) => `${ARTIFACTS}/${jobPrefix(run, job)}/out/${JOB_FILES.output}`;

  test('that reads leaves what it printed, as the stage that plans', () => {
    expect(STAGES.filter((stage) => put(stage, output('read-1-app'), ONCE))).toEqual(['deploy-plan']);
  });

  test('that writes does so as the stage that applies: its claim, its output, the state', () => {
    const claim = `${ARTIFACTS}/${claimKey(run, 'write/app/7')}`;
    const state = `${STATES}/${stateKey(run, 'app')}/terraform.tfstate`;

    expect(STAGES.filter((stage) => put(stage, output('write-1-app'), ONCE))).toEqual(['apply']);
    expect(put('apply', claim, ONCE)).toBe(true);
    expect(put('apply', state)).toBe(true);
  });
});

describe('beyond the buckets', () => {
  test('the one target role of its stage', () => {
    const plan = 'arn:aws:iam::345678901234:role/cairn-plan-prod';
    const apply = 'arn:aws:iam::345678901234:role/cairn/cairn-apply-prod';
    const assumes = (role: string) => STAGES.filter((stage) => may(stage, 'sts:AssumeRole', role));

    expect(assumes(plan)).toEqual(['pr-plan', 'deploy-plan']);
    expect(assumes(apply)).toEqual(['apply']);
    expect(assumes('arn:aws:iam::210987654321:role/cairn-apply-staging')).toEqual([]);
  });

  test('the secrets of its stage', () => {
    const reads = (name: string) =>
      STAGES.filter((stage) =>
        may(stage, 'secretsmanager:GetSecretValue', it.arn('secretsmanager', `secret:${name}`)),
      );

    expect(reads('acme/datadog-AbCdEf')).toEqual(['pr-plan', 'deploy-plan', 'apply']);
    expect(reads('acme/cloudflare-GhIjKl')).toEqual(['apply']);
    expect(reads('cairn/github-AbCdEf')).toEqual([]);
  });

  test('a secret whose own name ends in six letters', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop/prod-secret';
    const world = { artifacts: ARTIFACTS, states: STATES, key: 'key', region: 'eu-central-1' };
    const place = {
      repository: 'acme/infra',
      environment: 'prod',
      stage: 'apply' as const,
      targetRole: null,
      secretKeys: [],
      pushTo: [],
    };

    const grants = jobGrants({ ...place, secrets: [arn] }, world);
    const policy = grants.map(({ actions, resources, conditions = {} }) => ({
      Effect: 'Allow' as const,
      Action: [...actions],
      Resource: [...resources],
      Condition: conditions,
    }));
    const read = (resource: string) => allowed(policy, { action: 'secretsmanager:GetSecretValue', resource });

    expect([read(`${arn}-AbCdEf`), read(`${arn}-others-AbCdEf`)]).toEqual([true, false]);
  });

  test('the key of its secrets, for the secrets of its stage alone', () => {
    const key = it.arn('kms', 'key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0');
    const decrypts = (secret: string, via = 'secretsmanager') => {
      const SecretARN = it.arn('secretsmanager', `secret:${secret}`);
      const context = {
        'kms:ViaService': `${via}.eu-central-1.amazonaws.com`,
        'kms:EncryptionContext:SecretARN': SecretARN,
      };
      return STAGES.filter((stage) => may(stage, 'kms:Decrypt', key, context));
    };

    expect(decrypts('acme/datadog-AbCdEf')).toEqual(['pr-plan', 'deploy-plan', 'apply']);
    expect(decrypts('acme/cloudflare-GhIjKl')).toEqual(['apply']);
    expect(decrypts('acme/billing-AbCdEf')).toEqual([]);
    expect(decrypts('acme/cloudflare-GhIjKl', 's3')).toEqual([]);
    expect(STAGES.filter((stage) => may(stage, 'kms:GenerateDataKey', key))).toEqual([]);
  });

  test('a build pushes to the image repositories of its environment, and no other job does', () => {
    const pushes = (environment: string, repository: string) =>
      STAGES.filter((stage) =>
        allowed(it.policyOf(jobRoleName('acme/infra', environment, stage)), {
          action: 'ecr:PutImage',
          resource: `arn:aws:ecr:eu-central-1:${repository}`,
        }),
      );

    expect(pushes('prod', '345678901234:repository/acme/app')).toEqual(['build']);
    expect(pushes('ephemeral', '456789012345:repository/acme/trial')).toEqual(['build']);
    expect(pushes('ephemeral', '345678901234:repository/acme/app')).toEqual([]);
    expect(pushes('staging', '345678901234:repository/acme/app')).toEqual([]);
    expect(pushes('prod', '123456789012:repository/cairn-executor')).toEqual([]);
    expect(STAGES.filter((stage) => may(stage, 'ecr:GetAuthorizationToken', '*'))).toEqual(['build']);
  });

  test('what stands in an image repository is not deleted, and its policy is not changed', () => {
    const repository = 'arn:aws:ecr:eu-central-1:345678901234:repository/acme/app';

    for (const action of ['ecr:BatchDeleteImage', 'ecr:DeleteRepository', 'ecr:SetRepositoryPolicy']) {
      expect(may('build', action, repository)).toBe(false);
    }
  });

  test('the key, through S3 alone', () => {
    const key = it.ofType('AWS::KMS::Key')[0];
    const decrypts = (via: string) =>
      STAGES.filter((stage) =>
        may(stage, 'kms:Decrypt', it.arn('kms', `key/${key?.id}`), { 'kms:ViaService': via }),
      );

    expect(decrypts('s3.eu-central-1.amazonaws.com')).toEqual([...STAGES]);
    expect(decrypts('secretsmanager.eu-central-1.amazonaws.com')).toEqual([]);
  });

  test.each([
    'dynamodb:PutItem',
    'events:PutEvents',
    'states:SendTaskSuccess',
    'batch:SubmitJob',
    'iam:PassRole',
  ])('no job may %s', (action) => {
    expect(STAGES.filter((stage) => may(stage, action, '*'))).toEqual([]);
  });

  test('its role is taken by tasks of this account, a build’s by CodeBuild', () => {
    const trusts = STAGES.map((stage) => {
      const name = jobRoleName('acme/infra', 'prod', stage);
      const { properties } = it.one('AWS::IAM::Role', 'RoleName', name);
      return (properties['AssumeRolePolicyDocument'] as { Statement: unknown[] }).Statement;
    });

    for (const [index, stage] of STAGES.entries()) {
      const service = stage === 'build' ? 'codebuild' : 'ecs-tasks';
      const source = stage === 'build' ? it.arn('codebuild', 'project/cairn-*') : it.arn('ecs', '*');
      expect(trusts[index]).toEqual([
        {
          Action: 'sts:AssumeRole',
          Effect: 'Allow',
          Principal: { Service: `${service}.amazonaws.com` },
          Condition: {
            StringEquals: { 'aws:SourceAccount': '123456789012' },
            ArnLike: { 'aws:SourceArn': source },
          },
        },
      ]);
    }
  });

  test('nobody but functions and jobs writes artifacts', () => {
    const writers = it
      .ofType('AWS::IAM::Policy')
      .filter(({ properties }) =>
        allowed(it.policyOf((properties['Roles'] as string[])[0]), {
          action: 's3:PutObject',
          resource: `${ARTIFACTS}/runs/r1/documents/1.json`,
        }),
      )
      .map(({ stack }) => stack);

    expect(writers.length).toBeGreaterThan(0);
    expect(new Set(writers)).toEqual(new Set(['CairnPipeline']));
  });
});
