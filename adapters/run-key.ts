import { createHmac } from 'node:crypto';

/** Key of a run, hex: the same from the same master key, on every host. */
export function runKeyOf(master: Buffer, runId: string): string {
  return createHmac('sha256', master).update(`cairn run key\n${runId}`).digest('hex');
}
