import { parseHcl } from '../../../adapters/hcl.ts';
import { defaultConfig, parseConfig } from '../../../core/config/config.ts';
import type { Config } from '../../../core/config/types.ts';
import { type Affected, affectedProjects } from '../../../core/projects/affected.ts';
import type { Tree } from '../../../core/projects/project.ts';
import { treeOf } from '../../../core/projects/tree.ts';

/** A tree from texts by path; `-> target` is a link. */
export function tree(files: Record<string, string>): Tree {
  return treeOf(
    Object.entries(files).map(([path, text]) =>
      text.startsWith('-> ') ? { path, content: '', link: text.slice(3) } : { path, content: text },
    ),
  );
}

export const ROOT = 'provider "null" {}\nresource "terraform_data" "x" {}\n';

/** What `change` does to `base`, in one environment `main`; null takes a file away. */
export async function affected(
  base: Record<string, string>,
  change: Record<string, string | null>,
  config?: Config,
): Promise<Affected> {
  const head: Record<string, string> = { ...base };
  for (const [path, text] of Object.entries(change)) {
    if (text === null) delete head[path];
    else head[path] = text;
  }
  const parsed = config ?? (head['cairn.yaml'] ? parseConfig(head['cairn.yaml']) : defaultConfig('main'));
  return affectedProjects({
    base: tree(base),
    head: tree(head),
    config: parsed,
    environment: 'main',
    hcl: parseHcl,
  });
}

export async function affectedNames(
  base: Record<string, string>,
  change: Record<string, string | null>,
): Promise<string[]> {
  return (await affected(base, change)).projects.map((project) => project.name);
}
