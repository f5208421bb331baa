import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../plans/canonical.ts';
import { planDigest } from '../plans/digest.ts';
import type { Change, Changes } from '../plans/plan.ts';

/**
 * What a project differs by, as 64 hex digits: the same as long as the same would be done about it. Drift is what
 * applying the last good commit again would change; what terraform reports as changed outside of it and would leave
 * as it is (an attribute that nobody configures, what a provider computes anew with each read) is none.
 *
 * Of what is changed only the attributes that differ count: others (a time, a tag of a version) change by
 * themselves, and the same drift would be told again and again.
 */
export function differenceDigest(changes: Changes): string {
  const resources = changes.resources.map((resource) => ({
    ...resource,
    change: differing(resource.change),
  }));
  const outputs = Object.entries(changes.outputs).map(([name, change]) => [name, differing(change)]);
  return planDigest({ ...changes, resources, outputs: Object.fromEntries(outputs), drift: [] });
}

function differing(change: Change): Change {
  const { before, after, after_unknown: unknown, before_sensitive: _, ...rest } = change;
  // What is to go tells all by its address.
  if (after === null || after === undefined) return { ...rest, after_unknown: unknown };
  if (!isRecord(before) || !isRecord(after))
    return isKnown(unknown) ? { ...rest, before, after } : { ...rest, after };
  const unknowns = isRecord(unknown) ? unknown : {};
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(unknowns)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]) || !isKnown(unknowns[key]),
  );
  return {
    ...rest,
    before: pick(
      before,
      // What it will be is not known, and what it is now may be another value each time.
      keys.filter((key) => isKnown(unknowns[key])),
    ),
    after: pick(after, keys),
    after_unknown: pick(unknowns, keys),
  };
}

function isKnown(unknown: unknown): boolean {
  return (
    unknown === undefined || unknown === false || (isRecord(unknown) && Object.keys(unknown).length === 0)
  );
}

function pick(of: Record<string, unknown>, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(of, key)).map((key) => [key, of[key]]));
}
