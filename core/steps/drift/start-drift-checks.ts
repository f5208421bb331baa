import { z } from 'zod';
import { configAt } from '../../config/load-config.ts';
import type { Drift } from '../../config/types.ts';
import { newestMoment } from '../../drift/moments.ts';
import { underWay } from '../../drift/quiet.ts';
import { CairnError, Unavailable } from '../../errors.ts';
import type { Ports } from '../../ports.ts';
import { readToldDrift } from '../../record/drift/drift.ts';
import { readOutline } from '../../record/read.ts';
import { type DriftRequest, repositoryName } from '../../requests/request.ts';
import { runId } from '../../requests/run-id.ts';
import { startRun } from '../../runs/start.ts';
import { step } from '../step.ts';

/** Seconds after which a moment is missed: after a night without a host the newest one is made up for, and no other. */
const LATEST = 86_400;

/** A deploy that began in the middle of a look makes it void: so often it is looked again. */
const TRIES = 3;

type Looking = Pick<Ports, 'approvals' | 'artifacts' | 'clock' | 'git' | 'locks' | 'runs' | 'source'>;

/**
 * Every few minutes: starts what is due by the default branch's `cairn.yaml`. The moment is the trigger, so that it is
 * one run however often it is looked at. What cannot be read holds up no other repository and no other environment.
 */
export const startDriftChecks = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: ['approvals', 'artifacts', 'clock', 'git', 'locks', 'runs', 'source', 'workflows'],
  async run({ repositories }, ports) {
    const started: string[] = [];
    const problems: string[] = [];
    const troubles: unknown[] = [];
    const attempt = async (what: string, work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
        if (!(error instanceof CairnError) || error.fault !== 'user') troubles.push(error);
      }
    };

    for (const repository of repositories) {
      await attempt(repository, async () => {
        for (const [environment, drift] of await schedulesOf(repository, ports)) {
          await attempt(`${environment} of ${repository}`, async () => {
            const request = await dueIn({ repository, environment }, drift, ports);
            if (request) started.push(await startRun('drift', request, environment, ports));
          });
        }
      });
    }
    // Told once all others had their turn: whoever watches this host hears of it, and the next look tries again.
    if (troubles.length > 0) throw new Unavailable(problems.join('\n'), { cause: troubles[0] });
    return { started, problems };
  },
});

async function schedulesOf(repository: string, ports: Pick<Ports, 'source'>): Promise<[string, Drift][]> {
  const config = await configAt(ports, repository, await ports.source.defaultBranch(repository));
  return Object.entries(config?.environments ?? {}).flatMap(([name, { drift }]) =>
    drift ? [[name, drift] as [string, Drift]] : [],
  );
}

async function dueIn(
  place: { repository: string; environment: string },
  { when }: Drift,
  ports: Looking,
): Promise<DriftRequest | null> {
  const moment = newestMoment(when, ports.clock.now(), LATEST);
  const trigger = moment && (await triggerOf(place, moment, ports));
  if (trigger === null || !(await isAnythingToTell(place, ports))) return null;
  // Its turn comes as soon as what is under way is over.
  const lock = await ports.locks.get(place.repository, place.environment);
  if ((await underWay(ports, place, lock)) !== null) return null;
  return { command: 'drift', ...place, origin: { source: 'schedule', login: null, trigger } };
}

/** Null: that moment has had its look. */
async function triggerOf(
  { repository, environment }: { repository: string; environment: string },
  moment: Date,
  ports: Pick<Ports, 'runs'>,
): Promise<string | null> {
  for (let turn = 1; turn <= TRIES; turn++) {
    const trigger = `drift-${moment.toISOString()}${turn === 1 ? '' : `-${turn}`}`;
    const run = await ports.runs.get(runId('drift', repository, environment, trigger));
    if (!run) return trigger;
    if (run.state !== 'superseded') return null;
  }
  return null;
}

/** Something stands there, or what was told of it before is to be closed. What is broken was told when it broke. */
async function isAnythingToTell(
  { repository, environment }: { repository: string; environment: string },
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<boolean> {
  const record = await readOutline(ports, repository, environment);
  if (!record || record.state === 'broken') return false;
  if (record.commit !== null && Object.keys(record.projects).length > 0) return true;
  return ((await readToldDrift(ports, repository, environment))?.digest ?? null) !== null;
}
