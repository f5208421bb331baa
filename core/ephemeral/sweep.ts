import type { DestroyRequest } from '../requests/request.ts';
import type { Ephemeral } from './environment.ts';

/** What an environment needs that it should have and has not. */
export type Repair =
  | { kind: 'end'; reason: DestroyRequest['reason']; trigger: string }
  /** Its end is not scheduled, or at another time. */
  | { kind: 'schedule' }
  /** Only the warning of it is not. */
  | { kind: 'schedule-warning' }
  /** It has no end, and yet one is scheduled. */
  | { kind: 'unschedule' }
  /** What is left of it still waits for somebody. */
  | { kind: 'remind' };

export interface Facts {
  now: Date;
  /** A run that makes, updates or ends it is at work, or waits for its turn. */
  isUnderWay: boolean;
  /** ISO 8601; null: nothing is scheduled. */
  scheduledEnd: string | null;
  /** The warning of its end is still to come, and not scheduled. */
  isWarningLost: boolean;
  /** Its pull request is closed. */
  isPullClosed: boolean;
}

/** A schedule may be late by itself. */
const LATE_MS = 10 * 60_000;

/** Pure: what is to be done about one environment. */
export function repairOf(environment: Ephemeral, facts: Facts): Repair | null {
  const { state, automatic, endsAt } = environment;
  if (facts.isUnderWay) return null;
  if (state === 'leaked') return { kind: 'remind' };
  // Half made, and nobody is at it: what exists of it is known, and goes.
  if (state === 'launching') return end('failed', environment, facts);
  if (state === 'destroying') return end('forgotten', environment, facts);
  if (automatic && facts.isPullClosed) return end('closed', environment, facts);
  if (endsAt === null) return facts.scheduledEnd === null ? null : { kind: 'unschedule' };
  if (Date.parse(endsAt) + LATE_MS <= facts.now.getTime()) return end('time', environment, facts);
  const isScheduled = facts.scheduledEnd !== null && Date.parse(facts.scheduledEnd) === Date.parse(endsAt);
  // One whose time has just come is on its way, and in no list any more.
  if (Date.parse(endsAt) <= facts.now.getTime()) return null;
  if (!isScheduled) return { kind: 'schedule' };
  return facts.isWarningLost ? { kind: 'schedule-warning' } : null;
}

/** Once an hour: a destroy that cannot even begin is not tried every five minutes. */
function end(
  reason: DestroyRequest['reason'],
  { environment, createdAt, endsAt }: Ephemeral,
  { now }: Facts,
): Repair {
  const hour = now.toISOString().slice(0, 13);
  return {
    kind: 'end',
    reason,
    trigger: [environment, reason, createdAt, endsAt ?? 'never', hour].join('/'),
  };
}
