/** The paths that force a replacement, as a tree. */
export interface ReplaceNode {
  self: boolean;
  children: Map<string, ReplaceNode>;
}

export function replaceTree(paths: (string | number)[][] | undefined): ReplaceNode | undefined {
  if (!paths || paths.length === 0) return undefined;
  const root: ReplaceNode = { self: false, children: new Map() };
  for (const path of paths) {
    let node = root;
    for (const step of path) {
      const key = String(step);
      const child = node.children.get(key) ?? { self: false, children: new Map() };
      node.children.set(key, child);
      node = child;
    }
    node.self = true;
  }
  return root;
}

export function replaceChild(node: ReplaceNode | undefined, key: string | number): ReplaceNode | undefined {
  return node?.children.get(String(key));
}

/** The remark for a line. At a `leaf`, where nothing below is written, a path into it counts as well. */
export function forcesReplacement(node: ReplaceNode | undefined, leaf: boolean): string {
  return node && (node.self || leaf) ? ' # forces replacement' : '';
}
