import { runtimeError, TaskFailed } from './failure.ts';
import { parsePath } from './paths.ts';

export type Expression =
  | { kind: 'path'; text: string }
  | { kind: 'literal'; value: number | boolean | null }
  /** A quoted text as written: its escapes mean something else in States.Format than elsewhere. */
  | { kind: 'text'; raw: string }
  | { kind: 'call'; name: string; arguments: Expression[] };

/** Intrinsics with the least and the most arguments they take. */
const INTRINSICS: Record<string, readonly [number, number]> = {
  'States.Format': [1, 1000],
  'States.Array': [0, 1000],
  'States.ArrayLength': [1, 1],
  'States.ArrayContains': [2, 2],
  'States.ArrayRange': [3, 3],
  'States.ArrayPartition': [2, 2],
  'States.JsonToString': [1, 1],
  'States.StringToJson': [1, 1],
  'States.MathAdd': [2, 2],
  'States.Hash': [2, 2],
};

const parsed = new Map<string, Expression>();

/** A path or an intrinsic; throws States.Runtime with what is wrong. */
export function parseExpression(text: string): Expression {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const expression = text.startsWith('$') ? pathExpression(text) : parseWholeCall(text);
  parsed.set(text, expression);
  return expression;
}

function pathExpression(text: string): Expression {
  parsePath(text);
  return { kind: 'path', text };
}

function parseWholeCall(text: string): Expression {
  const [expression, end] = parseCall(text, 0);
  if (end !== text.length) throw malformed(text, end);
  return expression;
}

function parseCall(text: string, start: number): [Expression, number] {
  const name = /^States\.\w+/.exec(text.slice(start))?.[0];
  if (name === undefined) throw malformed(text, start);
  const arity = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined;
  if (arity === undefined)
    throw runtimeError(`${name} in '${text}' is not among: ${Object.keys(INTRINSICS)}.`);
  let at = start + name.length;
  if (text[at] !== '(') throw malformed(text, at);
  const args: Expression[] = [];
  at = skipSpace(text, at + 1);
  while (text[at] !== ')') {
    const [argument, end] = parseArgument(text, at);
    args.push(argument);
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
    else if (text[at] !== ')') throw malformed(text, at);
    if (text[at] === ')' && /,\s*$/.test(text.slice(0, at))) throw malformed(text, at);
  }
  if (args.length < arity[0] || args.length > arity[1]) {
    throw runtimeError(
      `${name} in '${text}' takes ${arity[0]} to ${arity[1]} arguments, not ${args.length}.`,
    );
  }
  return [{ kind: 'call', name, arguments: args }, at + 1];
}

function parseArgument(text: string, at: number): [Expression, number] {
  if (text[at] === "'") return parseText(text, at);
  if (text.startsWith('States.', at)) return parseCall(text, at);
  const word = /^[^\s,()']+/.exec(text.slice(at))?.[0];
  if (word === undefined) throw malformed(text, at);
  const end = at + word.length;
  if (word.startsWith('$')) return [pathExpression(word), end];
  if (!/^(null|true|false|-?\d+(\.\d+)?)$/.test(word)) throw malformed(text, at);
  return [{ kind: 'literal', value: JSON.parse(word) as number | boolean | null }, end];
}

function parseText(text: string, start: number): [Expression, number] {
  let at = start + 1;
  while (at < text.length && text[at] !== "'") at += text[at] === '\\' ? 2 : 1;
  if (at >= text.length) throw malformed(text, start);
  return [{ kind: 'text', raw: text.slice(start + 1, at) }, at + 1];
}

/** `\'`, `\{`, `\}` and `\\` stand for the character itself; other escapes are an error, as on AWS. */
export function unescapeText(raw: string): string {
  return raw.replace(/\\(.?)/gs, (whole, character: string) => {
    if (character !== '' && "'{}\\".includes(character)) return character;
    throw new TaskFailed('States.IntrinsicFailure', `'${whole}' is no escape that intrinsics know.`);
  });
}

function skipSpace(text: string, at: number): number {
  let end = at;
  while (text[end] === ' ') end += 1;
  return end;
}

function malformed(text: string, at: number): TaskFailed {
  return runtimeError(`'${text}' is neither a path nor an intrinsic (character ${at + 1}).`);
}
