import { fenced, fenceOf } from './markdown.ts';
import { safeCut } from './text.ts';

/** GitHub's limit of a comment, in characters. UTF-16 units are counted: never fewer than characters. */
export const COMMENT_LIMIT = 65_536;
/** GitHub's limit of a check's summary. */
export const CHECK_LIMIT = 65_535;

/** The longest beginning of `text` within `limit`: whole lines if one fits, never half a character. */
export function cut(text: string, limit: number): { head: string; rest: string } {
  if (text.length <= limit) return { head: text, rest: '' };
  const line = text.lastIndexOf('\n', limit - 1) + 1;
  const at = line > 0 ? line : safeCut(text, limit);
  return { head: text.slice(0, at), rest: text.slice(at) };
}

interface Part {
  /** Joined, the parts' texts are the input. */
  text: string;
  /** The text in its fence: at most `limit` characters. */
  markdown: string;
}

/** A body in as many fences as it takes, each within `limit`. No part if not even a fence fits. */
export function splitFenced(body: string, language: string, limit: number): Part[] {
  const fence = fenceOf(body);
  // Two line feeds, and the two spaces of a line that goes on.
  const room = limit - 2 * fence.length - language.length - 4;
  // A pair of surrogates is the smallest thing that is not cut.
  if (room < 2) return [];
  const parts: Part[] = [];
  let inLine = false;
  for (let rest = body; rest !== '' || parts.length === 0; ) {
    const { head, rest: next } = cut(rest, room);
    // What continues a line must not have its first character taken for a marker.
    parts.push({ text: head, markdown: fenced(inLine ? `  ${head}` : head, language, fence) });
    inLine = !head.endsWith('\n');
    rest = next;
  }
  return parts;
}

export function countLines(text: string): number {
  if (text === '') return 0;
  let lines = text.endsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
