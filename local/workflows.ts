import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Every workflow by name, each `${Name}` being the name itself: one machine has no ARNs. */
export function loadWorkflows(dir = workflowsDir()): Record<string, unknown> {
  return Object.fromEntries(
    ['plan', 'deploy'].map((name) => {
      const text = readFileSync(path.join(dir, `${name}.asl.json`), 'utf8');
      return [name, JSON.parse(text.replace(/\$\{([A-Za-z]+)\}/g, '$1'))];
    }),
  );
}

/** Beside the sources, or beside the bundle. */
function workflowsDir(): string {
  return path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'workflows');
}
