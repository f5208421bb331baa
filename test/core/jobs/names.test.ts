import { expect, test } from 'vitest';
import {
  claimKey,
  definitionName,
  type JobIdentity,
  jobName,
  jobPrefix,
  jobPrefixes,
  parseJobPrefix,
  queueName,
} from '../../../core/jobs/names.ts';

const RUN = { id: '0123456789abcdef0123', repository: 'acme/shop', environment: 'prod' };

function identity(more: Partial<JobIdentity> = {}): JobIdentity {
  return { repository: 'acme/shop', environment: 'prod', stage: 'deploy-plan', ...more };
}

test('a definition says for whom it is, and a build has no size', () => {
  const names = [
    definitionName(identity(), 'standard'),
    definitionName(identity({ stage: 'build' }), 'standard'),
  ];

  expect(names).toEqual([
    expect.stringMatching(/^cairn-acme-shop-prod-deploy-plan-standard-[0-9a-f]{8}$/),
    expect.stringMatching(/^cairn-acme-shop-prod-build-[0-9a-f]{8}$/),
  ]);
  expect(definitionName(identity({ stage: 'build' }), 'large')).toBe(names[1]);
});

test('identities that read the same are told apart, also where a name is cut', () => {
  const long = `acme/${'x'.repeat(100)}`;
  const awkward = [
    identity({ repository: 'a-b/c', environment: 'prod' }),
    identity({ repository: 'a/b-c', environment: 'prod' }),
    identity({ repository: 'a/b', environment: 'c-prod' }),
    identity({ repository: 'a/b.c', environment: 'prod' }),
    identity({ repository: 'a/b_c', environment: 'prod' }),
    identity({ repository: `${long}1` }),
    identity({ repository: `${long}2` }),
    identity({ repository: long, environment: 'production-of-europe' }),
  ];
  const names = awkward.map((one) => definitionName(one, 'abcdefghijklmnop'));

  expect(new Set(names).size).toBe(awkward.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
});

test('sizes and stages of one environment have definitions of their own', () => {
  const stages = ['pr-plan', 'deploy-plan', 'apply', 'verify'] as const;
  const names = stages.flatMap((stage) =>
    ['standard', 'large'].map((size) => definitionName(identity({ stage }), size)),
  );

  expect(new Set(names).size).toBe(8);
});

test('a job is called after its run, within what Batch takes', () => {
  const name = jobName(RUN.id, `plan-12-${'infra%2Fapp~'.repeat(20)}`);

  expect(name).toMatch(/^[A-Za-z0-9_-]{128}$/);
  expect(name.startsWith(`${RUN.id}-plan-12-infra-2Fapp-`)).toBe(true);
  expect([queueName('plan'), queueName('apply')]).toEqual(['cairn-plan', 'cairn-apply']);
});

test('the prefix of a job says its stage and is read back', () => {
  const deploy = { ...RUN, workflow: 'deploy' as const };
  const prefixes = ['plan-1-app', 'apply-2-infra%2Fapp', 'verify-3', 'build-1'].map((id) =>
    jobPrefix(deploy, id),
  );

  expect(prefixes).toEqual([
    'jobs/acme/shop/prod/deploy-plan/0123456789abcdef0123/plan-1-app',
    'jobs/acme/shop/prod/apply/0123456789abcdef0123/apply-2-infra%2Fapp',
    'jobs/acme/shop/prod/verify/0123456789abcdef0123/verify-3',
    'jobs/acme/shop/prod/build/0123456789abcdef0123/build-1',
  ]);
  expect(jobPrefix({ ...RUN, workflow: 'plan' }, 'plan-1-app')).toContain('/pr-plan/');
  expect(parseJobPrefix(prefixes[1] ?? '')).toEqual({
    repository: 'acme/shop',
    environment: 'prod',
    stage: 'apply',
    runId: RUN.id,
    jobId: 'apply-2-infra%2Fapp',
  });
  for (const [n, prefix] of prefixes.entries()) {
    expect(prefix?.startsWith(jobPrefixes(deploy)[n] ?? '-')).toBe(true);
  }
});

test.each(['', '..', 'plan', 'plan-x', 'plan-1-a/b', 'other-1-app', 'plan-1x', 'constructor-1'])(
  'no job is called %j',
  (id) => {
    expect(jobPrefix({ ...RUN, workflow: 'deploy' }, id)).toBeNull();
  },
);

test('a pull request has no applies', () => {
  const plan = { ...RUN, workflow: 'plan' as const };

  expect(jobPrefix(plan, 'apply-1-app')).toBeNull();
  expect(jobPrefixes(plan)).toEqual(['jobs/acme/shop/prod/pr-plan/0123456789abcdef0123/']);
});

test.each([
  'plan-1-app',
  'runs/0123456789abcdef0123/documents/0001.json',
  'jobs/acme/shop/prod/other/0123/plan-1-app',
  'jobs/acme/shop/prod/apply/0123/apply-1-app/out/log.txt',
  'jobs/acme/shop/prod/apply/0123/',
])('%j is no prefix of a job', (prefix) => {
  expect(parseJobPrefix(prefix)).toBeNull();
});

test('claims stand below their environment and run', () => {
  expect(claimKey(RUN, 'deploy-0/app/3')).toBe('claims/acme/shop/prod/0123456789abcdef0123/deploy-0/app/3');
});
