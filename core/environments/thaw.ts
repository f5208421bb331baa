import type { Ports } from '../ports.ts';
import type { Freeze } from '../runs/document.ts';
import { ignoreInvalidToken } from '../runs/tokens.ts';

/**
 * Where a deploy waits for its environment to be unfrozen: in the store of approvals, under a name that no
 * environment has, since it waits without the lock and a break-glass deploy may wait for its approval meanwhile.
 */
export function thawSlot(environment: string): string {
  return `${environment} (thaw)`;
}

/** The longest that a workflow's task waits: 24 days and some, in seconds. */
const LONGEST = 2_147_483;
/** The schedule that ends a freeze may be late; whoever still waits then looks for themselves. */
const LATE = 3_600;

/** Seconds that a run waits before it looks again. */
export function thawWithin(freeze: Freeze, now: Date): number {
  if (freeze.until === null) return LONGEST;
  const left = Math.ceil((Date.parse(freeze.until) - now.getTime()) / 1000);
  return Math.min(LONGEST, Math.max(left, 0) + LATE);
}

/** Lets the run go on that waits for the thaw, if one does. It takes itself out. */
export async function endWait(
  ports: Pick<Ports, 'approvals' | 'workflows'>,
  repository: string,
  environment: string,
): Promise<void> {
  const waiting = await ports.approvals.get(repository, thawSlot(environment));
  if (waiting) await ignoreInvalidToken(ports.workflows.succeed(waiting.token, { outcome: 'thawed' }));
}
