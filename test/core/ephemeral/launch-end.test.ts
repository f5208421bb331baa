import { expect, test } from 'vitest';
import { launchEnd } from '../../../core/ephemeral/launch-end.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const RULES = { ttl: 8 * 3600, maxTtl: 3 * 86_400, allowNever: false };

test('it is what is asked for, else the usual time', () => {
  expect(launchEnd({ ttl: '90m' }, RULES, NOW)).toBe('2026-01-01T01:30:00.000Z');
  expect(launchEnd({ ttl: '2026-01-02T18:00Z' }, RULES, NOW)).toBe('2026-01-02T18:00:00.000Z');
  expect(launchEnd({}, RULES, NOW)).toBe('2026-01-01T08:00:00.000Z');
  expect(launchEnd({ ttl: 'never' }, { ...RULES, allowNever: true }, NOW)).toBeNull();
});

test('an update brings it nearer only where that is asked for', () => {
  const later = '2026-01-02T00:00:00.000Z';

  expect(launchEnd({}, RULES, NOW, later)).toBe(later);
  expect(launchEnd({}, { ...RULES, allowNever: true }, NOW, null)).toBeNull();
  expect(launchEnd({}, RULES, NOW, '2026-01-01T00:05:00.000Z')).toBe('2026-01-01T08:00:00.000Z');
  expect(launchEnd({ ttl: '1h' }, RULES, NOW, later)).toBe('2026-01-01T01:00:00.000Z');
});

test('or where less is allowed than when it was put there: then it is as late as may be', () => {
  const latest = '2026-01-04T00:00:00.000Z';

  expect(launchEnd({}, RULES, NOW, null)).toBe(latest);
  expect(launchEnd({}, RULES, NOW, '2026-01-20T00:00:00.000Z')).toBe(latest);
  expect(launchEnd({}, RULES, NOW, latest)).toBe(latest);
});

test.each(['30d', 'never', '2025-12-31T00:00Z', '0h', '-1h', 'soon'])('%s is refused', (ttl) => {
  expect(() => launchEnd({ ttl }, RULES, NOW)).toThrow();
});
