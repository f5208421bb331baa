import { runtimeError } from './failure.ts';
import { lookUp, readPath, type Scope } from './paths.ts';

/** One rule of a Choice state, with `Next` at the top. */
export type Rule = { [operator: string]: unknown };

const comparisons: Record<string, (order: number) => boolean> = {
  Equals: (order) => order === 0,
  LessThan: (order) => order < 0,
  GreaterThan: (order) => order > 0,
  LessThanEquals: (order) => order <= 0,
  GreaterThanEquals: (order) => order >= 0,
};

type Kind = 'String' | 'Numeric' | 'Boolean' | 'Timestamp';

const comparison =
  /^(String|Numeric|Boolean|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)(Path)?$/;

const typeChecks: Record<string, (value: unknown) => boolean> = {
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => comparable('Timestamp', value) !== undefined,
};

export function isOperator(name: string): boolean {
  return (
    name === 'IsPresent' || name === 'StringMatches' || Object.hasOwn(typeChecks, name) || isComparison(name)
  );
}

function isComparison(name: string): boolean {
  const match = comparison.exec(name);
  return match !== null && (match[1] !== 'Boolean' || match[2] === 'Equals');
}

/** Throws States.Runtime where a variable is missing that no IsPresent asked for first. */
export function matches(rule: Rule, scope: Scope): boolean {
  if (rule['And'] !== undefined) return (rule['And'] as Rule[]).every((part) => matches(part, scope));
  if (rule['Or'] !== undefined) return (rule['Or'] as Rule[]).some((part) => matches(part, scope));
  if (rule['Not'] !== undefined) return !matches(rule['Not'] as Rule, scope);

  const [operator, operand] = operation(rule);
  const variable = String(rule['Variable']);
  if (operator === 'IsPresent') return lookUp(variable, scope).found === operand;

  const value = readPath(variable, scope);
  const typeCheck = typeChecks[operator];
  if (typeCheck !== undefined) return typeCheck(value) === operand;
  if (operator === 'StringMatches')
    return typeof value === 'string' && matchesPattern(String(operand), value);
  return compare(operator, value, operand, scope);
}

function operation(rule: Rule): [string, unknown] {
  const found = Object.entries(rule).find(([name]) => isOperator(name));
  if (found === undefined) throw runtimeError(`A choice rule has no operator: ${JSON.stringify(rule)}.`);
  return found;
}

/** Values of another type than the operator's never match. */
function compare(operator: string, value: unknown, operand: unknown, scope: Scope): boolean {
  const [, kind, relation, path] = comparison.exec(operator)!;
  const left = comparable(kind as Kind, value);
  const right = comparable(kind as Kind, path === undefined ? operand : readPath(String(operand), scope));
  if (left === undefined || right === undefined) return false;
  const order = left === right ? 0 : left < right ? -1 : 1;
  return comparisons[relation!]!(order);
}

function comparable(kind: Kind, value: unknown): string | number | boolean | undefined {
  if (kind === 'String' && typeof value === 'string') return value;
  if (kind === 'Numeric' && typeof value === 'number') return value;
  if (kind === 'Boolean' && typeof value === 'boolean') return value;
  if (kind === 'Timestamp' && typeof value === 'string') return parseTimestamp(value);
  return undefined;
}

/** RFC 3339 with an upper case T and Z, as Step Functions wants it; milliseconds since 1970. */
export function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** `*` stands for any characters, `\*` for a star. Each part is taken at its first place: linear, no regex. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts: string[] = [];
  let part = '';
  for (const [piece] of pattern.matchAll(/\\[\\*]|[\s\S]/g)) {
    if (piece === '*') {
      parts.push(part);
      part = '';
    } else {
      part += piece.length === 2 ? piece[1] : piece;
    }
  }
  parts.push(part);
  if (parts.length === 1) return text === parts[0];
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (text.length < first.length + last.length) return false;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const middle of parts.slice(1, -1)) {
    const found = text.indexOf(middle, at);
    if (found === -1 || found + middle.length > end) return false;
    at = found + middle.length;
  }
  return true;
}
