import type { World } from '../../support/memory-world.ts';

/**
 * What happens to a repository, and what has to come of it, by name. Each is played on every engine that runs
 * the workflows: what is said here is true of Cairn, not of an engine.
 */
export type Scenarios = Record<string, (world: World) => Promise<void>>;
