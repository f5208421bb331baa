import { describe, expect, test } from 'vitest';
import { kmsActions, permissionsOf } from '../../../adapters/aws/permissions.ts';
import { ACTIVE_INDEX, tableDefinition } from '../../../adapters/aws/table/table.ts';

describe('permissions', () => {
  test('of several ports, each resource once, with the actions of all', () => {
    const permissions = permissionsOf(['bus', 'status', 'source', 'pulls', 'artifacts']);

    expect(permissions.map(({ on, actions }) => [on, actions])).toEqual([
      ['bus', ['events:PutEvents']],
      ['table', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem']],
      ['secret:github', ['secretsmanager:GetSecretValue']],
      ['artifacts', ['s3:GetObject', 's3:PutObject']],
      ['artifact-bucket', ['s3:ListBucket']],
    ]);
  });

  test('who may delete approvals may delete nothing else of the table', () => {
    const permissions = permissionsOf(['approvals', 'locks', 'sent', 'deliveries']);

    const of = (action: string) =>
      permissions.filter(({ actions }) => actions.includes(action)).flatMap(({ keys = ['*'] }) => keys);
    expect(of('dynamodb:DeleteItem')).toEqual(['approvals']);
    expect(of('dynamodb:Query')).toEqual(['locks']);
    expect(of('dynamodb:PutItem').sort()).toEqual(['approvals', 'delivery#*', 'locks', 'sent#*']);
  });

  test('of the key, only what reading and writing imply', () => {
    expect(kmsActions(permissionsOf(['deliveries', 'bus']))).toEqual([]);
    expect(kmsActions(permissionsOf(['webhookSecret']))).toEqual(['kms:Decrypt']);
    expect(kmsActions(permissionsOf(['artifacts']))).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });
});

test('every attribute that is declared is a key of the table or of an index, as DynamoDB wants it', () => {
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } = tableDefinition;
  const keys = [...KeySchema, ...GlobalSecondaryIndexes.flatMap((index) => index.KeySchema)];

  expect(AttributeDefinitions.map(({ AttributeName }) => AttributeName).sort()).toEqual(
    [...new Set(keys.map(({ AttributeName }) => AttributeName))].sort(),
  );
  expect(GlobalSecondaryIndexes.map(({ IndexName }) => IndexName)).toEqual([ACTIVE_INDEX]);
});
