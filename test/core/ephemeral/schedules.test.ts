import { beforeEach, expect, test } from 'vitest';
import { scheduleEnd, scheduleName, unschedule } from '../../../core/ephemeral/schedules.ts';
import { requestSchema } from '../../../core/requests/request.ts';
import { type MemorySchedules, memorySchedules } from '../../support/fakes/ephemerals.ts';

const ONE = {
  repository: 'acme/shop',
  environment: 'eph-one',
  pull: 7,
  startedAt: '2026-01-01T00:00:00.000Z',
  endsAt: '2026-01-01T08:00:00.000Z',
};

let schedules: MemorySchedules;

beforeEach(() => {
  schedules = memorySchedules();
});

test('the end and its warning are scheduled as requests that the bus takes', async () => {
  await scheduleEnd({ schedules }, ONE, 1800);

  expect((await schedules.list()).map(({ at }) => at).sort()).toEqual([
    '2026-01-01T07:30:00.000Z',
    '2026-01-01T08:00:00.000Z',
  ]);
  const [warn, end] = schedules.due(new Date('2026-01-01T08:00:00.000Z'));
  expect(requestSchema.parse(warn)).toMatchObject({ command: 'warn', endsAt: ONE.endsAt });
  expect(requestSchema.parse(end)).toMatchObject({
    command: 'destroy',
    environment: 'eph-one',
    reason: 'time',
    pull: 7,
    origin: { trigger: `eph-one/ends/${ONE.endsAt}` },
  });
});

test('an end that is moved replaces the one before; one that is taken away leaves none', async () => {
  await scheduleEnd({ schedules }, ONE, 1800);
  await scheduleEnd({ schedules }, { ...ONE, endsAt: '2026-01-02T00:00:00.000Z' }, 1800);
  const moved = (await schedules.list()).map(({ at }) => at).sort();
  await scheduleEnd({ schedules }, { ...ONE, endsAt: null }, 1800);
  const never = await schedules.list();
  await scheduleEnd({ schedules }, ONE, 1800);
  await unschedule({ schedules }, ONE);

  expect(moved).toEqual(['2026-01-01T23:30:00.000Z', '2026-01-02T00:00:00.000Z']);
  expect([never, await schedules.list()]).toEqual([[], []]);
});

test('a life that is shorter than the warning is not warned of; a warning from before goes', async () => {
  await scheduleEnd({ schedules }, ONE, 1800);
  await scheduleEnd({ schedules }, { ...ONE, endsAt: '2026-01-01T00:20:00.000Z' }, 1800);

  expect((await schedules.list()).map(({ at }) => at)).toEqual(['2026-01-01T00:20:00.000Z']);
});

test('names are such as a scheduler takes, and those of two repositories are not one', () => {
  const longest = { repository: 'acme/shop', environment: `eph-${'x'.repeat(36)}` };

  expect(scheduleName('warn', longest)).toMatch(/^[A-Za-z0-9._-]{1,64}$/);
  expect(scheduleName('end', longest)).not.toBe(scheduleName('warn', longest));
  expect(scheduleName('end', longest)).not.toBe(
    scheduleName('end', { ...longest, repository: 'acme/shop2' }),
  );
});
