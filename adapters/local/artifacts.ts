import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { CairnError, InvalidInput, NotFound, Unavailable } from '../../core/errors.ts';
import type { Artifacts } from '../../core/ports.ts';
import { TEMPORARY, validKey } from '../artifact-key.ts';

/** A file being written is older than this only if its writer died. */
const LEFT_OVER_MS = 3_600_000;

/**
 * Artifacts as files: `<dir>/<key>`. Folders are 0700 and files 0600, since plan files hold secrets. A file
 * is written beside, synced, and only then given its name: a reader sees all of it or nothing.
 */
export function fileArtifacts(dir: string): Artifacts {
  const root = path.resolve(dir);
  const made = new Set<string>();
  let swept: Promise<void> | null = null;

  async function folder(target: string): Promise<void> {
    if (made.has(target)) return;

    const first = await mkdir(target, { recursive: true, mode: 0o700 });
    if (first) await syncChain(path.dirname(first), path.dirname(target));
    made.add(target);
  }

  /** The body in a temporary file, on disk. */
  async function write(body: Uint8Array | string): Promise<string> {
    // Below the same folder, since a rename is atomic within one file system only.
    const temporary = path.join(root, TEMPORARY, randomUUID());
    await folder(path.dirname(temporary));
    swept ??= sweep(path.dirname(temporary));
    await swept;

    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
    return temporary;
  }

  async function place(key: string, body: Uint8Array | string, how: 'new' | 'replace'): Promise<boolean> {
    const target = path.join(root, validKey(key));
    const temporary = await write(body);

    try {
      await folder(path.dirname(target));
      // A link fails if the name is taken, in one step and whoever asks: that is what makes it write-once.
      if (how === 'new') await link(temporary, target);
      else await rename(temporary, target);
      await sync(path.dirname(target));
      return true;
    } catch (error) {
      if (how === 'new' && code(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    get: (key) => reach(key, async () => new Uint8Array(await readFile(path.join(root, validKey(key))))),
    put: (key, body) =>
      reach(key, async () => {
        await place(key, body, 'replace');
      }),
    putNew: (key, body) => reach(key, () => place(key, body, 'new')),
    has: (key) => reach(key, () => isFile(path.join(root, validKey(key)))),
    list: (prefix) => reach(prefix, () => list(root, prefix)),
  };
}

async function list(root: string, prefix: string): Promise<string[]> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1).replace(/\/$/, '');
  if (start !== '') validKey(start);

  const keys: string[] = [];
  await walk(root, start, keys);
  // S3's order: by bytes.
  return keys
    .filter((key) => key.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function walk(root: string, below: string, keys: string[]): Promise<void> {
  const entries = await readdir(path.join(root, below), { withFileTypes: true }).catch((error) => {
    if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return [];
    throw error;
  });

  for (const entry of entries) {
    const key = below === '' ? entry.name : `${below}/${entry.name}`;
    if (key === TEMPORARY) continue;
    if (entry.isDirectory()) await walk(root, key, keys);
    else if (entry.isFile()) keys.push(key);
  }
}

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if (code(error) === 'ENOENT' || code(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** A name is on disk when its folder is. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Syncs every folder from `upper` down to `lower`. */
async function syncChain(upper: string, lower: string): Promise<void> {
  for (let at = lower; at.length >= upper.length; at = path.dirname(at)) {
    await sync(at);
    if (at === path.dirname(at)) return;
  }
}

async function sweep(temporary: string): Promise<void> {
  for (const name of await readdir(temporary)) {
    const file = path.join(temporary, name);
    const info = await stat(file).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFT_OVER_MS) await rm(file, { force: true });
  }
}

function code(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

async function reach<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CairnError) throw error;

    switch (code(error)) {
      case 'ENOENT':
      case 'EISDIR':
        throw new NotFound(`there is no artifact "${key}"`, { cause: error });
      case 'ENOTDIR':
      case 'EEXIST':
        throw new InvalidInput(
          `artifact "${key}" cannot stand below another artifact: choose a key that is not a folder's`,
          { cause: error },
        );
      default:
        throw new Unavailable(`artifact "${key}" could not be reached: ${(error as Error).message}`, {
          cause: error,
        });
    }
  }
}
