import { createHash } from 'node:crypto';
import picomatch from 'picomatch';
import type { ModuleGraph } from './module-graph.ts';
import type { Project } from './project.ts';
import { entryAt, filesOf } from './project-files.ts';
import { entryKey } from './tree.ts';

interface ContentDigestInput {
  project: Project;
  /** Of the tree whose content it is. */
  graph: ModuleGraph;
  /** Binary and version, such as `terraform 1.11.4`. */
  terraform: string;
  environment: string;
  /** Variables in force, build outputs included. */
  variables: Record<string, string>;
  /** Number of the last recorded deployment, for this project and for each it depends on; `{}` for content alone. */
  deployments: Record<string, number>;
}

/** Equal digests: the same plan, as far as it does not depend on the world. Never of state. Hex. */
export function contentDigest(input: ContentDigestInput): string {
  const { project, graph } = input;
  const parts = [
    'cairn content 1',
    // The size too: more memory can be what mends a deployment that failed.
    [project.dir, project.workspace, project.size, input.environment, input.terraform],
    sorted(input.variables),
    Object.entries(project.secrets)
      .map(([name, refs]) => [name, refs.plan ?? null, refs.apply ?? null])
      .sort(byFirst),
    [project.name, ...[...project.dependsOn].sort()].map((name) => [name, input.deployments[name] ?? null]),
    fileKeys(project, graph),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function fileKeys(project: Project, graph: ModuleGraph): [string, string][] {
  const paths = new Set(filesOf(graph.tree, project.dir, graph));
  if (project.whenModified.length > 0) {
    const matches = picomatch(project.whenModified, { dot: true });
    for (const { path } of graph.tree.entries) if (matches(path)) paths.add(path);
  }
  return [...paths].sort().flatMap((path): [string, string][] => {
    const entry = entryAt(graph, path);
    return entry ? [[path, entryKey(entry)]] : [];
  });
}

function sorted(record: Record<string, string>): [string, string][] {
  return Object.entries(record).sort(byFirst);
}

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
