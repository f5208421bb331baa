import type { TestProject } from 'vitest/node';
import { createEngine, destroyEngine, NO_PODMAN } from './containers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the container engine; empty if there is none. */
    podman: string;
  }
}

/** Once for all files: the base images take two minutes. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (NO_PODMAN) {
    project.provide('podman', '');
    return undefined;
  }
  const engine = await createEngine();
  project.provide('podman', engine.folder);
  return () => destroyEngine(engine);
}
