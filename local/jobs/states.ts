import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Conflict, InvalidInput } from '../../core/errors.ts';

/** What every terraform state of today says about itself. */
export interface StateHeader {
  version: 4;
  serial: number;
  lineage: string;
}

const CURRENT = 'current.tfstate';

/** Former versions of a state that stay beside it. */
const KEPT_VERSIONS = 50;

/** Keys of all states that are kept: `<owner>/<name>/<environment>/<project>`, sorted. */
export async function listStates(folder: string): Promise<string[]> {
  const keys: string[] = [];
  const walk = async (path: string, parts: string[]): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await walk(join(path, entry.name), [...parts, decodeURIComponent(entry.name)]);
      else if (entry.name === CURRENT) keys.push(parts.join('/'));
    }
  };
  try {
    await walk(folder, []);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return keys.sort();
}

/** Null if there is none yet. */
export async function readState(folder: string, key: string): Promise<Uint8Array | null> {
  try {
    return await readFile(join(pathOf(folder, key), CURRENT));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Stores a state; the one before it stays as `<n>.tfstate`. The same bytes again change nothing. Refused with
 * Conflict, unless forced: a state of another lineage, or one older than what is there.
 */
export async function writeState(
  folder: string,
  key: string,
  bytes: Uint8Array,
  options: { force?: boolean } = {},
): Promise<void> {
  const next = stateHeader(bytes, key);
  const path = pathOf(folder, key);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const current = await readState(folder, key);
  if (current) {
    if (Buffer.compare(current, bytes) === 0) return;
    if (!options.force) refuseOther(stateHeader(current, key), next, key);
  }
  const draft = join(path, `.${randomBytes(6).toString('hex')}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  if (current) await keepVersion(path);
  await rename(draft, join(path, CURRENT));
}

/** Takes a state out of use: it stays as its newest version, and is not current any more. */
export async function retireState(folder: string, key: string): Promise<void> {
  if ((await readState(folder, key)) === null) return;
  const path = pathOf(folder, key);
  await keepVersion(path);
  await rm(join(path, CURRENT));
}

/** Throws InvalidInput for anything that is not a state of version 4. */
export function stateHeader(bytes: Uint8Array, where: string): StateHeader {
  let state: Partial<StateHeader> | null;
  try {
    state = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<StateHeader> | null;
  } catch (cause) {
    throw new InvalidInput(`The state of ${where} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const { version, serial, lineage } = state ?? {};
  if (version !== 4 || !Number.isInteger(serial) || typeof lineage !== 'string') {
    throw new InvalidInput(
      `The state of ${where} is not a terraform state of version 4 (it needs version, serial and lineage). ` +
        'Export it with `terraform state pull`.',
    );
  }
  return { version, serial: serial as number, lineage };
}

function refuseOther(current: StateHeader, next: StateHeader, key: string): void {
  if (next.lineage !== current.lineage && current.lineage !== '') {
    throw new Conflict(
      `The state of ${key} has the lineage ${current.lineage}, the new one ${next.lineage || '(none)'}: they are states of ` +
        'different things. If the new one is right, import it with --force.',
    );
  }
  if (next.serial < current.serial) {
    throw new Conflict(
      `The state of ${key} has the serial ${current.serial}, the new one is older (${next.serial}). ` +
        'If the older one is right, import it with --force.',
    );
  }
}

/** A link, so that there is a current one at every moment. */
async function keepVersion(path: string): Promise<void> {
  const numbers = (await readdir(path))
    .map((name) => Number(/^(\d+)\.tfstate$/.exec(name)?.[1] ?? Number.NaN))
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
  await link(join(path, CURRENT), join(path, `${(numbers.at(-1) ?? 0) + 1}.tfstate`));
  for (const number of numbers.slice(0, Math.max(0, numbers.length + 1 - KEPT_VERSIONS))) {
    await rm(join(path, `${number}.tfstate`), { force: true });
  }
}

/** A folder for each part of the key; without a dot in its name, so that it is none of the files. */
function pathOf(folder: string, key: string): string {
  const parts = key.split('/');
  if (parts.some((part) => part === ''))
    throw new InvalidInput(`${JSON.stringify(key)} is not the key of a state.`);
  return join(folder, ...parts.map((part) => encodeURIComponent(part).replaceAll('.', '%2E')));
}
