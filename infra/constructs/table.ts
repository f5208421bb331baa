import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnTable, type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TTL_ATTRIBUTE, tableDefinition } from '../../adapters/aws/table/table.ts';

/** The one table, from the definition that the adapters and their tests use. */
export function cairnTable(scope: Construct, id: string, tableName: string): ITable {
  const lower = ({ AttributeName, KeyType }: { AttributeName: string; KeyType: string }) => ({
    attributeName: AttributeName,
    keyType: KeyType,
  });
  const table = new CfnTable(scope, id, {
    tableName,
    billingMode: tableDefinition.BillingMode,
    attributeDefinitions: tableDefinition.AttributeDefinitions.map((attribute) => ({
      attributeName: attribute.AttributeName ?? '',
      attributeType: attribute.AttributeType ?? '',
    })),
    keySchema: tableDefinition.KeySchema.map(lower),
    globalSecondaryIndexes: tableDefinition.GlobalSecondaryIndexes.map((index) => ({
      indexName: index.IndexName,
      keySchema: index.KeySchema.map(lower),
      projection: { projectionType: index.Projection.ProjectionType },
    })),
    timeToLiveSpecification: { attributeName: TTL_ATTRIBUTE, enabled: true },
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtectionEnabled: true,
    // Encrypted with a key of DynamoDB's own, which costs nothing: no secret stands in it.
  });
  table.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  return Table.fromTableAttributes(scope, `${id}Ref`, {
    tableArn: table.attrArn,
    globalIndexes: tableDefinition.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName),
  });
}
