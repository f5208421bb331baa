/** Shorter values would take ordinary words out of every text. */
export const SHORTEST = 6;

/**
 * The forms in which a secret is likely to meet a text: as it is, line by line (plans show texts as indented
 * heredocs), escaped for JSON, HCL or a URL, in hexadecimal, and in base64 at each of the three alignments
 * that it can have inside a longer encoded text. Each form is trimmed; those under six characters are left out.
 */
export function variantsOf(secret: string): string[] {
  const forms = new Set<string>();
  for (const part of partsOf(secret)) {
    for (const form of escapesOf(part)) forms.add(form.trim());
    for (const form of encodingsOf(part)) forms.add(form);
  }
  return [...forms].filter((form) => form.length >= SHORTEST);
}

/** The secret, without space around it, with unix line ends, and each of its lines. */
function partsOf(secret: string): Set<string> {
  const parts = new Set([secret, secret.trim()]);
  if (!secret.includes('\n')) return parts;
  const unix = secret.replaceAll('\r\n', '\n');
  parts.add(unix).add(unix.trim()).add(`${unix.trim()}\n`).add(unix.replaceAll('\n', '\r\n'));
  for (const line of unix.split('\n')) {
    if (line.trim().length >= SHORTEST) parts.add(line).add(line.trim());
  }
  return parts;
}

function escapesOf(text: string): string[] {
  const json = jsonEscaped(text);
  const quoted = goQuoted(text);
  const url = encodeURIComponent(wellFormed(text));
  const strictUrl = url.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return [
    text,
    json,
    jsonEscaped(json),
    goEscaped(json),
    goEscaped(jsonEscaped(goEscaped(json))),
    hclEscaped(text),
    hclEscaped(json),
    quoted,
    hclEscaped(quoted),
    url,
    lowerPercent(url),
    url.replaceAll('%20', '+'),
    strictUrl,
    lowerPercent(strictUrl),
    strictUrl.replaceAll('%20', '+'),
    encodeURI(wellFormed(text)),
  ];
}

function encodingsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length < SHORTEST) return [];
  const hex = bytes.toString('hex');
  // Whole, since the last character of the inner part takes some bits of what follows.
  const forms = [hex, hex.toUpperCase(), bytes.toString('base64'), bytes.toString('base64url')];
  for (const shift of [0, 1, 2]) {
    const inner = base64At(bytes, shift);
    forms.push(inner, inner.replaceAll('+', '-').replaceAll('/', '_'));
    // `base64` breaks its lines at 76 characters, PEM at 64.
    if (shift === 0 && inner.length > 64) forms.push(...slices(inner, 64), ...slices(inner, 76));
  }
  return forms;
}

/** The characters of the base64 text that depend on these bytes alone, when `shift` bytes stand before them. */
function base64At(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
  const firstBit = shift * 8;
  const endBit = firstBit + bytes.length * 8;
  return encoded.slice(Math.ceil(firstBit / 6), Math.floor(endBit / 6));
}

function slices(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size));
  return parts;
}

function jsonEscaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Go's encoder, and so terraform's `jsonencode`, escapes these for the sake of HTML and of JavaScript. */
function goEscaped(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${hexOf(char, 4)}`);
}

const SHORT_ESCAPES = new Map([...'\x07\b\f\n\r\t\v"\\'].map((char, i) => [char, `\\${'abfnrtv"\\'[i]}`]));

/** As Go quotes a text, and terraform prints it: what cannot be seen is written out. */
function goQuoted(text: string): string {
  return wellFormed(text).replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const short = SHORT_ESCAPES.get(char);
    if (short !== undefined) return short;
    if (char < ' ' || char === '\x7f') return `\\x${hexOf(char, 2)}`;
    return char.length > 1 ? `\\U${hexOf(char, 8)}` : `\\u${hexOf(char, 4)}`;
  });
}

function hexOf(char: string, digits: number): string {
  return (char.codePointAt(0) ?? 0).toString(16).padStart(digits, '0');
}

function hclEscaped(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{');
}

function lowerPercent(url: string): string {
  return url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/** `encodeURIComponent` throws at half a surrogate pair. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
