/** The first circle in a graph as `[a, b, a]`, or null. Names without an entry have no edges. */
export function cycleIn(edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    if (done.has(start)) continue;
    // A stack of our own: a chain of thousands must not overflow the real one.
    const path = [start];
    const next = [0];
    const onPath = new Set(path);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? '';
      const index = next[next.length - 1] ?? 0;
      const target = edges.get(node)?.[index];
      if (target === undefined) {
        done.add(node);
        onPath.delete(node);
        path.pop();
        next.pop();
        continue;
      }
      next[next.length - 1] = index + 1;
      if (onPath.has(target)) return [...path.slice(path.indexOf(target)), target];
      if (done.has(target)) continue;
      path.push(target);
      next.push(0);
      onPath.add(target);
    }
  }
  return null;
}
