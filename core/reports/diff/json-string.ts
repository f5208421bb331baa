import { isRecord } from '../../plans/canonical.ts';

/** Characters that terraform's `jsonencode` writes as escapes and JavaScript's does not. */
const ESCAPES: Record<string, string> = {
  '003c': '<',
  '003e': '>',
  '0026': '&',
  '2028': '\u2028',
  '2029': '\u2029',
};

/**
 * The object or array that a string holds as JSON, or undefined. A text that says more than its parsed
 * value (a key twice, a number too long for a double) is undefined too: its differences would be lost.
 */
export function parseJsonString(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return undefined;
  // Sixteen digits and more do not all survive a double.
  if (/\d{16}/.test(text)) return undefined;
  if (depthOf(text) > DEEPEST) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const holds = Array.isArray(value) ? value.length > 0 : isRecord(value) && Object.keys(value).length > 0;
    return holds && JSON.stringify(value).length === compact(text).length ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Deeper JSON is shown as a string: its indentation alone would fill the comment. */
const DEEPEST = 50;

/** Brackets within brackets; those within strings count too, which errs on the safe side. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The text without the white space between its tokens, and with as few escapes as JavaScript writes. */
function compact(text: string): string {
  return text
    .replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
    .replace(/\\u(003[ce]|0026|202[89])/gi, (_, code: string) => ESCAPES[code.toLowerCase()] ?? '');
}
