/**
 * What IAM would answer, for the part of its language that Cairn's policies use. Anything else throws: a
 * condition that is not understood must not pass for one that holds.
 */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

export interface Ask {
  action: string;
  resource: string;
  /** Condition keys that the request carries; `s3:if-none-match` for one. */
  context?: Record<string, string | string[]>;
}

export function allowed(policy: readonly Statement[], ask: Ask): boolean {
  const fitting = policy.filter((statement) => fits(statement, ask));
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny');
}

function fits(
  { Action, Resource, Condition = {} }: Statement,
  { action, resource, context = {} }: Ask,
): boolean {
  return (
    Action.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
    Resource.some((pattern) => like(pattern, resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, list(wanted), context[key])),
    )
  );
}

function holds(operator: string, wanted: string[], given: string | string[] | undefined): boolean {
  switch (operator) {
    case 'Null':
      return wanted[0] === String(given === undefined);
    case 'Bool':
    case 'ArnEquals':
    case 'StringEquals':
      // Of several values one is enough.
      return list(given ?? []).some((value) => wanted.includes(value));
    case 'StringLike':
    case 'ArnLike':
      return given !== undefined && wanted.some((pattern) => like(pattern, one(given)));
    case 'StringLikeIfExists':
      return given === undefined || wanted.some((pattern) => like(pattern, one(given)));
    case 'ForAllValues:StringLike':
      return list(given ?? []).every((value) => wanted.some((pattern) => like(pattern, value)));
    case 'ForAllValues:StringEquals':
      return list(given ?? []).every((value) => wanted.includes(value));
    default:
      throw new Error(`the simulator does not know the operator ${operator}`);
  }
}

/** `*` is any text, `/` included; `?` one character. */
export function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function one(value: string | string[]): string {
  if (typeof value === 'string') return value;
  throw new Error('a key with several values needs ForAllValues');
}

export function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}
