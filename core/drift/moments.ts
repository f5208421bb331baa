import { Cron } from 'croner';
import type { Drift } from '../config/types.ts';

/**
 * When a regular comparison is due. Of a cron expression with one minute and one hour (`30 2 * * *`) a local time
 * that summer time leaves out comes at the first moment after the gap, and one that comes twice counts the first
 * time. Any other goes on through the hour that is repeated, and leaves out what the gap leaves out.
 */

/** Comparisons closer together than this would follow each other without a pause. */
export const CLOSEST = 15 * 60;

/** The newest moment up to now; null if there was none in the last `within` seconds. */
export function newestMoment(when: Drift['when'], now: Date, within: number): Date | null {
  const newest = when.kind === 'every' ? newestOfEvery(when.seconds, now) : newestOfCron(when, now);
  if (newest === null || now.getTime() - newest.getTime() > within * 1000) return null;
  return newest;
}

/** The next ones, soonest first: for people who look at what they wrote. */
export function nextMoments(when: Drift['when'], now: Date, count: number): Date[] {
  if (when.kind === 'cron') return cronOf(when.cron, when.timeZone).nextRuns(count, now);
  const newest = newestOfEvery(when.seconds, now).getTime();
  return Array.from({ length: count }, (_, index) => new Date(newest + (index + 1) * when.seconds * 1000));
}

/** Counted from a midnight UTC, so that whoever starts anew counts the same. */
function newestOfEvery(seconds: number, now: Date): Date {
  const length = seconds * 1000;
  return new Date(Math.floor(now.getTime() / length) * length);
}

function newestOfCron({ cron, timeZone }: { cron: string; timeZone: string }, now: Date): Date | null {
  // Those before a moment do not hold the moment itself.
  const end = new Date(now.getTime() + 1);
  return cronOf(cron, timeZone).previousRuns(1, end)[0] ?? null;
}

function cronOf(cron: string, timeZone: string): Cron {
  return new Cron(cron, { timezone: timeZone, mode: '5-part' });
}

/** What is wrong with a cron expression, as a sentence; null if nothing is. */
export function cronProblem(cron: string): string | null {
  if (cron.trim().split(/\s+/).length !== 5) {
    return 'a cron expression is five fields: minute, hour, day of month, month, day of week, such as "0 6 * * 1-5"';
  }
  let moments: Date[];
  try {
    // A year in UTC knows no summer time: what is too close here is too close by itself.
    moments = cronOf(cron, 'UTC').nextRuns(LOOKED_AT, new Date(0));
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return `is no cron expression: ${said}`;
  }
  if (moments.length === 0) return 'never comes: there is no such date';
  const isClose = moments.some((moment, index) => {
    const next = moments[index + 1];
    return next !== undefined && next.getTime() - moment.getTime() < CLOSEST * 1000;
  });
  return isClose ? 'comes more often than every 15 minutes' : null;
}

/** More than a day of the closest that is allowed: two that are closer stand on one day, or on two in a row. */
const LOOKED_AT = 250;

/** What is wrong with the name of a time zone, as a sentence; null if nothing is. */
export function timeZoneProblem(timeZone: string): string | null {
  const unknown = `there is no time zone "${timeZone}": write one such as "Europe/Berlin" or "UTC"`;
  // An offset is no zone: it knows no summer time.
  if (!/^[A-Za-z]/.test(timeZone)) return unknown;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return null;
  } catch {
    return unknown;
  }
}
