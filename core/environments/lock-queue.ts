import type { Lock, LockClaim } from '../ports.ts';

/** The lock after `claim`: taken if it is free, else queued for; the same run again keeps its place. */
export function claimed(lock: Lock, claim: LockClaim): Lock {
  if (!lock.holder) return { ...lock, fence: lock.fence + 1, holder: claim };
  if (lock.holder.runId === claim.runId) return { ...lock, holder: claim };

  const place = lock.waiting.findIndex((waits) => waits.runId === claim.runId);
  if (place === -1) return { ...lock, waiting: [...lock.waiting, claim] };

  return { ...lock, waiting: lock.waiting.with(place, claim) };
}

/** The lock after `runId` let go of it, or left the queue. */
export function released(lock: Lock, runId: string): Lock {
  if (lock.holder?.runId !== runId) {
    return { ...lock, waiting: lock.waiting.filter((waits) => waits.runId !== runId) };
  }

  const [next, ...others] = lock.waiting;
  if (!next) return { ...lock, holder: null };

  return { ...lock, fence: lock.fence + 1, holder: next, waiting: others };
}
