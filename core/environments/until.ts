import { parseMoment, parseTtl } from '../ephemeral/times.ts';
import { InvalidInput } from '../errors.ts';

/** When a freeze ends: a moment in ISO 8601 with its zone, or a time from now such as `3d`. Throws InvalidInput. */
export function untilOf(text: string, now: Date): Date {
  const isLength = /^[+-]?[\d.]+\s*[a-z]*$/i.test(text);
  const until = isLength ? new Date(now.getTime() + parseTtl(text) * 1000) : parseMoment(text, now);
  if (until > now) return until;
  throw new InvalidInput(
    `"${text}" has passed: name a later moment, or how long it is frozen from now, such as 3d.`,
  );
}
