import { Misconfigured } from '../../../core/errors.ts';
import type { Keys } from '../../../core/ports.ts';
import { runKeyOf } from '../../run-key.ts';

/** As many characters of a random text hold 32 bytes and more. */
const SHORTEST = 43;

/**
 * Run keys from the master key, made as on one machine. A master key that is changed means that plans made
 * before no longer match their approvals, and nothing worse.
 */
export function masterKeys(master: () => Promise<string>): Keys {
  return {
    async runKey(runId) {
      return runKeyOf(bytesOf((await master()).trim()), runId);
    },
  };
}

function bytesOf(text: string): Buffer {
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (text.length >= SHORTEST) return Buffer.from(text);
  throw new Misconfigured(
    `The master key is too short to be one: its secret is to hold 64 hexadecimal digits, such as "openssl rand -hex 32" prints.`,
  );
}
