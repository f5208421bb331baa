import { beforeAll, describe, expect, it } from 'vitest';
import { FRESH_SOURCE_DAYS, PLAN_TAG } from '../../adapters/aws/artifacts/retention.ts';
import { TTL_ATTRIBUTE, tableDefinition } from '../../adapters/aws/table/table.ts';
import { LONGEST_APPROVAL } from '../../core/environments/approval.ts';
import { sourceKey } from '../../core/jobs/keys.ts';
import { BUS, IMAGES, JOB_LOGS, SECRETS, STACKS, TABLE } from '../../infra/names.ts';
import { type Resource, resourcesOf, type Template } from '../support/aws/template.ts';
import { synthesized } from '../support/infra.ts';
import { at, type Json, list } from './checks/look.ts';

const PLACE = { account: '123456789012', region: 'eu-central-1' };

let template: Template;
let resources: Resource[];
let minimal: Resource[];
const ofType = (type: string, from = resources) => from.filter((resource) => resource.type === type);

beforeAll(async () => {
  template = (await synthesized('full')).templates[STACKS.foundation]!;
  resources = resourcesOf({ [STACKS.foundation]: template }, PLACE);
  const { templates } = await synthesized('minimal');
  minimal = resourcesOf({ [STACKS.foundation]: templates[STACKS.foundation]! }, PLACE);
}, 120_000);

describe('what is kept', () => {
  it('outlives its stack, but not a first deployment that fails', () => {
    const kept = Object.values(template.Resources).filter(({ Type }) =>
      /Bucket$|Key$|Table$|Secret$|ECR::Repository$/.test(Type),
    ) as unknown as { DeletionPolicy: string; UpdateReplacePolicy: string }[];

    expect(kept).toHaveLength(11);
    for (const { DeletionPolicy, UpdateReplacePolicy } of kept) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    }
  });

  it('is one table as the adapters define it, with its past and its end', () => {
    const [table] = ofType('AWS::DynamoDB::Table');

    expect(table?.properties).toMatchObject({
      TableName: TABLE,
      ...tableDefinition,
      TimeToLiveSpecification: { AttributeName: TTL_ATTRIBUTE, Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  it('is under one key that changes every year', () => {
    const keys = ofType('AWS::KMS::Key');

    expect(keys.map(({ properties }) => properties['EnableKeyRotation'])).toEqual([true]);
  });

  it('has the names that everything else knows', () => {
    const names = resources.flatMap(({ properties }) => [
      ...['BucketName', 'LogGroupName', 'RepositoryName', 'Name'].map((key) => properties[key]),
    ]);

    expect(names).toEqual(
      expect.arrayContaining([
        'cairn-artifacts-123456789012-eu-central-1',
        'cairn-states-123456789012-eu-central-1',
        BUS,
        JOB_LOGS,
        ...Object.values(IMAGES),
        ...Object.values(SECRETS),
      ]),
    );
  });
});

describe('secrets', () => {
  const byName = (from: Resource[]) =>
    Object.fromEntries(
      ofType('AWS::SecretsManager::Secret', from).map(({ properties }) => [properties['Name'], properties]),
    );

  it('that people bring have no value, which an update would put there again', () => {
    for (const name of [SECRETS.github, SECRETS.slack]) {
      expect(byName(resources)[name]).not.toHaveProperty('SecretString');
      expect(byName(resources)[name]).not.toHaveProperty('GenerateSecretString');
    }
  });

  it('of Cairn alone are long and random', () => {
    for (const name of [SECRETS.webhook, SECRETS.masterKey, SECRETS.adminToken]) {
      expect(byName(resources)[name]?.['GenerateSecretString']).toEqual({
        PasswordLength: 64,
        ExcludePunctuation: true,
      });
    }
  });

  it('are none of Slack where there is no Slack', () => {
    expect(Object.keys(byName(minimal))).not.toContain(SECRETS.slack);
  });
});

describe('what goes', () => {
  interface Rule {
    id: string;
    prefix: string | undefined;
    tag: unknown;
    days: number | undefined;
    noncurrent: number;
  }

  function rulesOf(kind: string): Rule[] {
    const bucket = ofType('AWS::S3::Bucket').find(({ properties }) =>
      String(properties['BucketName']).includes(kind),
    );
    return (list(at(bucket?.properties, 'LifecycleConfiguration', 'Rules')) as Json[]).map((rule) => ({
      id: String(rule['Id']),
      prefix: rule['Prefix'] as string | undefined,
      tag: at(rule, 'TagFilters', 0),
      days: rule['ExpirationInDays'] as number | undefined,
      noncurrent: Number(at(rule, 'NoncurrentVersionExpiration', 'NoncurrentDays')),
    }));
  }

  it('is never a state; what it was can be taken back for a year', () => {
    const rules = rulesOf('states');

    expect(rules.map(({ days, noncurrent }) => [days, noncurrent])).toEqual([[undefined, 365]]);
  });

  it('are plan files, a day after the last approval could have come', () => {
    const [plans] = rulesOf('artifacts').filter(({ tag }) => tag !== undefined);

    // The file says 14 days.
    expect(plans).toMatchObject({ tag: { Key: PLAN_TAG.key, Value: PLAN_TAG.value }, days: 15 });
    expect(plans?.days).toBeGreaterThan(LONGEST_APPROVAL / 86_400);
  });

  it('are sources, later than a run needs one that was fresh when it began', () => {
    const key = sourceKey('acme/infra', 'a'.repeat(40));

    const [sources] = rulesOf('artifacts').filter(({ prefix }) => prefix && key.startsWith(prefix));

    expect(sources?.days).toBeGreaterThan(LONGEST_APPROVAL / 86_400 + FRESH_SOURCE_DAYS);
  });

  it('are never outputs and left locks: they are what an environment is now', () => {
    const ending = rulesOf('artifacts').filter(({ days }) => days !== undefined);

    for (const key of ['outputs/acme/infra/prod/network.json', 'stale-locks/acme/infra/prod/network.json']) {
      const rules = ending.filter(({ prefix, tag }) => tag === undefined && key.startsWith(prefix ?? ''));
      expect(rules).toEqual([]);
    }
  });

  it('are images of builds that failed, and none that has a tag', () => {
    const repositories = ofType('AWS::ECR::Repository');

    expect(repositories).toHaveLength(2);
    for (const { properties } of repositories) {
      const policy = JSON.parse(String(at(properties, 'LifecyclePolicy', 'LifecyclePolicyText')));
      expect(policy.rules.map((rule: Json) => at(rule, 'selection', 'tagStatus'))).toEqual(['untagged']);
      expect(properties['ImageTagMutability']).toBe('IMMUTABLE');
      expect(at(properties, 'ImageScanningConfiguration', 'ScanOnPush')).toBe(true);
    }
  });
});
