import { z } from 'zod';
import { repairEnvironment } from '../ephemeral/repair.ts';
import { restore } from '../ephemeral/restore.ts';
import { isScheduleOf, scheduleName } from '../ephemeral/schedules.ts';
import type { Ports } from '../ports.ts';
import { repositoryName } from '../requests/request.ts';
import { step } from './step.ts';

/**
 * Every five minutes: compares the environments that are known with their schedules, their runs, their pull requests
 * and the record, and repairs what is missing. What it starts is started once an hour at most.
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
    const repaired: string[] = [];
    for (const repository of repositories) {
      repaired.push(...(await restore(repository, await ports.ephemerals.list(repository), ports)));
      const known = await ports.ephemerals.list(repository);
      for (const environment of known) {
        const done = await repairEnvironment(environment, scheduled, ports);
        if (done !== null) repaired.push(done);
      }
      const wanted = new Set(known.flatMap((one) => [scheduleName('end', one), scheduleName('warn', one)]));
      repaired.push(...(await removeOthers(repository, [...scheduled.keys()], wanted, ports)));
    }
    return { repaired };
  },
});

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
