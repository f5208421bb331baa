import { describe, expect, test } from 'vitest';
import { dynamodbEphemerals } from '../../../../adapters/aws/table/ephemerals.ts';
import type { Items } from '../../../../adapters/aws/table/items.ts';
import { one } from '../../../contract/ephemerals.ts';
import { useTables } from '../../../support/aws/fresh-items.ts';

const REPOSITORY = 'acme/shop';
const freshItems = useTables();

/** A process is killed at its nth write: before it, or after it and before it heard so. */
const KILLED = (['before', 'after'] as const).flatMap((when) => [1, 2, 3].map((nth) => ({ nth, when })));

describe('a claim that broke off', () => {
  test.each(KILLED)('$when write $nth is finished by its repetition, in one place', async ({ nth, when }) => {
    const { items } = await freshItems();
    const store = dynamodbEphemerals(items);
    await swallow(dynamodbEphemerals(mortal(items, nth, when)).claim(one('eph-a', 'run a'), 1));

    const repeated = await store.claim(one('eph-a', 'run a'), 1);
    const other = await store.claim(one('eph-b', 'run b'), 1);
    await store.remove({ repository: REPOSITORY, environment: 'eph-a', version: 1 });
    const later = await store.claim(one('eph-b', 'run b'), 1);

    expect([repeated, other, later]).toEqual(['claimed', 'full', 'claimed']);
  });

  test.each(KILLED)(
    '$when write $nth and is never repeated takes no place for ever',
    async ({ nth, when }) => {
      const { items } = await freshItems();
      const store = dynamodbEphemerals(items);
      await swallow(dynamodbEphemerals(mortal(items, nth, when)).claim(one('eph-a', 'run a'), 1));

      const stands = (await store.list(REPOSITORY)).map(({ environment }) => environment);
      const other = await store.claim(one('eph-b', 'run b'), 1);

      expect([stands, other]).toEqual(stands.length === 1 ? [['eph-a'], 'full'] : [[], 'claimed']);
    },
  );

  test.each(KILLED)('$when write $nth leaves its name to the next run, or has it', async ({ nth, when }) => {
    const { items } = await freshItems();
    const store = dynamodbEphemerals(items);
    await swallow(dynamodbEphemerals(mortal(items, nth, when)).claim(one('eph-a', 'run a'), 1));
    const had = await store.get(REPOSITORY, 'eph-a');

    const next = await store.claim(one('eph-a', 'run b'), 1);

    expect(next).toBe(had === null ? 'claimed' : 'exists');
    expect((await store.get(REPOSITORY, 'eph-a'))?.runId).toBe(had === null ? 'run b' : 'run a');
  });
});

describe('a removal that broke off', () => {
  test.each(KILLED.filter(({ nth }) => nth < 3))('$when write $nth loses no place', async ({ nth, when }) => {
    const { items } = await freshItems();
    const store = dynamodbEphemerals(items);
    await store.claim(one('eph-a', 'run a'), 1);
    const at = { repository: REPOSITORY, environment: 'eph-a', version: 1 };
    await swallow(dynamodbEphemerals(mortal(items, nth, when)).remove(at));

    await store.remove(at);
    const left = await store.list(REPOSITORY);
    const other = await store.claim(one('eph-b', 'run b'), 1);

    expect([left, other]).toEqual([[], 'claimed']);
  });
});

describe('a claim whose name is taken out as one that nothing stands behind', () => {
  test('goes back if its place was given to another', async () => {
    const { items } = await freshItems();
    const store = dynamodbEphemerals(items);
    const slow = dynamodbEphemerals(
      beforeItsEnvironment(items, async () => {
        await store.list(REPOSITORY);
        await store.claim(one('eph-b', 'run b'), 1);
      }),
    );

    const answer = await slow.claim(one('eph-a', 'run a'), 1);

    expect(answer).toBe('full');
    expect((await store.list(REPOSITORY)).map(({ environment }) => environment)).toEqual(['eph-b']);
    expect(await store.claim(one('eph-c', 'run c'), 2)).toBe('claimed');
    expect(await store.claim(one('eph-d', 'run d'), 2)).toBe('full');
  });

  test('has it if there is room still', async () => {
    const { items } = await freshItems();
    const store = dynamodbEphemerals(items);
    const slow = dynamodbEphemerals(
      beforeItsEnvironment(items, async () => void (await store.list(REPOSITORY))),
    );

    const answer = await slow.claim(one('eph-a', 'run a'), 1);

    expect(answer).toBe('claimed');
    expect(await store.claim(one('eph-b', 'run b'), 1)).toBe('full');
  });
});

test('an environment that is not among the names is counted again by the next list', async () => {
  const { items } = await freshItems();
  const store = dynamodbEphemerals(items);
  await store.claim(one('eph-a', 'run a'), 1);
  const names = { pk: `ephemerals#${REPOSITORY}`, sk: 'names' };
  await items.put({ ...names, names: '[]', version: 9 });

  await store.list(REPOSITORY);

  expect(await store.claim(one('eph-b', 'run b'), 1)).toBe('full');
});

/** Something happens before its own environment is written. */
function beforeItsEnvironment(items: Items, happens: () => Promise<void>): Items {
  return {
    ...items,
    async put(item, condition) {
      if (item.sk.startsWith('environment#')) await happens();
      return items.put(item, condition);
    },
  };
}

class Killed extends Error {}

function mortal(items: Items, nth: number, when: 'before' | 'after'): Items {
  let writes = 0;
  async function write(work: () => Promise<boolean>): Promise<boolean> {
    writes++;
    if (writes === nth && when === 'before') throw new Killed();
    const done = await work();
    if (writes === nth && when === 'after') throw new Killed();
    return done;
  }
  return {
    ...items,
    put: (item, condition) => write(() => items.put(item, condition)),
    delete: (key, condition) => write(() => items.delete(key, condition)),
  };
}

async function swallow(work: Promise<unknown>): Promise<void> {
  await expect(work).rejects.toThrow(Killed);
}
