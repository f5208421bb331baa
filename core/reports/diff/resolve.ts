import { canonical, isRecord } from '../../plans/canonical.ts';
import type { Hidden } from '../../plans/plan.ts';

/** Stands in a value where terraform says `(known after apply)`; told apart by identity. */
export const UNKNOWN: unknown = Object.freeze({ '\u0000unknown': true });

export function isHidden(value: unknown): value is Hidden {
  return isRecord(value) && typeof value['$sensitive'] === 'string';
}

/** A text that holds a secret, as the text that may be read; any other value as it is. */
export function readable(value: unknown): unknown {
  return isHidden(value) && typeof value.text === 'string' ? value.text : value;
}

/**
 * A value with its masks laid over it: `UNKNOWN` and `Hidden` stand in it. Sensitive values were taken out
 * long before; should one have slipped through, its mask still keeps it from being shown.
 */
export function resolve(value: unknown, sensitive: unknown, unknown: unknown): unknown {
  if (unknown === true) return UNKNOWN;
  if (sensitive === true) {
    if (value === undefined || value === null || isHidden(value)) return value;
    return { $sensitive: canonical(value) } satisfies Hidden;
  }
  if (isHidden(value) || (!says(sensitive) && !says(unknown))) return value;
  if (Array.isArray(value) || (value == null && Array.isArray(unknown))) {
    const list = Array.isArray(value) ? value : [];
    const length = Math.max(list.length, Array.isArray(unknown) ? unknown.length : 0);
    return Array.from({ length }, (_, i) => resolve(list[i], at(sensitive, i), at(unknown, i)));
  }
  if (isRecord(value) || (value == null && isRecord(unknown))) {
    const record = isRecord(value) ? value : {};
    const keys = new Set([...Object.keys(record), ...(isRecord(unknown) ? Object.keys(unknown) : [])]);
    const resolved: [string, unknown][] = [];
    for (const key of keys) {
      const item = resolve(at(record, key), at(sensitive, key), at(unknown, key));
      if (item !== undefined) resolved.push([key, item]);
    }
    // fromEntries defines its keys: one called `__proto__` is a key like any other.
    return Object.fromEntries(resolved);
  }
  return value;
}

/** Whether a mask marks anything: most are `{}` or `false` all the way down. */
function says(mask: unknown): boolean {
  if (mask === true) return true;
  if (Array.isArray(mask)) return mask.some(says);
  if (!isRecord(mask)) return false;
  for (const key in mask) if (says(mask[key])) return true;
  return false;
}

function at(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
