import { Unavailable } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Ephemeral } from './environment.ts';
import { unschedule } from './schedules.ts';

type Named = Pick<Ephemeral, 'repository' | 'environment'>;

const ATTEMPTS = 10;

/** Keeps the commit that stands reachable: a branch that is pushed over or deleted takes nothing with it. */
function environmentRef(environment: string): string {
  return `refs/cairn/ephemeral/${environment}`;
}

/** Where an environment's ref points from now on. */
export async function keepCommit(
  ports: Pick<Ports, 'git'>,
  { repository, environment }: Named,
  commit: string,
): Promise<void> {
  const ref = environmentRef(environment);
  if ((await ports.git.createRef(repository, ref, commit)) === 'created') return;
  await ports.git.moveRef(repository, ref, commit, true);
}

/**
 * An environment of which nothing is left is known no more. What it is known by goes last, so that this can be
 * repeated.
 */
export async function forgetEnvironment(
  ports: Pick<Ports, 'ephemerals' | 'git' | 'schedules'>,
  named: Named,
): Promise<void> {
  const { repository, environment } = named;
  await unschedule(ports, named);
  await ports.git.deleteRef(repository, environmentRef(environment));
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const known = await ports.ephemerals.get(repository, environment);
    if (!known || (await ports.ephemerals.remove(known))) return;
  }
  throw new Unavailable(
    `${environment} of ${repository} was changed ${ATTEMPTS} times while it was forgotten.`,
  );
}
