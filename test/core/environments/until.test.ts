import { expect, test } from 'vitest';
import { untilOf } from '../../../core/environments/until.ts';
import { InvalidInput } from '../../../core/errors.ts';

const NOW = new Date('2026-03-01T12:00:00.500Z');

test.each([
  ['3d', '2026-03-04T12:00:00.500Z'],
  ['90m', '2026-03-01T13:30:00.500Z'],
  ['2026-12-01T18:00Z', '2026-12-01T18:00:00.000Z'],
  ['2026-12-01T19:00+01:00', '2026-12-01T18:00:00.000Z'],
  // A local time that comes twice is the first.
  ['2026-10-25T02:30[Europe/Berlin]', '2026-10-25T00:30:00.000Z'],
])('a freeze until %s ends at %s', (text, expected) => {
  expect(untilOf(text, NOW).toISOString()).toBe(expected);
});

test.each([
  ['2026-03-01T12:00Z', /has passed: name a later moment/],
  ['2026-03-29T02:30[Europe/Berlin]', /does not exist: clocks in Europe\/Berlin go from/],
  ['2026-12-01T18:00', /does not say in which time zone/],
  ['2026-12-01', /is not a moment: write the day, the time and the zone/],
  ['18:00', /is not a moment/],
  ['tomorrow', /is not a moment/],
  ['never', /is not a moment/],
  ['0d', /is not a length of time/],
  ['-1h', /is not a length of time/],
  ['3 days', /is not a length of time/],
  ['1.5h', /is not a length of time/],
  ['3651d', /longer than ten years/],
])('a freeze until %s is refused', (text, says) => {
  expect(() => untilOf(text, NOW)).toThrow(InvalidInput);
  expect(() => untilOf(text, NOW)).toThrow(says);
});
