import { runtimeError, TaskFailed } from './failure.ts';

/** What a path reads from: `$` is the state's data, `$$` the context object. */
export interface Scope {
  data: unknown;
  context: unknown;
}

interface Path {
  text: string;
  root: '$' | '$$';
  keys: (string | number)[];
}

const shape = /^(\$\$?)((?:\.[A-Za-z_][\w-]*|\[\d+\])*)$/;
const parsed = new Map<string, Path>();

/** `$`, `$.a.b`, `$.a[0]`, and the same with `$$`: no wildcards, filters, slices or `..`. */
export function parsePath(text: string): Path {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const match = shape.exec(text);
  if (match === null) throw runtimeError(`'${text}' is not a path of the form $.a.b or $.a[0].`);
  const keys = [...match[2]!.matchAll(/\.([\w-]+)|\[(\d+)\]/g)].map(
    ([, name, index]) => name ?? Number(index),
  );
  const path: Path = { text, root: match[1] === '$$' ? '$$' : '$', keys };
  parsed.set(text, path);
  return path;
}

type Found = { found: true; value: unknown } | { found: false };

export function lookUp(text: string, scope: Scope): Found {
  const path = parsePath(text);
  let value = path.root === '$$' ? scope.context : scope.data;
  for (const key of path.keys) {
    const holder = typeof key === 'number' ? Array.isArray(value) : isRecord(value);
    if (!holder || !Object.hasOwn(value as object, key)) return { found: false };
    value = (value as Record<string | number, unknown>)[key];
  }
  return { found: true, value };
}

/** Throws States.Runtime for a missing path. */
export function readPath(text: string, scope: Scope): unknown {
  const found = lookUp(text, scope);
  if (!found.found) throw runtimeError(`The path '${text}' is not in the data.`);
  return found.value;
}

/** InputPath and OutputPath: absent means `$`, null means an empty object. */
export function selectPath(text: string | null | undefined, scope: Scope): unknown {
  if (text === null) return {};
  return text === undefined ? scope.data : readPath(text, scope);
}

/** ResultPath: absent means `$`, null drops the result. The input is not changed. */
export function writePath(text: string | null | undefined, input: unknown, result: unknown): unknown {
  if (text === null) return input;
  if (text === undefined) return result;
  return place(input, parsePath(text).keys, result, text);
}

function place(target: unknown, keys: (string | number)[], value: unknown, text: string): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (typeof key === 'number' || !isRecord(target)) {
    throw new TaskFailed('States.ResultPathMatchFailure', `'${text}' does not fit into the input.`);
  }
  const inner = rest.length > 0 && !Object.hasOwn(target, key) ? {} : target[key];
  return { ...target, [key]: place(inner, rest, value, text) };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
