import { z } from 'zod';
import { repairThaws } from '../../environments/thaw-schedule.ts';
import { repairEnvironment } from '../../ephemeral/repair.ts';
import { restore } from '../../ephemeral/restore.ts';
import { isScheduleOf, scheduleName } from '../../ephemeral/schedules.ts';
import { Unavailable } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { repositoryName } from '../../requests/request.ts';
import { step } from '../step.ts';

/**
 * Now and then: compares the environments that are known with their schedules, their runs, their pull requests and the
 * record, and freezes with the schedules of their end, and repairs what is missing. What it starts is started once an
 * hour at most.
 */
export const sweepEnvironments = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: [
    'artifacts',
    'clock',
    'ephemerals',
    'git',
    'pulls',
    'runs',
    'schedules',
    'source',
    'status',
    'workflows',
  ],
  async run({ repositories }, ports) {
    // Before the registry: whatever is known by then may have its schedule, what is not has none to keep.
    const scheduled = new Map((await ports.schedules.list()).map(({ name, at }) => [name, at]));
    const swept: Swept = { repaired: [], leaked: 0, troubles: [] };
    for (const repository of repositories) {
      await attempt(swept, repository, () => sweepRepository(repository, scheduled, swept, ports));
    }
    const [first] = swept.troubles;
    if (first === undefined) return { repaired: swept.repaired, leaked: swept.leaked };
    // Told once all others had their turn: whoever watches this host hears of it, and the next sweep tries again.
    throw new Unavailable(
      `The sweep left out ${swept.troubles.map(({ what }) => what).join(', ')}: ${first.why}`,
      {
        cause: first.error,
      },
    );
  },
});

type Sweeping = Pick<
  Ports,
  | 'artifacts'
  | 'clock'
  | 'ephemerals'
  | 'git'
  | 'pulls'
  | 'runs'
  | 'schedules'
  | 'source'
  | 'status'
  | 'workflows'
>;

interface Swept {
  repaired: string[];
  /** Environments of which something is left that no destroy could take away. */
  leaked: number;
  troubles: { what: string; why: string; error: unknown }[];
}

async function sweepRepository(
  repository: string,
  scheduled: ReadonlyMap<string, string>,
  swept: Swept,
  ports: Sweeping,
): Promise<void> {
  await attempt(swept, `the freezes of ${repository}`, async () => {
    swept.repaired.push(...(await repairThaws(repository, scheduled, ports)));
  });
  // A record that cannot be read keeps nobody from its end.
  const before = swept.troubles.length;
  await attempt(swept, `the record of ${repository}`, async () => {
    swept.repaired.push(...(await restore(repository, await ports.ephemerals.list(repository), ports)));
  });
  const isRead = swept.troubles.length === before;
  const known = await ports.ephemerals.list(repository);
  swept.leaked += known.filter(({ state }) => state === 'leaked').length;
  for (const environment of known) {
    await attempt(swept, `${environment.environment} of ${repository}`, async () => {
      const done = await repairEnvironment(environment, scheduled, ports);
      if (done !== null) swept.repaired.push(done);
    });
  }
  // What only the record knows may be one of them.
  if (!isRead) return;
  const wanted = new Set(known.flatMap((one) => [scheduleName('end', one), scheduleName('warn', one)]));
  swept.repaired.push(...(await removeOthers(repository, [...scheduled.keys()], wanted, ports)));
}

/** One that cannot be swept now holds up no other. */
async function attempt(swept: Swept, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    swept.troubles.push({ what, why, error });
  }
}

/** Schedules of environments that are no more. */
async function removeOthers(
  repository: string,
  names: string[],
  wanted: ReadonlySet<string>,
  ports: Pick<Ports, 'schedules'>,
): Promise<string[]> {
  const others = names.filter((name) => isScheduleOf(repository, name) && !wanted.has(name));
  for (const name of others) await ports.schedules.remove(name);
  return others.map((name) => `${name}: a schedule of nothing taken back`);
}
