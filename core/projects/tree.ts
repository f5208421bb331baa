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

type Contents = ReadonlyMap<string, Uint8Array | string>;

/** A tree in memory. `read` and `bytes` follow links; entries are sorted by path. */
export function treeOf(files: readonly TreeFile[]): Tree {
  const contents = new Map<string, Uint8Array | string>();
  const links = new Map<string, string>();
  const entries: TreeEntry[] = [];
  for (const { path, content, link, executable } of files) {
    if (link === undefined) {
      contents.set(path, content);
      entries.push({ path, hash: hashOf(content), mode: executable ? '100755' : '100644' });
    } else {
      links.set(path, link);
      entries.push({ path, hash: hashOf(link), mode: '120000', link });
    }
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  return {
    entries,
    has: (path) => contents.has(path) || links.has(path),
    read: (path) => {
      const content = contentOf(contents, links, path);
      return typeof content === 'string' ? content : decoder.decode(content);
    },
    bytes: (path) => {
      const content = contentOf(contents, links, path);
      return typeof content === 'string' ? encoder.encode(content) : content;
    },
  };
}

function contentOf(contents: Contents, links: Links, path: string): Uint8Array | string {
  const exact = contents.get(path);
  if (exact !== undefined) return exact;
  const target = resolveLinks(links, path);
  const content = target === null ? undefined : contents.get(target);
  if (content === undefined) throw new NotFound(`There is no file ${path}.`);
  return content;
}

function hashOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('base64url');
}

/** Equal keys: the same content, mode and, for a link, target. */
export function entryKey(entry: TreeEntry): string {
  return `${entry.mode}:${entry.hash}`;
}
