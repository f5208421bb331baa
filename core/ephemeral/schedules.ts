import { createHash } from 'node:crypto';
import type { Ports } from '../ports.ts';
import type { Ephemeral } from './environment.ts';

type Ending = Pick<Ephemeral, 'repository' | 'environment' | 'pull' | 'startedAt' | 'endsAt'>;

/**
 * Schedules what an environment's end asks for: its destruction, and `warnSeconds` before that the warning of it.
 * One of each at a time: an end that was moved replaces the one before. Repeatable.
 */
export async function scheduleEnd(
  ports: Pick<Ports, 'schedules'>,
  environment: Ending,
  warnSeconds: number,
): Promise<void> {
  const { repository, environment: name, pull, endsAt } = environment;
  if (endsAt === null) return unschedule(ports, environment);
  const asked = { repository, environment: name };
  const origin = { source: 'schedule' as const, login: null };
  await ports.schedules.put({
    name: scheduleName('end', environment),
    at: new Date(endsAt),
    request: {
      command: 'destroy',
      ...asked,
      reason: 'time',
      ...(pull === null ? {} : { pull }),
      // Each end is a trigger of its own: one that was moved away and back again starts nothing twice.
      origin: { ...origin, trigger: `${name}/ends/${endsAt}` },
    },
  });
  const warnAt = warnTime(environment, warnSeconds);
  if (warnAt === null) return ports.schedules.remove(scheduleName('warn', environment));
  await ports.schedules.put({
    name: scheduleName('warn', environment),
    at: warnAt,
    request: { command: 'warn', ...asked, endsAt, origin: { ...origin, trigger: `${name}/warns/${endsAt}` } },
  });
}

/** When its end is warned of. A life that is shorter than the warning's time is not warned of in its first moment. */
export function warnTime(
  { startedAt, endsAt }: Pick<Ending, 'startedAt' | 'endsAt'>,
  warnSeconds: number,
): Date | null {
  if (endsAt === null) return null;
  const at = Date.parse(endsAt) - warnSeconds * 1000;
  return at > Date.parse(startedAt) ? new Date(at) : null;
}

export async function unschedule(
  ports: Pick<Ports, 'schedules'>,
  environment: Pick<Ending, 'repository' | 'environment'>,
): Promise<void> {
  await ports.schedules.remove(scheduleName('end', environment));
  await ports.schedules.remove(scheduleName('warn', environment));
}

/** At most 64 characters, of which the environment's name takes 40: the hash keeps repositories apart. */
export function scheduleName(
  kind: 'end' | 'warn',
  { repository, environment }: Pick<Ending, 'repository' | 'environment'>,
): string {
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 16);
  return `${kind}-${environment}-${hash}`;
}

/** Of any environment of this repository, also one that nobody knows any more. */
export function isScheduleOf(repository: string, name: string): boolean {
  return (
    /^(end|warn)-eph-/.test(name) &&
    name.endsWith(scheduleName('end', { repository, environment: '' }).slice('end-'.length))
  );
}
