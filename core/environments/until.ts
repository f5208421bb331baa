import { parseMoment, parseTtl } from '../ephemeral/times.ts';
import { InvalidInput } from '../errors.ts';

/** When a freeze ends: a moment in ISO 8601 with its zone, or a time from now such as `3d`. Throws InvalidInput. */
export function untilOf(text: string, now: Date): Date {
  const isMoment = /^\d{4}-|T/.test(text);
  const until = isMoment ? parseMoment(text, now) : new Date(now.getTime() + parseTtl(text) * 1000);
  if (until > now) return until;
  throw new InvalidInput(
    `"${text}" has passed: name a later moment, or how long it is frozen from now, such as 3d.`,
  );
}
