import { expect, test } from 'vitest';
import { newestMoment, nextMoments } from '../../../core/drift/moments.ts';

const NOW = new Date('2026-03-27T12:00:00Z');
const iso = (moments: Date[]) => moments.map((moment) => moment.toISOString());

test('the next ones of a rate follow the newest', () => {
  const when = { kind: 'every', seconds: 6 * 3600 } as const;

  const next = nextMoments(when, NOW, 2);

  expect(newestMoment(when, NOW, 1)).toEqual(NOW);
  expect(iso(next)).toEqual(['2026-03-27T18:00:00.000Z', '2026-03-28T00:00:00.000Z']);
});

test('the next ones of a cron expression follow the clock of its zone, over the change to summer time', () => {
  const when = { kind: 'cron', cron: '30 6 * * *', timeZone: 'Europe/Berlin' } as const;

  const next = nextMoments(when, NOW, 3);

  expect(iso(next)).toEqual([
    '2026-03-28T05:30:00.000Z',
    '2026-03-29T04:30:00.000Z',
    '2026-03-30T04:30:00.000Z',
  ]);
});
