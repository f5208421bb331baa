import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkWish,
  endFrom,
  type Lifetime,
  momentText,
  parseMoment,
  parseTtl,
  remaining,
  ttlText,
} from '../../../core/ephemeral/times.ts';
import { InvalidInput } from '../../../core/errors.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const DAY = 86_400;

/** Seconds in the unit that a length ends with. */
const UNITS: Record<string, number> = { m: 60, h: 3600, d: DAY };

const moment = (min: string, max: string) =>
  fc.date({ min: new Date(min), max: new Date(max), noInvalidDate: true });

describe('a length of time', () => {
  test.each([
    ['90m', 5400],
    ['8h', 28_800],
    ['3d', 259_200],
    ['1m', 60],
    ['3650d', 315_360_000],
  ])('%s', (text, seconds) => {
    expect(parseTtl(text)).toBe(seconds);
  });

  test.each([
    '0m',
    '0h',
    '-1h',
    '+1h',
    '1.5h',
    '1h30m',
    '45s',
    '8',
    'h',
    '8 h',
    ' 8h',
    '8h\n',
    '08h',
    '8H',
    '1e3m',
    '٣d',
    '',
    'never',
    '1w',
    '1000000d',
  ])('"%s" is refused with how to write it', (text) => {
    expect(() => parseTtl(text)).toThrow(/write a whole number above 0 and m, h or d/);
  });

  test('one that would overflow is refused', () => {
    expect(() => parseTtl('3651d')).toThrow('3651d is longer than ten years: write at most 3650d.');
    expect(() => parseTtl('999999d')).toThrow(InvalidInput);
  });

  test('whatever is read is what is written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 87_600 }),
        fc.constantFrom('m', 'h') as fc.Arbitrary<string>,
        (count, unit) => {
          const seconds = parseTtl(`${count}${unit}`);

          expect(seconds).toBe(count * (UNITS[unit] ?? 0));
          expect(parseTtl(ttlText(seconds))).toBe(seconds);
        },
      ),
    );
  });

  test('any other text is an InvalidInput, never a number that is none', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9.]{0,8}[smhdw]{0,2}$/)), (text) => {
        const read = orInvalid(() => parseTtl(text));

        expect(read === null || (Number.isSafeInteger(read) && read >= 60 && /^[1-9]/.test(text))).toBe(true);
      }),
    );
  });
});

describe('a wish as it is written', () => {
  test.each([
    { ttl: '4h' },
    { at: 'never' },
    // Whether it has passed depends on when it is read, whether it is too late on the rules.
    { at: '2025-01-01T00:00Z' },
    { ttl: '3650d' },
    {},
  ])('%j', (wish) => {
    expect(() => checkWish(wish, NOW)).not.toThrow();
  });

  test.each([{ ttl: '8' }, { ttl: 'never' }, { at: '4h' }, { at: '2026-12-01T18:00' }])('not %j', (wish) => {
    expect(() => checkWish(wish, NOW)).toThrow(InvalidInput);
  });
});

describe('a moment', () => {
  test.each([
    ['2026-12-01T18:00Z', '2026-12-01T18:00:00.000Z'],
    ['2026-12-01T18:00:30Z', '2026-12-01T18:00:30.000Z'],
    ['2026-12-01T18:00:30.5Z', '2026-12-01T18:00:30.500Z'],
    ['2026-12-01T18:00+01:00', '2026-12-01T17:00:00.000Z'],
    ['2026-12-01T18:00:00-03:30', '2026-12-01T21:30:00.000Z'],
    ['2026-12-01T18:00[Europe/Berlin]', '2026-12-01T17:00:00.000Z'],
    ['2026-07-01T18:00[Europe/Berlin]', '2026-07-01T16:00:00.000Z'],
    ['2026-07-01T18:00+02:00[Europe/Berlin]', '2026-07-01T16:00:00.000Z'],
    ['2026-07-01T18:00Z[Europe/Berlin]', '2026-07-01T18:00:00.000Z'],
    ['2026-07-01T18:00[Asia/Kathmandu]', '2026-07-01T12:15:00.000Z'],
    ['2026-07-01T18:00[America/Argentina/Buenos_Aires]', '2026-07-01T21:00:00.000Z'],
    ['2028-02-29T00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('%s', (text, utc) => {
    expect(parseMoment(text, NOW).toISOString()).toBe(utc);
  });

  test.each(['2026-12-01T18:00', '2026-12-01T18:00:30'])(
    '%s has no zone: it says how to write one',
    (text) => {
      expect(() => parseMoment(text, NOW)).toThrow(
        `"${text}" does not say in which time zone: write ${text}Z for UTC, an offset such as ${text}+01:00, or a zone such as ${text}[Europe/Berlin].`,
      );
    },
  );

  test.each([
    '2026-02-30T12:00Z',
    '2027-02-29T12:00Z',
    '2026-13-01T12:00Z',
    '2026-00-10T12:00Z',
    '2026-04-31T12:00[Europe/Berlin]',
    '2026-01-00T12:00Z',
  ])('%s is no day', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(`"${text}": there is no such day.`);
  });

  test.each(['2026-12-01T24:00Z', '2026-12-01T18:60Z', '2026-12-01T18:00:60Z'])('%s is no time', (text) => {
    expect(() => parseMoment(text, NOW)).toThrow(/no such time of day/);
  });

  test.each([
    '2026-12-01',
    '18:00Z',
    'tomorrow',
    '2026-12-01 18:00Z',
    '2026-12-01t18:00z',
    '2026-12-01T18Z',
    '2026-12-01T18:00+1',
    '2026-12-01T18:00+0100',
    '2026-12-01T18:00Z ',
    '20261201T180000Z',
    '2026-12-01T18:00:00.1234Z',
    '2026-12-01T18:00[Europe/Berlin][u-ca=hebrew]',
    '+002026-12-01T18:00Z',
    '1764612000',
    '',
  ])('"%s" is refused with an example that is right', (text) => {
    const said = messageOf(() => parseMoment(text, NOW));

    expect(said).toContain('such as 2026-01-02T00:00Z, 2026-01-02T00:00+01:00 or');
  });

  test('an offset or a zone that there is not is refused', () => {
    expect(() => parseMoment('2026-12-01T18:00+15:00', NOW)).toThrow(/no place on earth/);
    expect(() => parseMoment('2026-12-01T18:00[Europe/Atlantis]', NOW)).toThrow(
      '"2026-12-01T18:00[Europe/Atlantis]": there is no time zone Europe/Atlantis. Write one such as Europe/Berlin.',
    );
    expect(() => parseMoment('2026-12-01T18:00+03:00[Europe/Berlin]', NOW)).toThrow(
      /Europe\/Berlin is not \+03:00 of UTC at that time/,
    );
  });

  test('what clocks jump over is refused with the times around it', () => {
    expect(() => parseMoment('2026-03-29T02:30[Europe/Berlin]', NOW)).toThrow(
      '"2026-03-29T02:30[Europe/Berlin]" does not exist: clocks in Europe/Berlin go from 2026-03-29T02:00 to 2026-03-29T03:00 at once. ' +
        'Write 2026-03-29T01:59[Europe/Berlin] or 2026-03-29T03:00[Europe/Berlin].',
    );
    expect(() => parseMoment('2026-10-04T02:15[Australia/Lord_Howe]', NOW)).toThrow(
      /from 2026-10-04T02:00 to 2026-10-04T02:30/,
    );
    expect(parseMoment('2026-03-29T03:00[Europe/Berlin]', NOW).toISOString()).toBe(
      '2026-03-29T01:00:00.000Z',
    );
    expect(parseMoment('2026-03-29T01:59[Europe/Berlin]', NOW).toISOString()).toBe(
      '2026-03-29T00:59:00.000Z',
    );
  });

  test('what comes twice is the first time, unless an offset says which', () => {
    const at = (text: string) => parseMoment(text, NOW).toISOString();

    expect(at('2026-10-25T02:30[Europe/Berlin]')).toBe('2026-10-25T00:30:00.000Z');
    expect(at('2026-10-25T02:30+02:00[Europe/Berlin]')).toBe('2026-10-25T00:30:00.000Z');
    expect(at('2026-10-25T02:30+01:00[Europe/Berlin]')).toBe('2026-10-25T01:30:00.000Z');
    expect(at('2026-11-01T01:30[America/New_York]')).toBe('2026-11-01T05:30:00.000Z');
  });

  test('a moment written in any zone is that moment, or the first of two that look the same', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
      'Africa/Cairo',
    ];
    fc.assert(
      fc.property(moment('2020-01-01', '2035-01-01'), fc.constantFrom(...zones), (at, zone) => {
        const wall = wallIn(at, zone);

        const read = parseMoment(`${wall}[${zone}]`, NOW);

        const seconds = Math.floor(at.getTime() / 1000) * 1000;
        expect(wallIn(read, zone)).toBe(wall);
        expect([seconds, seconds - 1_800_000, seconds - 3_600_000]).toContain(read.getTime());
      }),
      { numRuns: 300 },
    );
  });

  test('what is written is what is read', () => {
    fc.assert(
      fc.property(moment('2000-01-01', '2100-01-01'), (at) => {
        const whole = new Date(Math.floor(at.getTime() / 1000) * 1000);

        expect(parseMoment(momentText(whole), NOW)).toEqual(whole);
        expect(parseMoment(at.toISOString(), NOW)).toEqual(at);
      }),
    );
  });

  test('any other text is an InvalidInput, never a date that is none', () => {
    const near = fc.stringMatching(
      /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2}|\[[A-Z][a-z]{2}\/[A-Z]\])?$/,
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const read = orInvalid(() => parseMoment(text, NOW));

        expect(read === null || !Number.isNaN(read.getTime())).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the end of an environment', () => {
  const fresh: Lifetime = { now: NOW, startedAt: NOW.toISOString(), maxTtl: 3 * DAY, allowNever: false };
  const standing: Lifetime = {
    ...fresh,
    now: new Date('2026-01-01T06:00:00Z'),
    endsAt: '2026-01-01T08:00:00.000Z',
  };

  test('a length counts from now for one that is made, from its end for one that stands', () => {
    expect(endFrom({ ttl: '8h' }, fresh)).toEqual({ endsAt: '2026-01-01T08:00:00.000Z' });
    expect(endFrom({ ttl: 8 * 3600 }, fresh)).toEqual({ endsAt: '2026-01-01T08:00:00.000Z' });
    expect(endFrom({ ttl: '4h' }, standing)).toEqual({ endsAt: '2026-01-01T12:00:00.000Z' });
    expect(endFrom({ ttl: '4h' }, { ...standing, endsAt: '2026-01-01T05:00:00.000Z' })).toEqual({
      endsAt: '2026-01-01T10:00:00.000Z',
    });
  });

  test('a moment may be sooner or later than its end by now', () => {
    expect(endFrom({ at: '2026-01-01T07:00Z' }, standing)).toEqual({ endsAt: '2026-01-01T07:00:00.000Z' });
    expect(endFrom({ at: '2026-01-02T09:30+01:00' }, standing)).toEqual({
      endsAt: '2026-01-02T08:30:00.000Z',
    });
    expect(endFrom({ at: '2026-01-02T09:30Z' }, { ...standing, endsAt: null })).toEqual({
      endsAt: '2026-01-02T09:30:00.000Z',
    });
  });

  test('one in the past, or now, is refused', () => {
    expect(() => endFrom({ at: '2026-01-01T05:59Z' }, standing)).toThrow(
      '2026-01-01T05:59Z is not later than now (2026-01-01T06:00Z): name a later moment, or take the environment down with `cairn env down`.',
    );
    expect(() => endFrom({ at: '2026-01-01T06:00Z' }, standing)).toThrow(InvalidInput);
  });

  test('one beyond the maximum is refused with the latest that is allowed', () => {
    expect(endFrom({ ttl: '64h' }, standing)).toEqual({ endsAt: '2026-01-04T00:00:00.000Z' });
    expect(() => endFrom({ ttl: '65h' }, standing)).toThrow(
      '2026-01-04T01:00Z is later than the environment may live: ephemeral.max_ttl in cairn.yaml is 3d, counted from 2026-01-01T00:00Z. The latest is 2026-01-04T00:00Z.',
    );
    expect(() => endFrom({ at: '2026-01-04T00:00:01Z' }, standing)).toThrow(
      /The latest is 2026-01-04T00:00Z/,
    );
  });

  test('never only where it is allowed; then nothing can be added to it', () => {
    expect(() => endFrom({ at: 'never' }, standing)).toThrow(/ephemeral.allow_never/);
    expect(endFrom({ at: 'never' }, { ...standing, allowNever: true })).toEqual({ endsAt: null });
    expect(() => endFrom({ ttl: '1h' }, { ...standing, endsAt: null, allowNever: true })).toThrow(
      /has no end that could be later/,
    );
    expect(() => endFrom({ at: 'Never' }, { ...standing, allowNever: true })).toThrow(InvalidInput);
  });

  test('exactly one of both is asked for', () => {
    expect(() => endFrom({}, standing)).toThrow(InvalidInput);
    expect(() => endFrom({ ttl: '1h', at: 'never' }, standing)).toThrow(InvalidInput);
  });

  test('whatever is asked for, an end is later than now and never beyond the maximum', () => {
    const wish = fc.oneof(
      fc.record({ ttl: fc.integer({ min: 1, max: 20_000 }).map((n) => `${n}m`) }),
      fc.record({ at: moment('2025-12-30', '2026-01-20').map((at) => at.toISOString()) }),
    );
    const lifetime = fc.record({
      now: moment('2026-01-01', '2026-01-03'),
      startedAt: moment('2025-12-31', '2026-01-01').map((at) => at.toISOString()),
      endsAt: fc.option(moment('2026-01-01', '2026-01-05').map((at) => at.toISOString())),
      maxTtl: fc.integer({ min: 60, max: 10 * DAY }),
      allowNever: fc.boolean(),
    });
    fc.assert(
      fc.property(wish, lifetime, (wish, lifetime) => {
        const made = orInvalid(() => endFrom(wish, lifetime));

        if (made === null) return;
        const end = Date.parse(made.endsAt ?? '');
        expect(end).toBeGreaterThan(lifetime.now.getTime());
        expect(end).toBeLessThan(Date.parse(lifetime.startedAt) + lifetime.maxTtl * 1000 + 1000);
        expect(end % 1000).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['2026-01-01T08:00:00.000Z', '8 h'],
  ['2026-01-01T07:59:59.000Z', '7 h 59 min'],
  ['2026-01-01T00:59:00.000Z', '59 min'],
  ['2026-01-01T00:00:59.000Z', 'less than a minute'],
  ['2026-01-03T04:30:00.000Z', '2 d 4 h'],
  ['2026-01-03T00:30:00.000Z', '2 d'],
  ['2026-01-01T00:00:00.000Z', 'over'],
  [null, 'never'],
])('%s is %s away', (endsAt, text) => {
  expect(remaining(endsAt, NOW)).toBe(text);
});

/** Null for an InvalidInput; any other error is a defect. */
function orInvalid<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidInput) return null;
    throw error;
  }
}

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

/** `2026-07-01T18:00:30`, as a clock there shows it. */
function wallIn(at: Date, timeZone: string): string {
  return at.toLocaleString('sv-SE', { timeZone }).replace(' ', 'T');
}
