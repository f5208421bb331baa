import { describe, expect, test } from 'vitest';
import type { Schedules } from '../../core/ports.ts';
import type { Request } from '../../core/requests/request.ts';
import { type Make, use } from './make.ts';

/** Schedules, and the time that they go by. It stands still until it is told to pass. */
export interface ScheduleWorld {
  schedules: Schedules;
  now(): Date;
  /** Lets time pass. Answers the requests that went on the bus until then and were not told before, sorted. */
  pass(seconds: number): Promise<string[]>;
}

/** As `pass` tells it. */
export function told({ command, origin }: Request): string {
  return `${command} ${origin.trigger}`;
}

export function testSchedules(make: Make<ScheduleWorld>, { most = 200 } = {}): void {
  describe('schedules', () => {
    test('a request comes at its time, not before, and once', async () => {
      const { store } = await use(make);
      await store.schedules.put({ name: 'end', at: later(store, 60), request: end('a') });

      const early = await store.pass(59);
      const inTime = await store.pass(1);
      const after = await store.pass(3600);

      expect([early, inTime, after]).toEqual([[], ['destroy a'], []]);
      expect(await store.schedules.list()).toEqual([]);
    });

    test('the same name again replaces time and request', async () => {
      const { store } = await use(make);
      await store.schedules.put({ name: 'end', at: later(store, 60), request: end('a') });
      await store.schedules.put({ name: 'end', at: later(store, 120), request: end('b') });
      await store.schedules.put({ name: 'other', at: later(store, 120), request: end('c') });
      await store.schedules.put({ name: 'other', at: later(store, 30), request: end('d') });

      const first = await store.pass(60);
      const second = await store.pass(60);

      expect([first, second]).toEqual([['destroy d'], ['destroy b']]);
    });

    test('a time that has passed means at once, instead of the later one of the same name', async () => {
      const { store } = await use(make);
      await store.schedules.put({ name: 'end', at: later(store, 60), request: end('a') });

      await store.schedules.put({ name: 'end', at: later(store, -1), request: end('b') });
      await store.schedules.put({ name: 'now', at: store.now(), request: end('c') });

      expect(await store.pass(0)).toEqual(['destroy b', 'destroy c']);
      expect(await store.pass(3600)).toEqual([]);
    });

    test('one that is removed never comes; removing it again changes nothing', async () => {
      const { store } = await use(make);
      await store.schedules.put({ name: 'end', at: later(store, 60), request: end('a') });
      await store.schedules.put({ name: 'end2', at: later(store, 60), request: end('b') });

      await store.schedules.remove('end');
      await store.schedules.remove('end');
      await store.schedules.remove('never there');

      expect(await store.pass(60)).toEqual(['destroy b']);
    });

    test('those to come are listed with their time; a name may be long', async () => {
      const { store } = await use(make);
      const long = `${'acme-shop.eph_pr-7'.padEnd(63, 'x')}Z`;
      await store.schedules.put({ name: long, at: later(store, 7200), request: end('a') });
      await store.schedules.put({ name: 'first', at: later(store, 60), request: end('b') });

      const both = await store.schedules.list();
      await store.pass(60);
      const one = await store.schedules.list();

      expect(both).toEqual([
        { name: 'first', at: '2026-01-01T00:01:00.000Z' },
        { name: long, at: '2026-01-01T02:00:00.000Z' },
      ]);
      expect(one.map(({ name }) => name)).toEqual([long]);
    });

    test('all is there after a restart, also what came due meanwhile', async () => {
      const { store, reopen } = await use(make);
      await store.schedules.put({ name: 'soon', at: later(store, 60), request: end('a') });
      await store.schedules.put({ name: 'later', at: later(store, 7200), request: end('b') });

      const again = await reopen();

      expect(await again.pass(3600)).toEqual(['destroy a']);
      expect(await again.schedules.list()).toEqual([{ name: 'later', at: '2026-01-01T02:00:00.000Z' }]);
      expect(await again.pass(3600)).toEqual(['destroy b']);
    });

    test(`${most} in one minute come all, each once`, async () => {
      const { store } = await use(make);
      const names = Array.from({ length: most }, (_, n) => `end-${String(n).padStart(3, '0')}`);
      await Promise.all(
        names.map((name, n) =>
          store.schedules.put({ name, at: later(store, 60 + (n % 60)), request: end(name) }),
        ),
      );

      const early = await store.pass(59);
      const came = [...(await store.pass(30)), ...(await store.pass(31)), ...(await store.pass(600))];

      expect(early).toEqual([]);
      expect(came.sort()).toEqual(names.map((name) => `destroy ${name}`));
      expect(await store.schedules.list()).toEqual([]);
    });
  });
}

function later(world: ScheduleWorld, seconds: number): Date {
  return new Date(world.now().getTime() + seconds * 1000);
}

function end(trigger: string): Request {
  return {
    command: 'destroy',
    repository: 'acme/shop',
    environment: 'eph-a',
    reason: 'time',
    origin: { source: 'schedule', login: null, trigger },
  };
}
