import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { InvalidInput } from '../../core/errors.ts';
import type { Keys } from '../../core/ports.ts';
import { runKeyOf } from '../run-key.ts';

/**
 * Run keys from one master key: `<dir>/master.key`, made once, 32 bytes in hex, readable by the server alone.
 * A lost master key means that plans made before no longer match their approvals, and nothing worse.
 */
export function localKeys(dir: string): Keys {
  const file = path.join(dir, 'master.key');
  let master: Promise<Buffer> | null = null;

  return {
    async runKey(runId) {
      master ??= load(file).catch((error) => {
        master = null;
        throw error;
      });
      return runKeyOf(await master, runId);
    },
  };
}

async function load(file: string): Promise<Buffer> {
  await makeOnce(file);
  await refuseIfShared(file, 'master key');

  const text = (await readFile(file, 'utf8')).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new InvalidInput(
      `the master key ${file} is not 64 hexadecimal digits: restore it, or move it away and a new one is made`,
    );
  }
  return Buffer.from(text, 'hex');
}

/** Written beside and linked: of two servers that start at once, one makes the key and both read that one. */
async function makeOnce(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  if (await stat(file).catch(() => null)) return;

  const temporary = `${file}.${randomUUID()}`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(32).toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }

  try {
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Throws if anybody but the owner could read the file. */
export async function refuseIfShared(file: string, what: string): Promise<void> {
  const mode = (await stat(file)).mode & 0o777;
  if ((mode & 0o077) === 0) return;

  throw new InvalidInput(
    `the ${what} ${file} can be read by others (mode ${mode.toString(8)}): run "chmod 600 ${file}"`,
  );
}
