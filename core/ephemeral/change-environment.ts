import { Unavailable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Ephemeral } from './environment.ts';

/** Two or three writers meet at most: the run that holds the lock, a change of its end, the sweep. */
const ATTEMPTS = 10;

/**
 * Changes what is known of an environment, by compare-and-swap. `change` answers null where there is nothing to
 * change. Answers what is known then; null if there is no such environment.
 */
export async function changeEnvironment(
  ports: Pick<Ports, 'ephemerals'>,
  repository: string,
  environment: string,
  change: (current: Ephemeral) => Ephemeral | null,
): Promise<Ephemeral | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const current = await ports.ephemerals.get(repository, environment);
    if (!current) return null;
    const next = change(current);
    if (next === null) return current;
    if (await ports.ephemerals.update({ ...next, version: current.version })) {
      return { ...next, version: current.version + 1 };
    }
  }
  throw new Unavailable(
    `${environment} of ${repository} was changed ${ATTEMPTS} times while it was written.`,
  );
}
