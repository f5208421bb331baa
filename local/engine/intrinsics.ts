import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Expression, parseExpression, unescapeText } from './expression.ts';
import { TaskFailed } from './failure.ts';
import { isRecord, readPath, type Scope } from './paths.ts';

/** A payload template: keys that end in `.$` hold a path or an intrinsic, all else is copied. */
export function fillTemplate(template: unknown, scope: Scope): unknown {
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, scope));
  if (!isRecord(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), evaluateText(String(value), scope)]
        : [key, fillTemplate(value, scope)],
    ),
  );
}

/** A path (`$.a`) or an intrinsic (`States.Format('{}', $.a)`). */
export function evaluateText(text: string, scope: Scope): unknown {
  return evaluate(parseExpression(text), scope);
}

function evaluate(expression: Expression, scope: Scope): unknown {
  if (expression.kind === 'path') return readPath(expression.text, scope);
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'text') return unescapeText(expression.raw);
  if (expression.name === 'States.Format') return format(expression.arguments, scope);
  const values = expression.arguments.map((argument) => evaluate(argument, scope));
  return functions[expression.name]!(...values);
}

function format(args: Expression[], scope: Scope): string {
  const [template, ...rest] = args;
  const raw = template?.kind === 'text' ? template.raw : template && evaluate(template, scope);
  if (typeof raw !== 'string') throw failure('States.Format wants a string first.');
  const values = rest.map((argument) => evaluate(argument, scope));
  const filled = raw.replace(/\\(.)|\{\}/g, (whole, escaped: string | undefined) => {
    if (escaped !== undefined) return template?.kind === 'text' ? unescapeText(whole) : whole;
    if (values.length === 0) throw failure('States.Format has more {} than values.');
    const value = values.shift();
    if (typeof value === 'object' && value !== null) {
      throw failure('States.Format takes strings, numbers, booleans and null.');
    }
    return String(value);
  });
  if (values.length > 0) throw failure('States.Format has more values than {}.');
  return filled;
}

const functions: Record<string, (...values: unknown[]) => unknown> = {
  'States.Array': (...values) => values,
  'States.ArrayLength': (list) => array(list).length,
  'States.ArrayContains': (list, item) => array(list).some((each) => isDeepStrictEqual(each, item)),
  'States.ArrayRange': (first, last, step) => range(integer(first), integer(last), integer(step)),
  'States.ArrayPartition': (list, size) => partition(array(list), integer(size)),
  'States.JsonToString': (value) => JSON.stringify(value),
  'States.StringToJson': (text) => fromJson(string(text)),
  'States.MathAdd': (a, b) => integer(integer(a) + integer(b)),
  'States.Hash': (value, algorithm) => hash(value, string(algorithm)),
};

function range(first: number, last: number, step: number): number[] {
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  // NaN and Infinity come from a step of 0.
  if (!(step !== 0 && length <= 1000)) throw failure('States.ArrayRange gives at most 1,000 numbers.');
  return Array.from({ length }, (_, index) => first + index * step);
}

function partition(list: unknown[], size: number): unknown[][] {
  if (size < 1) throw failure('States.ArrayPartition wants a size of at least 1.');
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, i * size + size),
  );
}

const algorithms: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function hash(value: unknown, algorithm: string): string {
  const name = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (name === undefined) throw failure(`States.Hash knows ${Object.keys(algorithms).join(', ')}.`);
  if (text.length > 10_000) throw failure('States.Hash takes at most 10,000 characters.');
  return createHash(name).update(text).digest('hex');
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failure('States.StringToJson: the text is not JSON.');
  }
}

function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw failure('An intrinsic wants an array.');
  return value;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw failure('An intrinsic wants a string.');
  return value;
}

/** 32 bits, as Step Functions has them. */
function integer(value: unknown): number {
  if (typeof value !== 'number' || (value | 0) !== value)
    throw failure('An intrinsic wants a 32-bit integer.');
  return value;
}

function failure(cause: string): TaskFailed {
  return new TaskFailed('States.IntrinsicFailure', cause);
}
