import { stateKey } from '../jobs/keys.ts';
import type { Ports } from '../ports.ts';
import { readJson } from '../runs/store.ts';

type Place = { repository: string; environment: string };

function key(of: Place, project: string): string {
  return `stale-locks/${stateKey(of, project)}.json`;
}

/**
 * A lock that one of our own jobs left on a state (its terraform was killed), by the id that the job itself
 * reported. The project's next plan takes it away; a lock with another id is somebody else's and stays.
 */
export async function staleLock(
  ports: Pick<Ports, 'artifacts'>,
  of: Place,
  project: string,
): Promise<string | null> {
  if (!(await ports.artifacts.has(key(of, project)))) return null;
  return (await readJson<{ lockId: string | null }>(ports, key(of, project))).lockId;
}

/** `lockId` null: it is gone. */
export async function noteStaleLock(
  ports: Pick<Ports, 'artifacts'>,
  of: Place,
  project: string,
  lockId: string | null,
): Promise<void> {
  await ports.artifacts.put(key(of, project), JSON.stringify({ lockId }));
}
