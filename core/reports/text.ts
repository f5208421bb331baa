/**
 * Characters that a reader would not see as what they are: controls (GitHub breaks a line at a bare
 * carriage return), line and paragraph separators, marks that turn the direction of writing (what is read
 * would not be what is applied), characters without width, the byte order mark, and halves of surrogate pairs, which are no UTF-8.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text with every unseen character written as `\uXXXX` (or `\r`); line feeds and tabs stay. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (char) =>
    char === '\r' ? '\\r' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line. */
export function oneLine(text: string): string {
  return visible(text).replaceAll('\n', ' ').replaceAll('\t', ' ');
}

/** At most `limit` characters of it on one line. */
export function clipped(text: string, limit: number): string {
  // Cut before as well: what is long is not gone through as a whole.
  return shorten(oneLine(shorten(text, limit)), limit);
}

/** A string as HCL and JSON write it, in quotes, on one line. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** At most `limit` UTF-16 units, `…` at the end if it was cut; never half a character. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, safeCut(text, Math.max(0, limit - 1)))}…`;
}

/** The largest position up to `at` that does not lie within a surrogate pair. */
export function safeCut(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return at > 0 && at < text.length && code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What a program printed for a terminal, as text: without colours, each carriage return a new line. */
export function plainText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return visible(text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/\r\n?/g, '\n'));
}

/** The end of a text: whole lines, at most so many and so long together. */
export function lastLines(text: string, lines: number, room: number): string {
  const shown = text.trimEnd().split('\n').slice(-lines);
  while (shown.length > 1 && shown.join('\n').length > room) shown.shift();
  return shorten(shown.join('\n'), room);
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
