import { createHash } from 'node:crypto';
import { NotFound } from '../errors.ts';
import { type Links, resolveLinks } from './links.ts';
import type { Tree, TreeEntry } from './project.ts';

/** A file with its bytes, or a link with its target. */
export interface TreeFile {
  path: string;
  content: Uint8Array | string;
  executable?: boolean;
  link?: string;
}

/** A tree in memory. `read` and `bytes` follow links; entries are sorted by path. */
export function treeOf(files: readonly TreeFile[]): Tree {
  const byPath = new Map<string, MemoryEntry>();
  const links = new Map<string, string>();
  let sorted = true;
  let last = '';
  for (const file of files) {
    byPath.set(file.path, new MemoryEntry(file));
    if (file.link !== undefined) links.set(file.path, file.link);
    if (file.path < last) sorted = false;
    last = file.path;
  }
  const entries = [...byPath.values()];
  if (!sorted) entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  return {
    entries,
    has: (path) => byPath.has(path),
    read: (path) => {
      const content = contentOf(byPath, links, path);
      return typeof content === 'string' ? content : decoder.decode(content);
    },
    bytes: (path) => {
      const content = contentOf(byPath, links, path);
      return typeof content === 'string' ? encoder.encode(content) : content;
    },
  };
}

/** Hashes when it is asked for: most files of a tree never are, and there are tens of thousands. */
class MemoryEntry implements TreeEntry {
  readonly path: string;
  readonly mode: TreeEntry['mode'];
  declare readonly link?: string;
  readonly content: Uint8Array | string;
  #hash: string | null = null;

  constructor({ path, content, link, executable }: TreeFile) {
    this.path = path;
    this.mode = link !== undefined ? '120000' : executable ? '100755' : '100644';
    if (link !== undefined) this.link = link;
    this.content = link ?? content;
  }

  get hash(): string {
    this.#hash ??= createHash('sha256').update(this.content).digest('base64url');
    return this.#hash;
  }
}

function contentOf(byPath: ReadonlyMap<string, MemoryEntry>, links: Links, path: string): Uint8Array | string {
  const exact = byPath.get(path);
  if (exact && exact.link === undefined) return exact.content;
  const target = resolveLinks(links, path);
  const entry = target === null ? undefined : byPath.get(target);
  if (!entry || entry.link !== undefined) throw new NotFound(`There is no file ${path}.`);
  return entry.content;
}

/** Equal keys: the same content, mode and, for a link, target. */
export function entryKey(entry: TreeEntry): string {
  return `${entry.mode}:${entry.hash}`;
}

/** The same content, mode and target. Compares bytes where both are at hand, which is faster than hashing them. */
export function sameEntry(a: TreeEntry, b: TreeEntry): boolean {
  if (a.mode !== b.mode) return false;
  if (!(a instanceof MemoryEntry) || !(b instanceof MemoryEntry)) return a.hash === b.hash;
  const [x, y] = [a.content, b.content];
  if (typeof x === 'string' || typeof y === 'string') return x === y || a.hash === b.hash;
  return x.length === y.length && Buffer.compare(x, y) === 0;
}
