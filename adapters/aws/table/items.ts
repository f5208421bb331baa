import {
  type AttributeValue,
  BatchGetItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Misconfigured, Unavailable } from '../../../core/errors.ts';
import { isAws, reach } from '../clients/errors.ts';
import { pause } from '../clients/retry.ts';

export interface Key {
  pk: string;
  sk: string;
}

export type Value = string | number | boolean;
export type Item = Key & Record<string, Value>;
type Values = Record<string, Value | undefined>;

/** A condition or filter: attributes are written `#name` (a plain name may be a reserved word), values `:name`. */
export interface Expression {
  text: string;
  values?: Values;
}

export interface Query {
  pk: string;
  /** Only sort keys that start so. */
  prefix?: string;
  descending?: boolean;
  where?: Expression | undefined;
  /** Items read for each page, before `where`; as many as fit into 1 MB if absent. */
  pageSize?: number;
}

/**
 * Items of the table: every read is consistent, every change is of one item. Attributes are texts, numbers and
 * booleans.
 */
export interface Items {
  get(key: Key): Promise<Item | null>;
  /** Those of these keys that are there, in no order. */
  getAll(keys: Key[]): Promise<Item[]>;
  /** False if the condition does not hold. */
  put(item: Key & Values, condition?: Expression): Promise<boolean>;
  /** Sets attributes, and removes those that are undefined; false if the condition does not hold. */
  update(key: Key, changes: Values, condition: Expression): Promise<boolean>;
  delete(key: Key, condition: Expression): Promise<boolean>;
  /** Page by page, until the caller has enough. */
  query(query: Query): AsyncIterable<Item[]>;
  /** Keys of an index's items whose attribute, the index's name, has this value. Lags behind by a moment. */
  queryIndex(index: string, value: string): AsyncIterable<Key[]>;
}

/** Keys that BatchGetItem takes at once. */
const AT_ONCE = 100;

export function dynamodbItems(client: DynamoDBClient, table: string): Items {
  const TableName = table;

  async function asked<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await reach(`table ${table}`, call);
    } catch (error) {
      if (!isAws(error, 'ResourceNotFoundException')) throw error;
      throw new Misconfigured(`There is no table ${table}, or it lacks an index: deploy Cairn again.`, {
        cause: error,
      });
    }
  }

  /** Pages of a query; `read` makes the command that continues after a key. */
  async function* pages(read: (start: Record<string, AttributeValue> | undefined) => QueryCommand) {
    let start: Record<string, AttributeValue> | undefined;
    do {
      const answer = await asked(() => client.send(read(start)));
      yield (answer.Items ?? []).map(itemOf);
      start = answer.LastEvaluatedKey;
    } while (start);
  }

  return {
    async get(key) {
      const command = new GetItemCommand({ TableName, Key: attributes(key), ConsistentRead: true });
      const { Item: found } = await asked(() => client.send(command));
      return found ? itemOf(found) : null;
    },

    async getAll(keys) {
      const found: Item[] = [];
      let left = keys.map(attributes);
      for (let attempt = 0; left.length > 0; attempt++) {
        const Keys = left.slice(0, AT_ONCE);
        const command = new BatchGetItemCommand({
          RequestItems: { [table]: { Keys, ConsistentRead: true } },
        });
        const { Responses, UnprocessedKeys } = await asked(() => client.send(command));
        found.push(...(Responses?.[table] ?? []).map(itemOf));
        const unread = UnprocessedKeys?.[table]?.Keys ?? [];
        left = [...unread, ...left.slice(AT_ONCE)];
        if (unread.length === Keys.length && !(await pause(attempt))) {
          throw new Unavailable(`Table ${table} is too busy to be read.`);
        }
      }
      return found;
    },

    put(item, condition) {
      const command = new PutItemCommand({ TableName, Item: attributes(item), ...parameters(condition) });
      return asked(() => holds(client.send(command)));
    },

    update(key, changes, condition) {
      const UpdateExpression = updateOf(changes);
      const set = Object.fromEntries(Object.entries(changes).map(([name, value]) => [`set_${name}`, value]));
      const command = new UpdateItemCommand({
        TableName,
        Key: attributes(key),
        UpdateExpression,
        ...parameters({ text: condition.text, values: { ...condition.values, ...set } }, UpdateExpression),
      });
      return asked(() => holds(client.send(command)));
    },

    delete(key, condition) {
      const command = new DeleteItemCommand({ TableName, Key: attributes(key), ...parameters(condition) });
      return asked(() => holds(client.send(command)));
    },

    query({ pk, prefix, descending = false, where, pageSize }) {
      const KeyConditionExpression = `#pk = :pk${prefix === undefined ? '' : ' and begins_with(#sk, :prefix)'}`;
      const { ConditionExpression: FilterExpression, ...others } = parameters(
        { text: where?.text ?? '', values: { pk, prefix, ...where?.values } },
        KeyConditionExpression,
      );
      return pages(
        (start) =>
          new QueryCommand({
            TableName,
            ConsistentRead: true,
            KeyConditionExpression,
            ...(FilterExpression ? { FilterExpression } : {}),
            ...others,
            ScanIndexForward: !descending,
            ...(pageSize === undefined ? {} : { Limit: pageSize }),
            ...(start ? { ExclusiveStartKey: start } : {}),
          }),
      );
    },

    async *queryIndex(index, value) {
      const read = (start: Record<string, AttributeValue> | undefined) =>
        new QueryCommand({
          TableName,
          IndexName: index,
          KeyConditionExpression: '#index = :value',
          ExpressionAttributeNames: { '#index': index },
          ExpressionAttributeValues: { ':value': { S: value } },
          ScanIndexForward: false,
          ...(start ? { ExclusiveStartKey: start } : {}),
        });
      for await (const page of pages(read)) yield page.map(({ pk, sk }) => ({ pk, sk }));
    },
  };
}

async function holds(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (isAws(error, 'ConditionalCheckFailedException')) return false;
    throw error;
  }
}

/** Of a condition, with the names that `more` uses too. DynamoDB refuses empty maps. */
function parameters(condition: Expression | undefined, more = '') {
  const text = condition?.text ?? '';
  const names = `${text} ${more}`.match(/#\w+/g) ?? [];
  const values = Object.entries(attributes(condition?.values ?? {}));
  return {
    ...(text === '' ? {} : { ConditionExpression: text }),
    ...(names.length > 0
      ? { ExpressionAttributeNames: Object.fromEntries(names.map((name) => [name, name.slice(1)])) }
      : {}),
    ...(values.length > 0
      ? {
          ExpressionAttributeValues: Object.fromEntries(values.map(([name, value]) => [`:${name}`, value])),
        }
      : {}),
  };
}

function updateOf(changes: Values): string {
  const names = Object.keys(changes);
  const sets = names.filter((name) => changes[name] !== undefined).map((name) => `#${name} = :set_${name}`);
  const removes = names.filter((name) => changes[name] === undefined).map((name) => `#${name}`);
  return [
    ...(sets.length > 0 ? [`set ${sets.join(', ')}`] : []),
    ...(removes.length > 0 ? [`remove ${removes.join(', ')}`] : []),
  ].join(' ');
}

function attributes(values: Values | Key): Record<string, AttributeValue> {
  const found: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === 'string') found[name] = { S: value };
    else if (typeof value === 'number') found[name] = { N: String(value) };
    else found[name] = { BOOL: value };
  }
  return found;
}

function itemOf(stored: Record<string, AttributeValue>): Item {
  const values = Object.entries(stored).map(([name, value]) => [name, plainOf(name, value)]);
  return Object.fromEntries(values) as Item;
}

function plainOf(name: string, value: AttributeValue): Value {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  throw new Error(`attribute ${name} is neither text, number nor boolean`);
}

/** Of an item that we wrote: what is not there is a defect. */
export function text(item: Item, name: string): string {
  const value = item[name];
  if (typeof value === 'string') return value;
  throw new Error(`item ${item.pk} ${item.sk} has no text "${name}"`);
}

export function count(item: Item, name: string): number {
  const value = item[name];
  if (typeof value === 'number') return value;
  throw new Error(`item ${item.pk} ${item.sk} has no number "${name}"`);
}
