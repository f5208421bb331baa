import { InvalidConfig, InvalidInput } from '../errors.ts';
import { cycleIn } from './cycle.ts';
import type { Project } from './project.ts';

/** A deploy of more takes hours, and nobody reads its plans. */
const MOST_PROJECTS = 300;

/**
 * Names in the order of applying: a wave starts when the one before it is applied. A project waits for what it
 * depends on also through projects that are not affected. Throws InvalidInput for more than 300.
 */
export function waves(affected: readonly Project[], all: readonly Project[]): string[][] {
  if (affected.length > MOST_PROJECTS) {
    throw new InvalidInput(
      `${affected.length} projects are affected, and one run takes at most ${MOST_PROJECTS}. Split the change: ` +
        'plan some of them with `/cairn plan -p PROJECT`, or spread them over more environments ' +
        '(`environments.NAME.projects` in cairn.yaml), and change a module that all of them use under a new folder name, a few roots at a time.',
    );
  }
  const projects = new Map([...all, ...affected].map((project) => [project.name, project]));
  const edges = new Map([...projects].map(([name, project]) => [name, project.dependsOn]));
  const cycle = cycleIn(edges);
  if (cycle) throw new InvalidConfig([`cairn.yaml: depends_on goes in a circle: ${cycle.join(' -> ')}`]);

  const wanted = new Set(affected.map((project) => project.name));
  // Number of affected projects on the longest way up to and with this one.
  const depth = new Map<string, number>();
  for (const name of upstreamFirst(edges)) {
    let above = 0;
    for (const other of edges.get(name) ?? []) above = Math.max(above, depth.get(other) ?? 0);
    depth.set(name, above + (wanted.has(name) ? 1 : 0));
  }
  const result: string[][] = [];
  for (const name of [...wanted].sort()) {
    const wave = (depth.get(name) ?? 1) - 1;
    while (result.length <= wave) result.push([]);
    result[wave]?.push(name);
  }
  return result;
}

/** Names of all that depend on one of these, directly or through others; without these themselves. Sorted. */
export function dependentsOf(names: Iterable<string>, all: readonly Project[]): string[] {
  const dependents = new Map<string, string[]>();
  for (const project of all) {
    for (const other of project.dependsOn) {
      const known = dependents.get(other);
      if (known) known.push(project.name);
      else dependents.set(other, [project.name]);
    }
  }
  const start = new Set(names);
  const found = new Set(start);
  // A set hands out what is added to it while it is walked.
  for (const name of found) for (const dependent of dependents.get(name) ?? []) found.add(dependent);
  return [...found].filter((name) => !start.has(name)).sort();
}

/** Every name after those it depends on. The edges have no circle. */
function upstreamFirst(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const order = new Set<string>();
  for (const start of edges.keys()) {
    // A stack of our own: a chain of thousands must not overflow the real one.
    const open = [start];
    while (open.length > 0) {
      const name = open[open.length - 1] as string;
      const missing = order.has(name)
        ? []
        : (edges.get(name) ?? []).filter((n) => !order.has(n) && edges.has(n));
      if (missing.length > 0) open.push(...missing);
      else order.add(open.pop() as string);
    }
  }
  return [...order];
}
