import { isEphemeral } from '../ephemeral/name.ts';
import type { Lock, Ports } from '../ports.ts';
import { readOutline } from '../record/read.ts';
import { touchedTheWorld } from '../runs/document.ts';
import { loadDocument } from '../runs/store.ts';

type Needs = Pick<Ports, 'approvals' | 'artifacts' | 'ephemerals' | 'git' | 'locks' | 'runs' | 'source'>;
type Place = { repository: string; environment: string };

export interface Quiet {
  /** Who may be changing the environment at this moment, as a sentence; null: nobody. */
  busy: string | null;
  /** The same as long as nobody began to change it, and nobody ended. */
  basis: string;
}

/**
 * What a deploy changes while projects are compared would be taken for drift. One that only waits for a person has
 * changed nothing yet, unless it was asked about in the middle of its waves.
 */
export async function quietOf(ports: Needs, place: Place): Promise<Quiet> {
  const [lock, made] = await Promise.all([
    ports.locks.get(place.repository, place.environment),
    lastChange(ports, place),
  ]);
  const holder = lock?.holder ?? null;
  const basis = `${made.number}/${lock?.fence ?? 0}/${holder?.runId ?? ''}`;
  return { busy: made.busy ?? (await underWay(ports, place, lock)), basis };
}

/** The run that has the environment and may be changing it, as a sentence. */
export async function underWay(
  ports: Pick<Ports, 'approvals' | 'artifacts' | 'runs'>,
  place: Place,
  lock: Lock | null,
): Promise<string | null> {
  const holder = lock?.holder ?? null;
  if (holder === null || (await onlyWaits(ports, place, holder.runId))) return null;
  const run = await ports.runs.get(holder.runId);
  return `Run ${run?.number ?? '?'} (${holder.command}) is under way in ${place.environment}.`;
}

async function lastChange(
  ports: Needs,
  { repository, environment }: Place,
): Promise<{ number: number; busy: string | null }> {
  if (!isEphemeral(environment)) {
    return { number: (await readOutline(ports, repository, environment))?.deployment ?? 0, busy: null };
  }
  const found = await ports.ephemerals.get(repository, environment);
  const isBusy = found?.state === 'launching' || found?.state === 'destroying';
  return { number: found?.version ?? 0, busy: isBusy ? `${environment} is ${found.state}.` : null };
}

async function onlyWaits(
  ports: Pick<Ports, 'approvals' | 'artifacts'>,
  { repository, environment }: Place,
  runId: string,
): Promise<boolean> {
  const waiting = await ports.approvals.get(repository, environment);
  if (waiting?.runId !== runId) return false;
  return !touchedTheWorld(await loadDocument(ports, waiting.doc));
}
