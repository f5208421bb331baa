import { resolveLinks } from './links.ts';
import type { ModuleGraph } from './module-graph.ts';
import type { Project, Tree, TreeEntry } from './project.ts';
import { entryAt, ownFiles } from './project-files.ts';

/** A root's own Terraform files, by path from its folder. */
export type RootText = ReadonlyMap<string, { hash: string; lines(): readonly string[] }>;

/** The lock file says nothing: half of all roots have the same one. */
const TELLING = /\.(?:tf|tofu|tfvars)(?:\.json)?$/;

export function rootText(tree: Tree, graph: ModuleGraph, project: Pick<Project, 'dir'>): RootText {
  const dir = resolveLinks(graph.links, project.dir) ?? project.dir;
  const files = new Map<string, { hash: string; lines(): readonly string[] }>();
  for (const path of ownFiles(graph, dir)) {
    const entry = entryAt(graph, path);
    if (!entry || !TELLING.test(path)) continue;
    files.set(dir === '.' ? path : path.slice(dir.length + 1), {
      hash: entry.hash,
      lines: lazily(tree, entry),
    });
  }
  return files;
}

/** Equal for two roots with the same files. */
export function fingerprint(text: RootText): string {
  return [...text]
    .map(([path, { hash }]) => `${path}\0${hash}`)
    .sort()
    .join('\n');
}

/** 0 to 1: how much of the larger root is in the other one too, by lines that say something. */
export function likeness(a: RootText | undefined, b: RootText | undefined): number {
  if (!a || !b) return 0;
  const [x, y] = [linesOf(a), linesOf(b)];
  const most = Math.max(x.length, y.length);
  if (most === 0) return 0;
  const left = new Map<string, number>();
  for (const line of x) left.set(line, (left.get(line) ?? 0) + 1);
  let common = 0;
  for (const line of y) {
    const count = left.get(line) ?? 0;
    if (count === 0) continue;
    left.set(line, count - 1);
    common++;
  }
  return common / most;
}

function linesOf(text: RootText): string[] {
  return [...text.values()].flatMap((file) => file.lines());
}

function lazily(tree: Tree, entry: TreeEntry): () => readonly string[] {
  let lines: readonly string[] | null = null;
  return () => {
    lines ??= entry.link === undefined ? telling(tree.read(entry.path)) : [entry.link];
    return lines;
  };
}

/** Without brackets, comments, and the `terraform {` that every root has. */
function telling(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/\s+/g, ' '))
    .filter(
      (line) =>
        line.length > 2 &&
        !/^(#|\/\/|terraform \{|required_version\b|required_providers \{|locals \{|source = "(hashicorp|opentofu)\/)/.test(
          line,
        ),
    );
}
