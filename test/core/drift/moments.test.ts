import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Drift } from '../../../core/config/types.ts';
import { cronProblem, newestMoment, timeZoneProblem } from '../../../core/drift/moments.ts';

const HOUR = 3600;
const MINUTE_MS = 60_000;
const ZONES = ['Europe/Berlin', 'America/New_York'] as const;
/** The days of 2026 on which the clocks of both zones change, UTC. */
const CHANGES = { 'Europe/Berlin': ['03-29', '10-25'], 'America/New_York': ['03-08', '11-01'] };

function cron(text: string, timeZone = 'UTC'): Drift['when'] {
  return { kind: 'cron', cron: text, timeZone };
}

function newest(when: Drift['when'], now: string): string | undefined {
  return newestMoment(when, new Date(now), HOUR)?.toISOString();
}

describe('the newest moment', () => {
  it('is the moment itself, and holds for an hour', () => {
    const daily = cron('0 6 * * *');

    expect(newest(daily, '2026-05-04T05:59:59.999Z')).toBeUndefined();
    expect(newest(daily, '2026-05-04T06:00:00.000Z')).toBe('2026-05-04T06:00:00.000Z');
    expect(newest(daily, '2026-05-04T07:00:00.000Z')).toBe('2026-05-04T06:00:00.000Z');
    expect(newest(daily, '2026-05-04T07:00:00.001Z')).toBeUndefined();
  });

  it('of a rate is counted from midnight UTC', () => {
    const every: Drift['when'] = { kind: 'every', seconds: 6 * HOUR };

    expect(newest(every, '2026-05-04T11:59:00Z')).toBeUndefined();
    expect(newest(every, '2026-05-04T12:20:00Z')).toBe('2026-05-04T12:00:00.000Z');
    expect(newest({ kind: 'every', seconds: 86_400 }, '2026-05-04T00:30:00Z')).toBe(
      '2026-05-04T00:00:00.000Z',
    );
  });

  it('follows the clocks of its zone', () => {
    const working = cron('0 6 * * 1-5', 'Europe/Berlin');

    expect(newest(working, '2026-03-27T05:10:00Z')).toBe('2026-03-27T05:00:00.000Z');
    expect(newest(working, '2026-03-30T04:10:00Z')).toBe('2026-03-30T04:00:00.000Z');
    expect(newest(working, '2026-03-28T05:10:00Z')).toBeUndefined();
  });

  it('in the gap of summer time: once a day comes right after it, all else is left out', () => {
    const night = cron('30 2 * * *', 'Europe/Berlin');
    const often = cron('30 * * * *', 'Europe/Berlin');

    expect(newest(night, '2026-03-29T01:05:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(newest(night, '2026-03-29T01:35:00Z')).toBe('2026-03-29T01:00:00.000Z');
    expect(newest(often, '2026-03-29T01:05:00Z')).toBe('2026-03-29T00:30:00.000Z');
    expect(newest(often, '2026-03-29T01:35:00Z')).toBe('2026-03-29T01:30:00.000Z');
  });

  it('in the hour that comes twice: once a day counts the first time, all else goes on', () => {
    const night = cron('30 2 * * *', 'Europe/Berlin');
    const often = cron('30 * * * *', 'Europe/Berlin');

    expect(newest(night, '2026-10-25T00:35:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(newest(night, '2026-10-25T01:35:00Z')).toBeUndefined();
    expect(newest(often, '2026-10-25T01:35:00Z')).toBe('2026-10-25T01:30:00.000Z');
  });
});

test.each([
  ['0 6 * * 1-5', null],
  ['*/15 * * * *', null],
  ['0,50 0,23 1 * *', null],
  ['0 6 29 2 *', null],
  ['0 6 L * *', null],
  ['0 6 30 2 *', /never comes/],
  ['0 6 31 4,6 *', /never comes/],
  ['*/10 * * * *', /more often than every 15 minutes/],
  ['0,5 0 1 1 *', /more often than every 15 minutes/],
  ['0,50 0,23 28,29 2 *', /more often than every 15 minutes/],
  ['61 * * * *', /no cron expression: .*minute/],
  ['0 24 * * *', /no cron expression: .*hour/],
  ['0 6 * * FOO', /no cron expression/],
  ['@daily', /five fields/],
  ['0 0 6 * * *', /five fields/],
  ['2026-01-01T00:00:00', /five fields/],
])('%s: %s', (text, problem) => {
  const said = cronProblem(text);

  if (problem === null) expect(said).toBeNull();
  else expect(said).toMatch(problem);
});

test('a time zone is a name of one', () => {
  const wrong = ['Mars/Olympus', '+02:00', '', 'Europe/Berlin; x'].map(timeZoneProblem);

  expect([timeZoneProblem('Europe/Berlin'), timeZoneProblem('UTC')]).toEqual([null, null]);
  for (const said of wrong) expect(said).toMatch(/there is no time zone ".*": write one such as/);
});

/** Minutes and hours of a day at which a schedule comes; one of each is once a day. */
interface Schedule {
  minutes: number[];
  hours: number[];
}

const once = fc
  .tuple(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 5 }))
  .map(([minute, hour]): Schedule => ({ minutes: [minute], hours: [hour] }));
const hourly = fc
  .integer({ min: 0, max: 59 })
  .map((minute): Schedule => ({ minutes: [minute], hours: Array.from({ length: 24 }, (_, hour) => hour) }));
const quarters = fc.constant<Schedule>({
  minutes: [0, 15, 30, 45],
  hours: Array.from({ length: 24 }, (_, hour) => hour),
});

describe('whoever looks again and again', () => {
  it('meets each moment once, around the change of the clocks', () => {
    const looks = fc.record({
      zone: fc.constantFrom(...ZONES),
      change: fc.constantFrom(0, 1),
      schedule: fc.oneof(once, hourly, quarters),
      pauses: fc.array(fc.integer({ min: 240, max: 840 }), { minLength: 5, maxLength: 20 }),
    });

    fc.assert(
      fc.property(looks, ({ zone, change, schedule, pauses }) => {
        const day = Date.parse(`2026-${CHANGES[zone][change]}T00:00:00Z`);
        expectEachOnce(zone, schedule, day - 20 * 3_600_000, day + 30 * 3_600_000, pauses);
      }),
      { numRuns: 30 },
    );
  });

  it.each(ZONES)('meets each moment once, over a year in %s', (zone) => {
    const start = Date.parse('2026-01-01T00:00:00Z');
    const end = Date.parse('2027-01-01T00:00:00Z');

    expectEachOnce(zone, { minutes: [30], hours: [2] }, start, end, [1500, 3300, 3540, 2940]);
  });
});

function expectEachOnce(
  zone: string,
  schedule: Schedule,
  start: number,
  end: number,
  pauses: number[],
): void {
  const fields = [schedule.minutes, schedule.hours].map((all) => all.join(','));
  const when = cron(`${fields.join(' ')} * * *`, zone);
  const met: number[] = [];
  let looked = start;
  for (let now = start, turn = 0; now < end; now += (pauses[turn++ % pauses.length] ?? 60) * 1000) {
    looked = now;
    const moment = newestMoment(when, new Date(now), HOUR)?.getTime();
    if (moment !== undefined && moment >= start && moment !== met.at(-1)) met.push(moment);
  }

  // What comes after the last look is nobody's yet.
  const due = momentsOf(zone, schedule, start, end).filter((at) => at <= looked);
  expect(due).not.toEqual([]);
  expect(met.map(iso)).toEqual(due.map(iso));
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** By walking through every minute with the clock of the zone: slow, and plain enough to be believed. */
function momentsOf(zone: string, { minutes, hours }: Schedule, start: number, end: number): number[] {
  const isOnce = minutes.length === 1 && hours.length === 1;
  const wanted = new Set(hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute)));
  const found: number[] = [];
  const met = new Set<number>();
  // A day earlier, so that the first day's clock is known from its beginning.
  for (let at = start - 24 * 3_600_000; at < end; at += MINUTE_MS) {
    const offset = offsetOf(zone, at);
    const local = (Math.floor(at / MINUTE_MS) + offset) % 1440;
    const day = Math.floor((Math.floor(at / MINUTE_MS) + offset) / 1440);
    const jump = offset - offsetOf(zone, at - MINUTE_MS);
    const skipped = Array.from({ length: Math.max(0, jump) }, (_, ago) => local - ago - 1);
    const isDue = wanted.has(local) || (isOnce && skipped.some((minute) => wanted.has(minute)));
    if (!isDue || (isOnce && met.has(day))) continue;
    met.add(day);
    if (at >= start) found.push(at);
  }
  return found;
}

const offsets = new Map(ZONES.map((zone) => [zone as string, new Map<number, number>()]));
const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes that the zone's clock is ahead of UTC; they change at full quarters of an hour only. */
function offsetOf(zone: string, at: number): number {
  const quarter = Math.floor(at / (15 * MINUTE_MS)) * 15 * MINUTE_MS;
  const known = offsets.get(zone)?.get(quarter);
  if (known !== undefined) return known;
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  clocks.set(zone, clock);
  const part = Object.fromEntries(
    clock.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day, hour, minute } = part as Record<string, number>;
  const offset = (Date.UTC(year, month - 1, day, hour, minute) - quarter) / MINUTE_MS;
  offsets.get(zone)?.set(quarter, offset);
  return offset;
}
