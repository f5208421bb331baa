import { variantsOf } from './scrub-variants.ts';

export const MARK = '(sensitive)';

interface Matcher {
  /** Length in `text` of the longest secret that begins at `at`, 0 if none does. */
  longestAt(text: string, at: number): number;
}

/** A space of a secret may be a line break in a text that terraform wrapped; this much may stand for it. */
const WIDEST_SPACE = 24;
const SPACE = /[\s│]/;
const SPACES = /[\s│]+/;

/** Characters by which variants are looked up. */
const HEAD = 3;

/**
 * Replaces every occurrence of the secrets, in any of their forms, by `(sensitive)`. Occurrences that
 * overlap are taken out as one, so that no piece of either stays.
 */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const matcher = createMatcher(secrets);
  return (text) => {
    const parts: string[] = [];
    // End of the matches so far: what they cover is not shown.
    let covered = 0;
    for (let at = 0; at < text.length; at += 1) {
      const length = matcher.longestAt(text, at);
      if (length === 0) continue;
      if (at >= covered) parts.push(text.slice(covered, at), MARK);
      covered = Math.max(covered, at + length);
    }
    parts.push(text.slice(covered));
    return parts.join('');
  };
}

/** Variants that begin with the same three characters, by length. */
type Lengths = Map<number, Set<string>>;

/** Variants with white space in them, word by word: what may follow the words so far. */
interface Words {
  next: Map<string, Words>;
  /** Last words: what comes after them in a text is not theirs. */
  last: Lengths;
  /** Length of the longest word in `next`. */
  longest: number;
}

/**
 * Variants by their first three characters, then by length; those with spaces by their words as well: a plan with
 * thousands of sensitive values, or one of thousands of lines, must not cost a comparison with each of them at each
 * character of its text.
 */
function createMatcher(secrets: readonly string[]): Matcher {
  const byHead = new Map<string, Lengths>();
  const wrapped = new Map<string, Words>();
  const firsts = new Uint8Array(65536);
  for (const variant of new Set([...new Set(secrets)].flatMap(variantsOf))) {
    firsts[variant.charCodeAt(0)] = 1;
    addTo(
      entry(byHead, variant.slice(0, HEAD), () => new Map()),
      variant,
    );
    const words = variant.split(SPACES);
    // By less where the first word is shorter: another space than its own may stand behind it in a text.
    if (words.length > 1) addWords(entry(wrapped, words[0]?.slice(0, HEAD) ?? '', noWords), words);
  }
  return {
    longestAt(text, at) {
      if (firsts[text.charCodeAt(at)] !== 1) return 0;
      let longest = longestOf(byHead.get(text.slice(at, at + HEAD)), text, at);
      for (let size = 1; size <= HEAD; size += 1) {
        const words = wrapped.get(text.slice(at, at + size));
        if (words) longest = Math.max(longest, wrappedLengthAt(text, at, words));
      }
      return longest;
    },
  };
}

function noWords(): Words {
  return { next: new Map(), last: new Map(), longest: 0 };
}

function addTo(lengths: Lengths, variant: string): void {
  entry(lengths, variant.length, () => new Set<string>()).add(variant);
}

function addWords(root: Words, words: readonly string[]): void {
  let at = root;
  for (const word of words.slice(0, -1)) {
    at.longest = Math.max(at.longest, word.length);
    at = entry(at.next, word, noWords);
  }
  addTo(at.last, words.at(-1) ?? '');
}

function longestOf(lengths: Lengths | undefined, text: string, at: number): number {
  let longest = 0;
  for (const [length, same] of lengths ?? []) {
    if (length > longest && same.has(text.slice(at, at + length))) longest = length;
  }
  return longest;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

/** How many characters of the text such a variant takes at this place, wider spaces included; 0 if none is there. */
function wrappedLengthAt(text: string, at: number, root: Words): number {
  let longest = 0;
  let place = at;
  for (let words: Words | undefined = root; words; ) {
    const last = longestOf(words.last, text, place);
    if (last > 0) longest = place + last - at;
    const end = endOfWord(text, place, words.longest);
    const gap = spaceAt(text, end);
    if (gap === 0) break;
    words = words.next.get(text.slice(place, end));
    place = end + gap;
  }
  return longest;
}

function endOfWord(text: string, at: number, most: number): number {
  let end = at;
  while (end < text.length && end - at < most && !SPACE.test(text.charAt(end))) end += 1;
  return end;
}

/** White space, with the bar that terraform draws beside its diagnostics. */
function spaceAt(text: string, at: number): number {
  let length = 0;
  while (length < WIDEST_SPACE && SPACE.test(text.charAt(at + length))) length += 1;
  return length;
}
