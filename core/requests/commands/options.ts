import type { Problem } from './types.ts';
import { quote, wrong } from './words.ts';

interface Option {
  /** It stands alone: `--retry`. Else a value follows: `--ttl 8h`, `--ttl=8h`. */
  flag?: true;
  /** It may be given several times. */
  many?: true;
  /** It may also be written without dashes: `ttl=8h`. */
  bare?: true;
}

interface Read<Name extends string> {
  /** What was given, by option; a flag that was given is `['']`. */
  given: Partial<Record<Name, string[]>>;
  /** The other words, in their order. */
  rest: string[];
}

/** A map, since a word may be the name of anything that every object has. */
const SHORT = new Map([
  ['-p', '--project'],
  ['-e', '--environment'],
]);

/** Takes a command's options out of its words. What looks like an option and is none is a problem. */
export function readOptions<Name extends string>(
  words: string[],
  options: Record<Name, Option>,
): Read<Name> | Problem {
  const given: Partial<Record<Name, string[]>> = {};
  const rest: string[] = [];
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const { name, value } = nameOf(word, options);
    if (name === null) {
      if (word.startsWith('-')) return wrong(`It does not know ${quote(word)}.`);
      rest.push(word);
      continue;
    }
    const { flag, many } = options[name];
    if (flag && value !== null) return wrong(`${quote(word)} takes no value.`);
    const text = flag ? '' : (value ?? queue.shift() ?? '');
    if (!flag && (text === '' || (value === null && text.startsWith('-')))) {
      return wrong(`${quote(word)} needs a value behind it.`);
    }
    const before = given[name] ?? [];
    if (before.length > 0 && !many) return wrong(`${quote(word)} says again what was said before.`);
    given[name] = [...before, text];
  }
  return { given, rest };
}

/** Which option a word is, with the value that it holds itself. */
function nameOf<Name extends string>(
  word: string,
  options: Record<Name, Option>,
): { name: Name | null; value: string | null } {
  const [, before = word, value = null] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
  const long = SHORT.get(before) ?? before;
  const name = long.replace(/^--/, '');
  const none = { name: null, value: null };
  if (!Object.hasOwn(options, name)) return none;
  const known = name as Name;
  if (long.startsWith('--')) return { name: known, value };
  return options[known].bare && value !== null ? { name: known, value } : none;
}
