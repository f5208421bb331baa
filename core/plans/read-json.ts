/** A number of more digits than JavaScript keeps, wherever its point stands. */
const LONG = /\d[\d.]{15}/;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON that terraform printed. Its numbers are of any length; one that JavaScript would round becomes a text of the
 * very digits, since people have to see, compare and hide the number that terraform works with.
 *
 * An error of the parser quotes what it read: whoever catches it does not pass it on.
 */
export function readJson(text: string): unknown {
  if (!LONG.test(text)) return JSON.parse(text);
  return JSON.parse(
    text.replace(TOKEN, (token) =>
      token.startsWith('"') || !LONG.test(token) || String(Number(token)) === token ? token : `"${token}"`,
    ),
  );
}
