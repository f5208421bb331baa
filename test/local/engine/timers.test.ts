import { expect, test } from 'vitest';
import { createAlarm } from '../../../local/engine/timers.ts';
import { fakeClock } from './run.ts';

test('no sleep is longer than a minute, which setTimeout and a suspended machine can stand', () => {
  const clock = fakeClock(0);
  const sleeps: number[] = [];
  const fired: number[] = [];
  const after: typeof clock.after = (milliseconds, work) => {
    sleeps.push(milliseconds);
    return clock.after(milliseconds, work);
  };
  const month = 2_592_000_000;
  const alarm = createAlarm({ now: clock.now, after }, () => {
    fired.push(clock.now());
    if (fired.length < 3) alarm.set(month);
  });

  alarm.set(month);
  clock.set(200_000);

  expect(sleeps).toEqual([60_000, 60_000, 60_000]);
  expect(fired).toEqual([60_000, 120_000, 180_000]);
});

test('the earliest time counts, and off is off', () => {
  const clock = fakeClock(0);
  const fired: number[] = [];
  const alarm = createAlarm(clock, () => fired.push(clock.now()));

  alarm.set(5000);
  alarm.set(2000);
  alarm.set(9000);
  alarm.set(null);
  clock.set(10_000);
  alarm.set(11_000);
  alarm.off();
  clock.set(20_000);

  expect(fired).toEqual([2000]);
});

test('a time that has passed fires at once', () => {
  const clock = fakeClock(1000);
  const fired: number[] = [];
  const alarm = createAlarm(clock, () => fired.push(clock.now()));

  alarm.set(0);
  clock.set(1000);

  expect(fired).toEqual([1000]);
});
