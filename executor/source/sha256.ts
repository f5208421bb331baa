import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Of a file, hex. */
export function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
