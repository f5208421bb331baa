import { InvalidInput } from '../core/errors.ts';

interface TarEntry {
  path: string;
  /** Where the content stands in the tar. */
  content: { bytes: Buffer; start: number; end: number };
  executable: boolean;
  /** Target of a symbolic link. */
  link?: string;
}

const BLOCK = 512;

/**
 * Reads a tar that Cairn wrote itself (files and symbolic links; ustar, with pax headers for long names), all at
 * once and without copying. Tens of thousands of files have to be read for each plan, which
 * a stream of events is too slow for. What others wrote is read with tar-stream. Bytes that fell over are gzip's to find.
 */
export function readOwnTar(bytes: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  let pax: Record<string, string> = {};
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const type = String.fromCharCode(bytes[at + 156] ?? 0);
    const size = octal(bytes, at + 124, 12);
    const start = at + BLOCK;
    if (start + size > bytes.length) throw damaged('it ends in the middle of a file');
    if (type === 'x') {
      pax = paxRecords(bytes, start, start + size);
    } else {
      const path = pax['path'] ?? nameOf(bytes, at);
      if (type === '2') {
        entries.push({
          path,
          content: EMPTY,
          executable: false,
          link: pax['linkpath'] ?? text(bytes, at + 157, 100),
        });
      } else if (type === '0') {
        const content = { bytes, start, end: start + size };
        entries.push({ path, content, executable: (octal(bytes, at + 100, 8) & 0o111) !== 0 });
      } else throw damaged(`it has an entry of type "${type}", ${path}`);
      pax = {};
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  // Two blocks of zeros end a tar; without them something is missing.
  if (at + BLOCK > bytes.length) throw damaged('its end is missing');
  return entries;
}

const EMPTY = { bytes: Buffer.alloc(0), start: 0, end: 0 };

function damaged(why: string): InvalidInput {
  return new InvalidInput(`The source archive is damaged: ${why}. Fetch it again.`);
}

function nameOf(bytes: Buffer, at: number): string {
  const name = text(bytes, at, 100);
  return bytes[at + 345] === 0 ? name : `${text(bytes, at + 345, 155)}/${name}`;
}

function text(bytes: Buffer, from: number, length: number): string {
  let end = from;
  let ascii = true;
  while (end < from + length && bytes[end] !== 0) if ((bytes[end++] as number) > 127) ascii = false;
  return ascii ? bytes.toString('latin1', from, end) : bytes.toString('utf8', from, end);
}

function octal(bytes: Buffer, from: number, length: number): number {
  let value = 0;
  for (let i = from; i < from + length; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  return value;
}

/** `LENGTH KEY=VALUE\n`, the length in bytes and including itself. */
function paxRecords(bytes: Buffer, from: number, to: number): Record<string, string> {
  const records: Record<string, string> = {};
  let at = from;
  while (at < to) {
    const space = bytes.indexOf(32, at);
    const length = Number(bytes.toString('latin1', at, space));
    const end = at + length - 1;
    const equals = bytes.indexOf(61, space);
    if (space < 0 || !Number.isSafeInteger(length) || length < 5 || end >= to || equals < 0 || equals > end) {
      throw damaged('a pax header does not parse');
    }
    records[bytes.toString('utf8', space + 1, equals)] = bytes.toString('utf8', equals + 1, end);
    at = end + 1;
  }
  return records;
}
