import { identity, kindOf, moved } from './actions.ts';
import { canonical, isRecord } from './canonical.ts';
import type { Change, Changes, ResourceChange } from './plan.ts';

type Refinement = { ok: true } | { ok: false; differences: string[] };

/** Differences named within one object; more would not be read. */
const NAMED = 5;

/**
 * Whether `now` differs from the approved plan solely where that one said `(known after apply)`. Then what
 * people approved is still what happens, and the deploy goes on without asking again. In doubt it asks.
 */
export function onlyRefines(approved: Changes, now: Changes): Refinement {
  const differences = [...resourceDifferences(approved, now), ...outputDifferences(approved, now)];
  return differences.length === 0 ? { ok: true } : { ok: false, differences };
}

function resourceDifferences(approved: Changes, now: Changes): string[] {
  const before = new Map(approved.resources.map((resource) => [identity(resource), resource]));
  const after = new Map(now.resources.map((resource) => [identity(resource), resource]));
  const differences: string[] = [];
  for (const [name, resource] of before) {
    const next = after.get(name);
    differences.push(
      ...(next
        ? compareResource(name, resource, next)
        : [`${name} was to be ${done(resource)}; now nothing happens to it.`]),
    );
  }
  for (const [name, resource] of after) {
    if (!before.has(name))
      differences.push(`${name} will be ${done(resource)}; the approved plan did not touch it.`);
  }
  return differences;
}

function compareResource(name: string, approved: ResourceChange, now: ResourceChange): string[] {
  if (canonical(approved.change.actions) !== canonical(now.change.actions)) {
    return [`${name} was to be ${done(approved)}; now it will be ${done(now)}.`];
  }
  const differences: string[] = [];
  if (approved.previous_address !== now.previous_address) {
    differences.push(`${name} is moved from another address than was approved.`);
  }
  // An import id that was not known yet has no `id` in the plan.
  const [id, nextId] = [approved.change.importing?.id, now.change.importing?.id];
  if (!approved.change.importing !== !now.change.importing || (id !== undefined && id !== nextId)) {
    differences.push(`${name} is imported from another id than was approved.`);
  }
  if (approved.provider_name !== now.provider_name) {
    differences.push(`${name} now belongs to the provider ${now.provider_name}.`);
  }
  return [...differences, ...compareChange(name, approved.change, now.change)];
}

function outputDifferences(approved: Changes, now: Changes): string[] {
  const names = new Set([...Object.keys(approved.outputs), ...Object.keys(now.outputs)]);
  return [...names].sort().flatMap((name) => {
    const [was, is] = [approved.outputs[name], now.outputs[name]];
    if (!is || kindOf(is) === 'none') {
      // It was not known, and came out as it was: then terraform leaves it out.
      return !was || was.after_unknown === true || kindOf(was) === 'none'
        ? []
        : [`The output ${name} was to change; now it stays as it is.`];
    }
    if (!was || kindOf(was) === 'none')
      return [`The output ${name} changes; the approved plan did not touch it.`];
    if (kindOf(was) !== kindOf(is)) return [`The output ${name} changes in another way than was approved.`];
    return compareChange(`The output ${name}`, was, is);
  });
}

function compareChange(name: string, approved: Change, now: Change): string[] {
  if (canonical(approved.before) !== canonical(now.before)) {
    return [`${name} is not what it was when the plan was approved: it has changed since.`];
  }
  const paths: string[] = [];
  compareValue('', side(approved), side(now), paths);
  const named = paths
    .slice(0, NAMED)
    .map((path) => `${name}${path === '' ? '' : `: ${path}`} will not be as it was approved.`);
  const more = paths.length - NAMED;
  return more > 0 ? [...named, `${name} differs in ${more} more places.`] : named;
}

/** A value as planned, and where it is not known yet. */
interface Side {
  value: unknown;
  unknown: unknown;
}

function side(change: Change): Side {
  return { value: change.after, unknown: change.after_unknown };
}

function compareValue(path: string, approved: Side, now: Side, paths: string[]): void {
  if (approved.unknown === true) return;
  if (now.unknown === true) {
    paths.push(path);
    return;
  }
  // Where nothing is unknown a comparison of the text will do, and a hidden value is its hash.
  if (!hasUnknown(approved.unknown) && !hasUnknown(now.unknown)) {
    if (canonical(approved.value) === canonical(now.value)) return;
  }
  const keys = keysOf(approved, now);
  if (keys === null) {
    if (canonical(approved.value) !== canonical(now.value)) paths.push(path);
    return;
  }
  for (const key of keys) {
    const step = typeof key === 'number' ? `[${key}]` : path === '' ? key : `.${key}`;
    compareValue(path + step, child(approved, key), child(now, key), paths);
  }
}

/** Keys to go down into, or null if the two sides are not of one shape. */
function keysOf(a: Side, b: Side): (string | number)[] | null {
  if (Array.isArray(a.value) && Array.isArray(b.value)) {
    return a.value.length === b.value.length ? a.value.map((_, index) => index) : null;
  }
  if (!isRecord(a.value) || !isRecord(b.value) || '$sensitive' in a.value || '$sensitive' in b.value)
    return null;
  const parts = [a.value, b.value, a.unknown, b.unknown].filter(isRecord);
  return [...new Set(parts.flatMap((part) => Object.keys(part)))].sort();
}

function child({ value, unknown }: Side, key: string | number): Side {
  return { value: at(value, key), unknown: at(unknown, key) };
}

function at(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function hasUnknown(mask: unknown): boolean {
  if (mask === true) return true;
  if (Array.isArray(mask)) return mask.some(hasUnknown);
  return isRecord(mask) && Object.values(mask).some(hasUnknown);
}

function done(resource: ResourceChange): string {
  const words = {
    create: 'created',
    update: 'updated in-place',
    replace: 'replaced',
    delete: 'destroyed',
    forget: 'forgotten',
    read: 'read',
    none: resource.change.importing ? 'imported' : moved(resource) ? 'moved' : 'left as it is',
  };
  return words[kindOf(resource.change)];
}
