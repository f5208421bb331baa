import { createHash } from 'node:crypto';

/** A run's id, 20 hex digits: a hash of what triggered it, so that the same trigger twice is one run. */
export function runId(command: string, repository: string, environment: string, trigger: string): string {
  const parts = JSON.stringify([command, repository, environment, trigger]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 20);
}
