import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createQueue, type Release } from '../../../local/jobs/queue.ts';

it('runs all, never more than its limit, never two of one folder', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ folder: fc.constantFrom('a', 'b', 'c'), turns: fc.nat(3) }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      async (jobs, limit) => {
        const queue = createQueue(limit);
        const busy: string[] = [];
        let most = 0;
        let done = 0;
        const run = async ({ folder, turns }: (typeof jobs)[number]) => {
          const release = await taken(queue.take(folder));
          expect(busy).not.toContain(folder);
          busy.push(folder);
          most = Math.max(most, busy.length);
          for (let i = 0; i < turns; i += 1) await Promise.resolve();
          busy.splice(busy.indexOf(folder), 1);
          done += 1;
          release();
        };

        await Promise.all(jobs.map(run));

        expect(done).toBe(jobs.length);
        expect(most).toBeLessThanOrEqual(limit);
      },
    ),
  );
});

it('lets a later job of another folder go first, and keeps the order within a folder', async () => {
  const queue = createQueue(2);
  const order: string[] = [];
  const release = queue.hold('a');
  const waiting = [
    taken(queue.take('a')).then((free) => {
      order.push('a1');
      free();
    }),
    taken(queue.take('a')).then((free) => {
      order.push('a2');
      free();
    }),
    taken(queue.take('b')).then((free) => {
      order.push('b');
      free();
    }),
  ];
  await waiting[2];
  release();

  await Promise.all(waiting);

  expect(order).toEqual(['b', 'a1', 'a2']);
});

it('a place that is given back early lets another folder run, and never the same one', async () => {
  const queue = createQueue(1);
  const seen: string[] = [];
  const first = await taken(queue.take('a'));
  const same = taken(queue.take('a')).then((release) => {
    seen.push('a');
    return release;
  });
  const other = taken(queue.take('b')).then((release) => {
    seen.push('b');
    return release;
  });

  first.place();
  const b = await other;
  const before = [...seen];
  b();
  first();
  first.place();
  (await same)();
  const last = await taken(queue.take('c'));

  expect(before).toEqual(['b']);
  expect(seen).toEqual(['b', 'a']);
  last();
});

it('one that gives up leaves at once, and those behind it come before', async () => {
  const queue = createQueue(1);
  const first = await taken(queue.take('a'));
  const stop = new AbortController();
  const second = queue.take('b', stop.signal);
  const third = queue.take('b');

  stop.abort();
  const left = await second;
  first();
  (await taken(third))();

  expect(left).toBeNull();
  expect(await queue.take('c', stop.signal)).toBeNull();
  (await taken(queue.take('c')))();
});

async function taken(place: Promise<Release | null>): Promise<Release> {
  const release = await place;
  if (!release) throw new Error('nobody gave up');
  return release;
}
