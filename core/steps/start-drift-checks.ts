import { z } from 'zod';
import { newestMoment } from '../drift/moments.ts';
import { CairnError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import { configAt } from '../projects/load-config.ts';
import { readToldDrift } from '../record/drift.ts';
import { readRecord } from '../record/read.ts';
import { type DriftRequest, repositoryName } from '../requests/request.ts';
import { runId } from '../requests/run-id.ts';
import { startRun } from '../runs/start.ts';
import { step } from './step.ts';

/** Seconds after which a moment is missed: after a night without a host the next one comes soon enough. */
const LATEST = 3600;

/**
 * Every five minutes: starts what is due by the default branch's `cairn.yaml`. The moment is the trigger, so that it is
 * one run however often it is looked at. A repository whose configuration is wrong holds up no other.
 */
export const startDriftChecks = step({
  input: z.object({ repositories: z.array(repositoryName) }),
  ports: ['clock', 'git', 'runs', 'source', 'workflows'],
  async run({ repositories }, ports) {
    const started: string[] = [];
    const problems: string[] = [];
    for (const repository of repositories) {
      try {
        for (const request of await due(repository, ports)) {
          started.push(await startRun('drift', request, request.environment, ports));
        }
      } catch (error) {
        if (!(error instanceof CairnError) || error.fault !== 'user') throw error;
        problems.push(`${repository}: ${error.message}`);
      }
    }
    return { started, problems };
  },
});

async function due(
  repository: string,
  ports: Pick<Ports, 'clock' | 'git' | 'runs' | 'source'>,
): Promise<DriftRequest[]> {
  const config = await configAt(ports, repository, await ports.source.defaultBranch(repository));
  const requests: DriftRequest[] = [];
  for (const [environment, { drift }] of Object.entries(config?.environments ?? {})) {
    const moment = drift && newestMoment(drift.when, ports.clock.now(), LATEST);
    if (!moment) continue;
    const trigger = `drift-${moment.toISOString()}`;
    if (await ports.runs.get(runId('drift', repository, environment, trigger))) continue;
    if (!(await isAnythingToTell(repository, environment, ports))) continue;
    const origin = { source: 'schedule' as const, login: null, trigger };
    requests.push({ command: 'drift', repository, environment, origin });
  }
  return requests;
}

/** Something stands there, or what was told of it before is to be closed. */
async function isAnythingToTell(
  repository: string,
  environment: string,
  ports: Pick<Ports, 'git' | 'source'>,
): Promise<boolean> {
  const record = await readRecord(ports, repository, environment);
  if (!record) return false;
  if (record.commit !== null && Object.keys(record.projects).length > 0) return true;
  return ((await readToldDrift(ports, repository, environment))?.digest ?? null) !== null;
}
