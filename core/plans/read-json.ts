/** A number of more digits than JavaScript keeps, wherever its point stands. */
const LONG = /\d[\d.]{15}/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON that terraform printed. Its numbers are of any length; one that JavaScript would round becomes a text of the
 * very digits, since people have to see, compare and hide the number that terraform works with.
 */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(LONG.test(text) ? text.replace(TOKEN, kept) : text);
  } catch {
    // The parser's own error quotes what it read, which may be secret.
    throw new SyntaxError('what should be JSON is none, or was cut off');
  }
}

function kept(token: string): string {
  const isExact = token.startsWith('"') || !LONG.test(token) || String(Number(token)) === token;
  return isExact ? token : `"${token}"`;
}
