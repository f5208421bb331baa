import { describe, expect, test } from 'vitest';
import { awsClients } from '../../../../adapters/aws/clients/clients.ts';
import { dynamodbDeliveries } from '../../../../adapters/aws/table/deliveries.ts';
import { dynamodbItems } from '../../../../adapters/aws/table/items.ts';
import { Misconfigured, Unavailable } from '../../../../core/errors.ts';
import { useTables } from '../../../support/aws/fresh-items.ts';
import { startStub } from '../../../support/aws/stub.ts';
import { fakeClock } from '../../../support/fakes/clock.ts';

const freshItems = useTables();

describe('items', () => {
  test('more keys than one call takes are read in several', async () => {
    const { items, calls } = await freshItems();
    const keys = Array.from({ length: 130 }, (_, n) => ({ pk: `item ${n}`, sk: 'x' }));
    await Promise.all(keys.slice(0, 120).map((key) => items.put(key)));

    const found = await items.getAll(keys);

    expect(found.map(({ pk }) => pk).sort()).toEqual(
      keys
        .slice(0, 120)
        .map(({ pk }) => pk)
        .sort(),
    );
    expect(calls.filter((call) => call === 'BatchGetItem')).toHaveLength(2);
  });

  test('more than fits into one page is queried to the end, filtered, in either order', async () => {
    const { items, calls } = await freshItems();
    const text = 'x'.repeat(300_000);
    for (let n = 0; n < 8; n++) await items.put({ pk: 'p', sk: `${n}`, text, odd: n % 2 === 1 });
    const all = async (descending: boolean) => {
      const found: string[] = [];
      const where = { text: '#odd = :odd', values: { odd: true } };
      for await (const page of items.query({ pk: 'p', descending, where }))
        found.push(...page.map(({ sk }) => sk));
      return found;
    };

    expect(await all(false)).toEqual(['1', '3', '5', '7']);
    expect(await all(true)).toEqual(['7', '5', '3', '1']);
    expect(calls.filter((call) => call === 'Query').length).toBeGreaterThan(4);
  });

  test('names that DynamoDB reserves are names like others', async () => {
    const { items } = await freshItems();
    const key = { pk: 'p', sk: 's' };
    await items.put({ ...key, number: 1, order: 2, state: 'on', last: true });

    const changed = await items.update(
      key,
      { number: 3, state: undefined },
      { text: '#order = :order and #last = :last', values: { order: 2, last: true } },
    );

    expect(changed).toBe(true);
    expect(await items.get(key)).toEqual({ ...key, number: 3, order: 2, last: true });
  });

  test('a condition that does not hold is an answer, and changes nothing', async () => {
    const { items } = await freshItems();
    const key = { pk: 'p', sk: 's' };
    await items.put({ ...key, version: 1 });
    const other = { text: '#version = :version', values: { version: 2 } };

    const answers = [
      await items.put({ ...key, version: 9 }, other),
      await items.update(key, { version: 9 }, other),
      await items.delete(key, other),
    ];

    expect(answers).toEqual([false, false, false]);
    expect(await items.get(key)).toEqual({ ...key, version: 1 });
  });

  test('a table that is not there is the installation’s fault; a call that cannot be right is a defect', async () => {
    const { items } = await freshItems();
    const stub = await startStub(() => ({
      status: 400,
      body: { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', message: 'not found' },
    }));
    const missing = dynamodbItems(awsClients({ endpoint: stub.endpoint }).dynamodb, 'cairn');

    await expect(missing.get({ pk: 'p', sk: 's' })).rejects.toBeInstanceOf(Misconfigured);
    await expect(missing.get({ pk: 'p', sk: 's' })).rejects.toThrow('There is no table cairn');
    await expect(items.get({ pk: '', sk: 's' })).rejects.toHaveProperty('name', 'ValidationException');
    await stub.close();
  });

  test('keys that the table is too busy to read are asked for again, and again only so often', async () => {
    let unread = 1;
    const item = { pk: { S: 'p' }, sk: { S: 's' } };
    const stub = await startStub(() => ({
      status: 200,
      body:
        unread-- > 0
          ? { Responses: {}, UnprocessedKeys: { cairn: { Keys: [item] } } }
          : { Responses: { cairn: [item] }, UnprocessedKeys: {} },
    }));
    const items = dynamodbItems(awsClients({ endpoint: stub.endpoint }).dynamodb, 'cairn');

    expect(await items.getAll([{ pk: 'p', sk: 's' }])).toEqual([{ pk: 'p', sk: 's' }]);
    expect(stub.asked).toHaveLength(2);
    await stub.close();
  });

  test('a store that does not answer is Unavailable', async () => {
    const stub = await startStub(() => 'cut');
    const items = dynamodbItems(awsClients({ endpoint: stub.endpoint }).dynamodb, 'cairn');

    await expect(items.get({ pk: 'p', sk: 's' })).rejects.toBeInstanceOf(Unavailable);
    await stub.close();
  });
});

describe('deliveries', () => {
  test('one that was marked is done for 30 days, whether or not DynamoDB has deleted it since', async () => {
    const { items } = await freshItems();
    const clock = fakeClock();
    const deliveries = dynamodbDeliveries(items, clock);

    const before = await deliveries.isDone('d-1');
    await deliveries.markDone('d-1');
    await deliveries.markDone('d-1');
    const after = await deliveries.isDone('d-1');
    clock.pass(29 * 24 * 3600);
    const late = await deliveries.isDone('d-1');
    clock.pass(2 * 24 * 3600);

    expect([before, after, late]).toEqual([false, true, true]);
    expect(await deliveries.isDone('d-1')).toBe(false);
    expect(await deliveries.isDone('d-2')).toBe(false);
    const expires = Math.floor(Date.parse('2026-01-31T00:00:00Z') / 1000);
    expect(await items.get({ pk: 'delivery#d-1', sk: 'delivery' })).toMatchObject({ expires });
  });
});
