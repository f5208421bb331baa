import type { Project } from './project.ts';

/** A state of a workflow holds 256 KiB: as many projects as one wave of a deploy has at most. */
const MOST_AT_ONCE = 300;

/**
 * Names in the order of destroying: what depends on others before these. Unlike the waves of a deploy nothing stops
 * it: projects of several commits may depend on each other in a circle, and then the order within it is any.
 */
export function destroyWaves(projects: readonly Project[]): string[][] {
  const known = new Map(projects.map((project) => [project.name, project]));
  const depths = new Map<string, number>();
  const open = new Set<string>();

  function depthOf(name: string): number {
    const before = depths.get(name);
    if (before !== undefined) return before;
    open.add(name);
    const upstream = (known.get(name)?.dependsOn ?? []).filter(
      (other) => known.has(other) && !open.has(other),
    );
    const depth = 1 + Math.max(0, ...upstream.map(depthOf));
    open.delete(name);
    depths.set(name, depth);
    return depth;
  }

  const waves: string[][] = [];
  for (const name of [...known.keys()].sort()) {
    const depth = depthOf(name);
    while (waves.length < depth) waves.push([]);
    waves[depth - 1]?.push(name);
  }
  return waves.reverse().flatMap(inParts);
}

function inParts(names: string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < names.length; at += MOST_AT_ONCE) parts.push(names.slice(at, at + MOST_AT_ONCE));
  return parts;
}
