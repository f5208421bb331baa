import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UnsafeSource } from '../core/errors.ts';
import { resolveLinks } from '../core/projects/links.ts';
import type { Tree } from '../core/projects/project.ts';
import { type TreeFile, treeOf } from '../core/projects/tree.ts';

const SKIPPED: ReadonlySet<string> = new Set(['.git', '.terraform']);

/** The files of a folder, for who works offline (`cairn validate`). Reads at once: no server calls it. */
export async function folderTree(dir: string): Promise<Tree> {
  const files: TreeFile[] = [];
  const links = new Map<string, string>();
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(dir, folder), { withFileTypes: true })) {
      if (SKIPPED.has(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const full = join(dir, path);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isSymbolicLink()) links.set(path, readlinkSync(full));
      // Sockets and pipes are no files of a commit.
      else if (entry.isFile()) {
        files.push({ path, content: readFileSync(full), executable: (statSync(full).mode & 0o100) !== 0 });
      }
    }
  }
  for (const [path, link] of links) {
    if (resolveLinks(links, path) === null) {
      throw new UnsafeSource(
        `The link ${path} -> ${link} leaves ${dir} (or turns in a circle). Point it at a file inside.`,
      );
    }
    files.push({ path, content: '', link });
  }
  return treeOf(files);
}
