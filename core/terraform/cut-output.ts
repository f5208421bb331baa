/** What people are shown of a long output; the whole of it is an artifact. */
const HEAD = 14_000;
const TAIL = 6_000;

/** Its beginning and its end, in whole lines where there are lines, and how much is left out between them. */
export function cutOutput(text: string): { text: string; cut: boolean } {
  if (text.length <= HEAD + TAIL) return { text, cut: false };
  const line = text.lastIndexOf('\n', HEAD - 1) + 1;
  const head = text.slice(0, whole(text, line > HEAD / 2 ? line : HEAD));
  const from = text.length - TAIL;
  const next = text.indexOf('\n', from) + 1;
  const tail = text.slice(whole(text, next > 0 && next < from + TAIL / 2 ? next : from));
  const left = text.length - head.length - tail.length;
  const end = head.endsWith('\n') ? '' : '\n';
  return { text: `${head}${end}… ${left} characters are not shown …\n${tail}`, cut: true };
}

/** Not within a pair of surrogates. */
function whole(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
