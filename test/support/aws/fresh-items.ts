import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll } from 'vitest';
import { awsClients } from '../../../adapters/aws/clients/clients.ts';
import { dynamodbItems, type Items } from '../../../adapters/aws/table/items.ts';
import { tableDefinition } from '../../../adapters/aws/table/table.ts';
import { startDynalite } from './dynalite-server.ts';
import { CREDENTIALS } from './moto.ts';

/** For the tests of a file: each call makes a table of its own, empty. `calls` notes the operations on it. */
export function useTables(): () => Promise<{ items: Items; calls: string[] }> {
  let dynalite: Awaited<ReturnType<typeof startDynalite>>;
  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    dynalite = await startDynalite();
  });
  afterAll(() => dynalite.close());

  return async () => {
    const { endpoint } = dynalite;
    const table = `cairn-${randomUUID()}`;
    const admin = awsClients({ endpoint });
    await admin.dynamodb.send(new CreateTableCommand({ TableName: table, ...tableDefinition }));
    const calls: string[] = [];
    const clients = awsClients({ endpoint, watch: (_, operation) => calls.push(operation) });
    return { items: dynamodbItems(clients.dynamodb, table), calls };
  };
}
