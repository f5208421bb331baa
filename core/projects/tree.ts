import { createHash } from 'node:crypto';
import { NotFound } from '../errors.ts';
import { type Links, resolveLinks } from './links.ts';
import type { Tree, TreeEntry } from './project.ts';

/** A file with its content, or a link with its target. */
export interface TreeFile {
  path: string;
  /** Text, bytes, or a part of larger bytes: tens of thousands of views would be work for the collector. */
  content: string | Uint8Array | { bytes: Uint8Array; start: number; end: number };
  executable?: boolean;
  link?: string;
}

/** A tree in memory. `read` and `bytes` follow links; entries are sorted by path. */
export function treeOf(files: readonly TreeFile[]): Tree {
  const entries: MemoryEntry[] = [];
  const links = new Map<string, string>();
  let sorted = true;
  let last = '';
  for (const file of files) {
    entries.push(new MemoryEntry(file));
    if (file.link !== undefined) links.set(file.path, file.link);
    if (file.path < last) sorted = false;
    last = file.path;
  }
  if (!sorted) entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return {
    entries,
    has: (path) => find(entries, path) !== null,
    read: (path) => fileAt(entries, links, path).text(),
    bytes: (path) => fileAt(entries, links, path).view(),
  };
}

/** Hashes when it is asked for: most files of a tree never are. */
class MemoryEntry implements TreeEntry {
  readonly path: string;
  readonly mode: TreeEntry['mode'];
  declare readonly link?: string;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #hash: string | null = null;

  constructor({ path, content, link, executable }: TreeFile) {
    this.path = path;
    this.mode = link !== undefined ? '120000' : executable ? '100755' : '100644';
    if (link !== undefined) this.link = link;
    const given = link ?? content;
    const part = typeof given === 'string' || given instanceof Uint8Array ? null : given;
    this.#bytes = bufferOf(part ? part.bytes : (given as string | Uint8Array));
    this.#start = part?.start ?? 0;
    this.#end = part?.end ?? this.#bytes.length;
  }

  get hash(): string {
    this.#hash ??= createHash('sha256').update(this.view()).digest('base64url');
    return this.#hash;
  }

  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  text(): string {
    return this.#bytes.toString('utf8', this.#start, this.#end);
  }

  equals(other: MemoryEntry): boolean {
    if (this.#end - this.#start !== other.#end - other.#start) return false;
    return this.#bytes.compare(other.#bytes, other.#start, other.#end, this.#start, this.#end) === 0;
  }
}

function bufferOf(content: string | Uint8Array): Buffer {
  if (typeof content === 'string') return Buffer.from(content);
  return Buffer.isBuffer(content)
    ? content
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

function fileAt(entries: readonly MemoryEntry[], links: Links, path: string): MemoryEntry {
  const exact = find(entries, path);
  if (exact && exact.link === undefined) return exact;
  const target = resolveLinks(links, path);
  const entry = target === null ? null : find(entries, target);
  if (!entry || entry.link !== undefined) throw new NotFound(`There is no file ${path}.`);
  return entry;
}

/** By halving: an index of tens of thousands of paths costs more than the few thousand questions. */
function find(entries: readonly MemoryEntry[], path: string): MemoryEntry | null {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle] as MemoryEntry;
    if (entry.path === path) return entry;
    if (entry.path < path) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** Equal keys: the same content, mode and, for a link, target. */
export function entryKey(entry: TreeEntry): string {
  return `${entry.mode}:${entry.hash}`;
}

/** The same content, mode and target. Compares bytes where both are at hand, which is faster than hashing them. */
export function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  if (a.mode !== b.mode) return false;
  return a instanceof MemoryEntry && b instanceof MemoryEntry ? a.equals(b) : a.hash === b.hash;
}
