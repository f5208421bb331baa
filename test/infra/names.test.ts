import { describe, expect, it } from 'vitest';
import { bucketName, jobRoleName, jobsStackName, STAGES } from '../../infra/names.ts';

const LONG = `${'a'.repeat(39)}/${'b'.repeat(100)}`;

describe('the role of a job', () => {
  it('reads as what it is', () => {
    expect(jobRoleName('acme/infra', 'prod', 'apply')).toMatch(
      /^cairn-job-acme-infra-prod-[0-9a-f]{8}-apply$/,
    );
  });

  it.each(STAGES)('of %s is one that IAM takes, however long the names are', (stage) => {
    const name = jobRoleName(LONG, 'e'.repeat(39), stage);

    expect(name).toMatch(/^[\w+=,.@-]{1,64}$/);
    expect(name.endsWith(`-${stage}`)).toBe(true);
  });

  it('is one for each repository, environment and stage, also where they read the same', () => {
    const names = [
      jobRoleName('a/b-c', 'prod', 'apply'),
      jobRoleName('a-b/c', 'prod', 'apply'),
      jobRoleName('a/b', 'c-prod', 'apply'),
      jobRoleName('a/b.c', 'prod', 'apply'),
      jobRoleName('a/b-c', 'prod', 'deploy-plan'),
      jobRoleName(`${LONG}x`, 'prod', 'apply'),
      jobRoleName(`${LONG}y`, 'prod', 'apply'),
    ];

    expect(new Set(names).size).toBe(names.length);
  });

  it('is the same however the repository is spelled: GitHub takes both', () => {
    expect(jobRoleName('Acme/Infra', 'prod', 'apply')).toBe(jobRoleName('acme/infra', 'prod', 'apply'));
  });
});

describe('the stack of a repository', () => {
  it.each(['acme/infra', 'acme/my.infra_2', LONG])('of %s has a name that CloudFormation takes', (name) => {
    expect(jobsStackName(name)).toMatch(/^CairnJobs-[A-Za-z][A-Za-z0-9-]{0,117}$/);
  });

  it('is one for each', () => {
    expect(jobsStackName('a/b-c')).not.toBe(jobsStackName('a-b/c'));
  });
});

it('a bucket has a name that S3 takes in the longest region', () => {
  const name = bucketName('artifacts', { account: '123456789012', region: 'ap-southeast-99' });

  expect(name).toMatch(/^[a-z0-9-]{3,63}$/);
});
