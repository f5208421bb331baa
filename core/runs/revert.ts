import type { FileChange } from '../ports.ts';
import type { Tree, TreeEntry } from '../projects/project.ts';

interface Revert {
  files: FileChange[];
  /** Paths that belong to what failed, but were changed again since: a person decides about them. */
  left: string[];
}

/**
 * What takes the failed files back to the last good commit, on top of the branch's head. `paths` are the files
 * of the failed projects and their modules, in the good and in the failed commit. Workflows of GitHub are never
 * touched: that would need a permission which Cairn does not ask for.
 */
export function revertFiles(input: {
  good: Tree;
  failed: Tree;
  head: Tree;
  paths: Iterable<string>;
}): Revert {
  const { good, failed, head } = input;
  const [inGood, inFailed, inHead] = [good, failed, head].map(byPath) as [Index, Index, Index];
  const files: FileChange[] = [];
  const left: string[] = [];
  for (const path of [...new Set(input.paths)].sort()) {
    if (path.startsWith('.github/')) continue;
    const [wanted, bad, now] = [inGood.get(path), inFailed.get(path), inHead.get(path)];
    if (same(wanted, now) || same(wanted, bad)) continue;
    if (!same(bad, now)) left.push(path);
    else if (!wanted) files.push({ path, content: null });
    else files.push({ path, content: wanted.link ?? good.bytes(path), mode: wanted.mode });
  }
  return { files, left };
}

type Index = Map<string, TreeEntry>;

function byPath(tree: Tree): Index {
  return new Map(tree.entries.map((entry) => [entry.path, entry]));
}

function same(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.hash === b?.hash && a?.mode === b?.mode && a?.link === b?.link;
}
