import type { EphemeralConfig } from '../config/types.ts';
import type { EphemeralRequest } from '../requests/request.ts';
import { endFrom, type Wish } from './times.ts';

/**
 * When an environment that is made or updated now ends: when it was asked for, else after its usual time. Without
 * being asked nobody brings an end nearer that somebody has put later, as far as that is still allowed. Throws
 * InvalidInput for what may not be.
 *
 * `former`: its end by now; absent for one that is made anew.
 */
export function launchEnd(
  { ttl }: Pick<EphemeralRequest, 'ttl'>,
  rules: Pick<EphemeralConfig, 'ttl' | 'maxTtl' | 'allowNever'>,
  now: Date,
  former?: string | null,
): string | null {
  const { maxTtl, allowNever } = rules;
  const lifetime = { now, startedAt: now.toISOString(), maxTtl, allowNever };
  if (ttl !== undefined) return endFrom(launchWish(ttl), lifetime).endsAt;
  const { endsAt } = endFrom({ ttl: rules.ttl }, lifetime);
  if (former === undefined || endsAt === null || (former !== null && former <= endsAt)) return endsAt;
  if (former === null && allowNever) return null;
  // What may be may have become less since it was put there.
  const { endsAt: latest } = endFrom({ ttl: maxTtl }, lifetime);
  return former === null || (latest !== null && latest < former) ? latest : former;
}

/** A launch has one field for both: how long, or until when. */
export function launchWish(ttl: string): Wish {
  return ttl === 'never' || /^\d{4}-/.test(ttl) ? { at: ttl } : { ttl };
}
