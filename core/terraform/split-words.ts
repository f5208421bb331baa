/**
 * Cuts what somebody wrote behind `--` into words, as a shell does: by white space, but not within quotes; `\` takes
 * the next character as it is. Nothing is ever expanded. One thing is other than in a shell: a `["` in a word begins
 * a key of an address, whose quotes stay, so that `x.y["a b"]` is one word with and without quotes around it.
 */
export function splitWords(text: string): string[] | { problem: string } {
  const words: string[] = [];
  let word = null as string | null;
  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
      continue;
    }
    const isKey: boolean = char === '"' && word?.endsWith('[') === true;
    const piece: Piece | null = char === '"' || char === "'" ? quoted(text, at, isKey) : plain(text, at);
    if (piece === null) {
      return char === '\\'
        ? { problem: 'A `\\` at the end takes no character along.' }
        : { problem: `The quote ${char === '"' ? '`"`' : "`'`"} in character ${at + 1} is never closed.` };
    }
    word = (word ?? '') + piece.text;
    at = piece.end;
  }
  return word === null ? words : [...words, word];
}

interface Piece {
  text: string;
  /** Where what follows begins. */
  end: number;
}

function plain(text: string, at: number): Piece | null {
  if (text.charAt(at) !== '\\') return { text: text.charAt(at), end: at + 1 };
  return at + 1 < text.length ? { text: text.charAt(at + 1), end: at + 2 } : null;
}

function quoted(text: string, from: number, isKey: boolean): Piece | null {
  const quote = text.charAt(from);
  let inner = '';
  for (let at = from + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === quote) return { text: isKey ? `"${inner}"` : inner, end: at + 1 };
    const next = text.charAt(at + 1);
    if (quote === '"' && char === '\\' && (next === '"' || next === '\\')) {
      inner += isKey ? char + next : next;
      at += 1;
    } else inner += char;
  }
  return null;
}

/** The words as somebody would write them, so that cutting gives the same again. */
export function joinWords(words: readonly string[]): string {
  return words.map(written).join(' ');
}

function written(word: string): string {
  if (word !== '' && /^[\p{L}\p{N}_@%+=:,./[\]{}*~^-]+$/u.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
