import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A state that terraform could not write to its own backend (`errored.tfstate`), until the next job of the
 * same project has pushed it.
 */
export async function keepErrored(states: string, folder: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folderOf(states), { recursive: true, mode: 0o700 });
  await writeFile(pathOf(states, folder), bytes, { mode: 0o600 });
}

export async function readErrored(states: string, folder: string): Promise<Uint8Array | null> {
  try {
    return await readFile(pathOf(states, folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export async function forgetErrored(states: string, folder: string): Promise<void> {
  await rm(pathOf(states, folder), { force: true });
}

/** Beside the states, not among them. */
function folderOf(states: string): string {
  return `${states}-errored`;
}

function pathOf(states: string, folder: string): string {
  return join(folderOf(states), `${createHash('sha256').update(folder).digest('hex').slice(0, 24)}.tfstate`);
}
