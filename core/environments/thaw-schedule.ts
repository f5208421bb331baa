import { createHash } from 'node:crypto';
import type { Ports } from '../ports.ts';
import { readFreezes } from '../record/read.ts';

interface Place {
  repository: string;
  environment: string;
}

/** What fired a moment ago is on its way; and a time that differs by less is the same one, rounded. */
const UNDER_WAY_MS = 10 * 60_000;
const SAME_MS = 60_000;

/** At its end a freeze is taken back by itself: what waited goes on, what was refused is deployed. Repeatable. */
export async function scheduleThaw(
  ports: Pick<Ports, 'schedules'>,
  { repository, environment }: Place,
  until: string,
  again = '',
): Promise<void> {
  const trigger = `${environment}/thaws/${until}${again}`;
  const origin = { source: 'schedule' as const, login: null, trigger };
  await ports.schedules.put({
    name: scheduleName(repository, environment),
    at: new Date(until),
    request: { command: 'unfreeze', repository, environment, origin },
  });
}

export function unscheduleThaw(
  ports: Pick<Ports, 'schedules'>,
  { repository, environment }: Place,
): Promise<void> {
  return ports.schedules.remove(scheduleName(repository, environment));
}

/**
 * A freeze whose schedule was lost, or whose request came while it could not be carried out, is over by its time all
 * the same; but nobody would deploy what it refused. Answers what was mended. `scheduled`: times by name.
 */
export async function repairThaws(
  repository: string,
  scheduled: ReadonlyMap<string, string>,
  ports: Pick<Ports, 'clock' | 'git' | 'schedules' | 'source'>,
): Promise<string[]> {
  const now = ports.clock.now();
  const mended: string[] = [];
  for (const [environment, { until }] of Object.entries(await readFreezes(ports, repository))) {
    if (until === null) continue;
    const end = Date.parse(until);
    const at = scheduled.get(scheduleName(repository, environment));
    if (at !== undefined && Math.abs(Date.parse(at) - end) < SAME_MS) continue;
    const passed = now.getTime() - end;
    if (passed >= 0 && passed < UNDER_WAY_MS) continue;
    // What was on the bus under the former name is not taken from it again; once an hour is often enough.
    const again = passed < 0 ? '' : `/again/${now.toISOString().slice(0, 13)}`;
    await scheduleThaw(ports, { repository, environment }, until, again);
    mended.push(`${environment}: the end of its freeze scheduled`);
  }
  return mended;
}

function scheduleName(repository: string, environment: string): string {
  const hash = createHash('sha256').update(`${repository}/${environment}`).digest('hex').slice(0, 24);
  return `thaw-${hash}`;
}
