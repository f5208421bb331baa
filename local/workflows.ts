import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Workflows } from '../core/ports.ts';
import { WORKFLOWS } from '../core/requests/run.ts';
import type { Engine } from './engine/index.ts';
import { installRoot } from './root.ts';

/** Every workflow by name, each `${Name}` being the name itself: one machine has no ARNs. */
export function loadWorkflows(dir = path.join(installRoot(), 'workflows')): Record<string, unknown> {
  return Object.fromEntries(
    WORKFLOWS.map((name) => {
      const text = readFileSync(path.join(dir, `${name}.asl.json`), 'utf8');
      return [name, JSON.parse(text.replace(/\$\{([A-Za-z]+)\}/g, '$1'))];
    }),
  );
}

/** The engine, as steps see it. */
export function workflowsOf(engine: Engine): Workflows {
  return {
    start: async (workflow, name, input) => engine.start(workflow, name, input),
    succeed: async (token, output) => engine.succeed(token, output),
    fail: async (token, error, cause) => engine.fail(token, error, cause),
    stop: async (workflow, name, cause) => {
      if (engine.describe(workflow, name)) engine.stop(workflow, name, cause);
    },
    status: async (workflow, name) => engine.describe(workflow, name)?.status ?? null,
  };
}
