import { variantsOf } from './scrub-variants.ts';

export const MARK = '(sensitive)';

export interface StreamScrubber {
  /** Answers what can be shown so far; a tail that may be the beginning of a secret is held back. */
  push(chunk: string): string;
  /** The rest. */
  end(): string;
}

interface Matcher {
  /** Length in `text` of the longest secret that begins at `at`, 0 if none does. */
  longestAt(text: string, at: number): number;
  /** No match is longer. */
  window: number;
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
    const scan = createScan(matcher);
    return scan(text, text.length);
  };
}

export function createStreamScrubber(secrets: readonly string[]): StreamScrubber {
  const matcher = createMatcher(secrets);
  const scan = createScan(matcher);
  let held = '';
  return {
    push(chunk) {
      held += chunk;
      // A position is decided once the longest match that could begin there is in sight.
      const until = Math.max(0, held.length - matcher.window);
      const shown = scan(held, until);
      held = held.slice(until);
      return shown;
    },
    end() {
      const shown = scan(held, held.length);
      held = '';
      return shown;
    },
  };
}

/** Scans a text from its beginning up to `until`; a match may reach beyond, the next call knows of it. */
function createScan(matcher: Matcher): (text: string, until: number) => string {
  let covered = 0;
  return (text, until) => {
    const parts: string[] = [];
    let shown = Math.min(covered, until);
    for (let at = 0; at < until; at += 1) {
      const length = matcher.longestAt(text, at);
      if (length === 0) continue;
      if (at >= covered) {
        parts.push(text.slice(shown, at), MARK);
        covered = at;
      }
      covered = Math.max(covered, at + length);
      shown = Math.min(covered, until);
    }
    parts.push(text.slice(shown, until));
    covered = Math.max(0, covered - until);
    return parts.join('');
  };
}

/**
 * Variants by their first three characters: a plan with thousands of sensitive values must not cost a
 * comparison with each of them at each character of its text.
 */
function createMatcher(secrets: readonly string[]): Matcher {
  const byHead = new Map<string, Set<string>>();
  const spaced = new Set<string>();
  const firsts = new Uint8Array(65536);
  let window = 0;
  for (const secret of new Set(secrets)) {
    for (const variant of variantsOf(secret)) {
      firsts[variant.charCodeAt(0)] = 1;
      window = Math.max(window, widest(variant));
      const head = variant.slice(0, 3);
      if (head.includes(' ')) spaced.add(variant);
      else byHead.set(head, (byHead.get(head) ?? new Set()).add(variant));
    }
  }
  return {
    window,
    longestAt(text, at) {
      if (firsts[text.charCodeAt(at)] !== 1) return 0;
      let longest = 0;
      const same = byHead.get(text.slice(at, at + 3));
      if (same) for (const variant of same) longest = Math.max(longest, lengthAt(text, at, variant));
      for (const variant of spaced) longest = Math.max(longest, lengthAt(text, at, variant));
      return longest;
    },
  };
}

function widest(variant: string): number {
  return variant.length + (variant.split(' ').length - 1) * WIDEST_SPACE;
}

/** How many characters of the text the variant takes at this place; 0 if it is not there. */
function lengthAt(text: string, at: number, variant: string): number {
  if (text.startsWith(variant, at)) return variant.length;
  if (!variant.includes(' ')) return 0;
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
