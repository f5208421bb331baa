import { describe, expect, test } from 'vitest';
import type { Items } from '../../../../adapters/aws/table/items.ts';
import { dynamodbRuns } from '../../../../adapters/aws/table/runs.ts';
import { dynamodbStatus } from '../../../../adapters/aws/table/status.ts';
import type { StatusEvent } from '../../../../core/reports/event.ts';
import type { Run } from '../../../../core/requests/run.ts';
import { useTables } from '../../../support/aws/fresh-items.ts';

const AT = '2026-01-01T00:00:00.000Z';
const freshItems = useTables();

/** A process is killed at its nth write: before it, or after it and before it heard so. */
const KILLED = (['before', 'after'] as const).flatMap((when) =>
  [1, 2, 3, 4, 5, 6, 7].map((nth) => ({ nth, when })),
);

describe('a claim that broke off', () => {
  test.each(KILLED)('$when write $nth is finished by its repetition', async ({ nth, when }) => {
    const { items } = await freshItems();
    const runs = dynamodbRuns(items);
    await runs.claim(asked('first'));
    await swallow(dynamodbRuns(mortal(items, nth, when)).claim(asked('killed')));

    const repeated = await runs.claim(asked('killed'));
    const next = await runs.claim(asked('next'));

    expect([repeated.number, next.number]).toEqual([2, 3]);
    await expectListed(items, ['next', 'killed', 'first']);
  });

  test.each(KILLED)('$when write $nth leaves no gap for the next one', async ({ nth, when }) => {
    const { items } = await freshItems();
    await swallow(dynamodbRuns(mortal(items, nth, when)).claim(asked('killed')));

    const next = await dynamodbRuns(items).claim(asked('next'));
    const repeated = await dynamodbRuns(items).claim(asked('killed'));

    expect([next.number, repeated.number].sort()).toEqual([1, 2]);
    await expectListed(items, next.number === 2 ? ['next', 'killed'] : ['killed', 'next']);
  });
});

describe('an event that broke off', () => {
  test.each(KILLED.filter(({ nth }) => nth <= 4))(
    '$when write $nth is finished by its repetition',
    async ({ nth, when }) => {
      const { items } = await freshItems();
      const runs = dynamodbRuns(items);
      await runs.claim(asked('a'));
      const heard: string[] = [];
      const hear = async (events: StatusEvent[]) => void heard.push(...events.map(({ id }) => id));
      const end = { ...event('a', 'end'), run: { state: 'failed' as const, endedAt: AT } };
      await dynamodbStatus(items, hear).emit(event('a', 'start'));

      await swallow(dynamodbStatus(mortal(items, nth, when), hear).emit(end));
      await dynamodbStatus(items, hear).emit(end);
      await dynamodbStatus(items, hear).emit(end);

      expect((await runs.events('a')).map(({ seq, id }) => `${seq} ${id}`)).toEqual(['1 start', '2 end']);
      expect(await runs.get('a')).toMatchObject({ state: 'failed', endedAt: AT });
      expect(await runs.list({ active: true, limit: 10 })).toEqual([]);
      expect(new Set(heard)).toEqual(new Set(['start', 'end']));
      expect(heard.length).toBeLessThanOrEqual(3);
    },
  );

  test('a merge that comes late does not undo a later event', async () => {
    const { items } = await freshItems();
    await dynamodbRuns(items).claim(asked('a'));
    const publish = async () => undefined;
    let overtake = async () => {};
    const slow: Items = {
      ...items,
      async update(...args) {
        const now = overtake;
        overtake = async () => {};
        await now();
        return items.update(...args);
      },
    };
    overtake = () =>
      dynamodbStatus(items, publish).emit({
        ...event('a', 'second'),
        run: { state: 'failed', title: 'over' },
      });

    await dynamodbStatus(slow, publish).emit({
      ...event('a', 'first'),
      run: { state: 'waiting', commit: 'c'.repeat(40) },
    });

    expect(await dynamodbRuns(items).get('a')).toMatchObject({
      state: 'failed',
      title: 'over',
      commit: 'c'.repeat(40),
    });
    expect(await dynamodbRuns(items).list({ active: true, limit: 1 })).toEqual([]);
  });

  test('an event that the bus did not take is sent with the next one', async () => {
    const { items } = await freshItems();
    await dynamodbRuns(items).claim(asked('a'));
    const heard: string[] = [];
    const deaf = dynamodbStatus(items, () => Promise.reject(new Error('the bus is down')));
    const hearing = dynamodbStatus(items, async (events) => void heard.push(...events.map(({ id }) => id)));

    await swallow(deaf.emit(event('a', 'lost')));
    await hearing.emit(event('a', 'next'));
    await hearing.emit(event('a', 'lost'));

    expect(heard).toEqual(['lost', 'next']);
  });

  test('of a run that never was, events are kept and sent', async () => {
    const { items } = await freshItems();
    const heard: string[] = [];
    const status = dynamodbStatus(items, async (events) => void heard.push(...events.map(({ id }) => id)));

    await status.emit(event('none', 'run.failed'));

    expect(heard).toEqual(['run.failed']);
    expect(await dynamodbRuns(items).get('none')).toBeNull();
    expect((await dynamodbRuns(items).events('none')).map(({ id }) => id)).toEqual(['run.failed']);
  });
});

describe('what a list costs', () => {
  test('the newest of one environment are two calls, however many there are of others', async () => {
    const { items, calls } = await freshItems();
    const runs = dynamodbRuns(items);
    await runs.claim(asked('deploy'));
    for (let n = 0; n < 30; n++) {
      await runs.claim({ ...asked(`plan-${n}`), workflow: 'plan', pull: n, environment: 'stage' });
    }
    calls.length = 0;

    const deploys = await runs.list({
      repository: 'acme/shop',
      environment: 'prod',
      workflow: 'deploy',
      limit: 20,
    });
    const ofPull = await runs.list({ repository: 'acme/shop', workflow: 'plan', pull: 7, limit: 50 });

    expect([deploys, ofPull].map((found) => found.map(({ id }) => id))).toEqual([['deploy'], ['plan-7']]);
    expect(calls).toEqual(['Query', 'BatchGetItem', 'Query', 'BatchGetItem']);
  });

  test('what few entries pass is looked for page by page', async () => {
    const { items } = await freshItems();
    const runs = dynamodbRuns(items);
    const status = dynamodbStatus(items, async () => undefined);
    for (let n = 0; n < 45; n++)
      await runs.claim({ ...asked(`run-${n}`), environment: n === 3 ? 'one' : 'prod' });
    await status.emit({ ...event('run-1', 'end'), run: { state: 'succeeded' } });

    const ended = await runs.list({ repository: 'acme/shop', active: false, limit: 2 });
    const byEnvironment = await runs.list({ repository: 'acme/shop', environment: 'one', limit: 1 });
    const newest = await runs.list({ limit: 3 });

    expect(ended.map(({ id }) => id)).toEqual(['run-1']);
    expect(byEnvironment.map(({ id, number }) => [id, number])).toEqual([['run-3', 4]]);
    expect(newest.map(({ number }) => number)).toEqual([45, 44, 43]);
  });
});

async function expectListed(items: Items, ids: string[]): Promise<void> {
  const runs = dynamodbRuns(items);
  const filters = [
    {},
    { repository: 'acme/shop' },
    { repository: 'acme/shop', environment: 'prod', workflow: 'deploy' as const },
    { repository: 'acme/shop', pull: 7 },
    { active: true, repository: 'acme/shop' },
  ];
  for (const filter of filters) {
    expect((await runs.list({ ...filter, limit: 10 })).map(({ id }) => id)).toEqual(ids);
  }
}

/** Items of a process that is killed at its nth write. */
function mortal(items: Items, nth: number, when: 'before' | 'after'): Items {
  let writes = 0;
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    writes++;
    if (writes > nth || (writes === nth && when === 'before')) throw new Error('killed');
    const answer = await work();
    if (writes >= nth) throw new Error('killed');
    return answer;
  };
  return {
    ...items,
    put: (...args) => write(() => items.put(...args)),
    update: (...args) => write(() => items.update(...args)),
    delete: (...args) => write(() => items.delete(...args)),
  };
}

async function swallow(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

function asked(id: string): Omit<Run, 'number'> {
  return {
    id,
    workflow: 'deploy',
    command: 'deploy',
    repository: 'acme/shop',
    environment: 'prod',
    pull: 7,
    commit: null,
    requester: 'alice',
    state: 'running',
    title: `run ${id}`,
    startedAt: AT,
    endedAt: null,
  };
}

function event(runId: string, id: string): Omit<StatusEvent, 'seq'> {
  return { id, runId, at: AT, kind: 'plan.finished', message: `${runId}: ${id}`, doc: null, run: {} };
}
