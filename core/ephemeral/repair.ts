import { configAt } from '../config/load-config.ts';
import { InvalidConfig } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { findPull } from '../runs/pull-part.ts';
import { startRun } from '../runs/start.ts';
import type { Ephemeral } from './environment.ts';
import { endRequest } from './safety.ts';
import { scheduleEnd, scheduleName, unschedule, warnTime } from './schedules.ts';
import { type Repair, repairOf } from './sweep.ts';

type Needs = Pick<
  Ports,
  'clock' | 'ephemerals' | 'pulls' | 'runs' | 'schedules' | 'source' | 'status' | 'workflows'
>;

/** Seconds, where the configuration cannot be read. */
const WARN = 30 * 60;
const DAY_MS = 24 * 3600 * 1000;

/** Gives an environment what it should have; answers what that was. `scheduled`: ends by the name of their schedule. */
export async function repairEnvironment(
  environment: Ephemeral,
  scheduled: ReadonlyMap<string, string>,
  ports: Needs,
): Promise<string | null> {
  const repair = repairOf(environment, {
    now: ports.clock.now(),
    isUnderWay: await isUnderWay(environment, ports),
    scheduledEnd: scheduled.get(scheduleName('end', environment)) ?? null,
    isWarningLost:
      !scheduled.has(scheduleName('warn', environment)) && (await isToBeWarnedOf(environment, ports)),
    isPullClosed: environment.automatic && (await isPullClosed(environment, ports)),
  });
  if (repair === null) return null;
  const done = await carryOut(repair, environment, ports);
  return done === null ? null : `${environment.environment}: ${done}`;
}

async function carryOut(repair: Repair, environment: Ephemeral, ports: Needs): Promise<string | null> {
  switch (repair.kind) {
    case 'end': {
      const request = endRequest(environment, repair.reason, repair.trigger);
      await startRun('destroy', request, environment.environment, ports);
      return `destroyed (${repair.reason})`;
    }
    case 'schedule':
      await scheduleEnd(ports, environment, await warnOf(environment.repository, ports));
      return 'its end scheduled';
    case 'schedule-warning':
      await scheduleEnd(ports, environment, await warnOf(environment.repository, ports));
      return 'the warning of its end scheduled';
    case 'unschedule':
      await unschedule(ports, environment);
      return 'an end that it does not have taken back';
    case 'remind':
      return remind(environment, ports);
  }
}

/** One whose run is in the index and at work; what the index takes for active may have died. */
export async function isUnderWay(
  { repository, environment }: Pick<Ephemeral, 'repository' | 'environment'>,
  ports: Pick<Ports, 'runs' | 'workflows'>,
): Promise<boolean> {
  const runs = await ports.runs.list({ repository, environment, active: true, limit: 20 });
  for (const { workflow, id } of runs) {
    if (workflow !== 'ephemeral' && workflow !== 'destroy') continue;
    if ((await ports.workflows.status(workflow, id)) === 'running') return true;
  }
  return false;
}

async function isPullClosed({ repository, pull }: Ephemeral, ports: Pick<Ports, 'pulls'>): Promise<boolean> {
  return (await findPull(ports, repository, pull))?.state === 'closed';
}

async function isToBeWarnedOf(
  environment: Ephemeral,
  ports: Pick<Ports, 'clock' | 'source'>,
): Promise<boolean> {
  if (environment.state !== 'ready' || environment.endsAt === null) return false;
  const at = warnTime(environment, await warnOf(environment.repository, ports));
  return at !== null && at > ports.clock.now();
}

async function warnOf(repository: string, ports: Pick<Ports, 'source'>): Promise<number> {
  try {
    const config = await configAt(ports, repository, await ports.source.defaultBranch(repository));
    return config?.ephemeral?.warn ?? WARN;
  } catch (error) {
    if (error instanceof InvalidConfig) return WARN;
    throw error;
  }
}

/** Once a day, on the run that left it. */
async function remind(
  { environment, runId, left }: Ephemeral,
  ports: Pick<Ports, 'clock' | 'runs' | 'status'>,
): Promise<string | null> {
  const told = (await ports.runs.events(runId)).filter(({ kind }) => kind === 'environment.leaked');
  const [first] = told;
  const now = ports.clock.now();
  const day = first ? Math.floor((now.getTime() - Date.parse(first.at)) / DAY_MS) : 0;
  const id = `environment.leaked-day-${day}`;
  if (first && (day === 0 || told.some((event) => event.id === id))) return null;
  await ports.status.emit({
    id,
    runId,
    at: now.toISOString(),
    kind: 'environment.leaked',
    message: `${Object.keys(left).join(', ')} of ${environment} could still not be destroyed.`,
    doc: first?.doc ?? null,
    run: {},
  });
  return 'what is left told again';
}
