import { variantsOf } from './scrub-variants.ts';

export const MARK = '(sensitive)';

interface Matcher {
  /** Length in `text` of the longest secret that begins at `at`, 0 if none does. */
  longestAt(text: string, at: number): number;
}

/** A space of a secret may be a line break in a text that terraform wrapped; this much may stand for it. */
const WIDEST_SPACE = 24;

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

/**
 * Variants by their first three characters, then by length: a plan with thousands of sensitive values must not
 * cost a comparison with each of them at each character of its text.
 */
function createMatcher(secrets: readonly string[]): Matcher {
  const byHead = new Map<string, Map<number, Set<string>>>();
  const spaced = new Map<string, Set<string>>();
  const firsts = new Uint8Array(65536);
  for (const variant of new Set([...new Set(secrets)].flatMap(variantsOf))) {
    firsts[variant.charCodeAt(0)] = 1;
    const lengths = entry(byHead, variant.slice(0, 3), () => new Map<number, Set<string>>());
    entry(lengths, variant.length, () => new Set<string>()).add(variant);
    if (variant.includes(' ')) entry(spaced, variant.charAt(0), () => new Set<string>()).add(variant);
  }
  return {
    longestAt(text, at) {
      if (firsts[text.charCodeAt(at)] !== 1) return 0;
      let longest = 0;
      for (const [length, same] of byHead.get(text.slice(at, at + 3)) ?? []) {
        if (length > longest && same.has(text.slice(at, at + length))) longest = length;
      }
      for (const variant of spaced.get(text.charAt(at)) ?? []) {
        longest = Math.max(longest, wrappedLengthAt(text, at, variant));
      }
      return longest;
    },
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

/** How many characters of the text the variant takes at this place, wider spaces included; 0 if it is not there. */
function wrappedLengthAt(text: string, at: number, variant: string): number {
  let place = at;
  for (const word of variant.split(/ +/)) {
    if (place > at) {
      const gap = spaceAt(text, place);
      if (gap === 0) return 0;
      place += gap;
    }
    if (!text.startsWith(word, place)) return 0;
    place += word.length;
  }
  return place - at;
}

/** White space, with the bar that terraform draws beside its diagnostics. */
function spaceAt(text: string, at: number): number {
  let length = 0;
  while (length < WIDEST_SPACE && /[\s│]/.test(text.charAt(at + length))) length += 1;
  return length;
}
