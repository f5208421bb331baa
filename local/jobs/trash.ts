import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, lstatSync, readdirSync, renameSync } from 'node:fs';
import { type FileHandle, open, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

interface Trash {
  /** Takes folders away at once; they are deleted soon. One that is not there is fine. */
  take(...folders: string[]): void;
  /** What is still in it is deleted by the next start. */
  close(): void;
}

/**
 * Jobs come in bursts: what they leave is deleted together, by one process for each user, and once it is quiet. A file
 * system that is deleting makes the jobs of the same moment wait.
 */
const QUIET_MS = 500;
/** Where it is never quiet. */
const LATEST_MS = 10_000;

/** Opens the folder, and empties it of what an earlier server left. */
export function openTrash(dir: string): Trash {
  const known = new Map<string, number>(
    readdirSync(dir).map((name) => [name, lstatSync(join(dir, name)).uid]),
  );
  let timer: NodeJS.Timeout | null = null;
  let latest = 0;
  let emptying: Promise<void> | null = null;
  let closed = false;

  function soon(): void {
    if (closed || emptying || known.size === 0) return;
    if (timer) clearTimeout(timer);
    else latest = Date.now() + LATEST_MS;
    timer = setTimeout(
      () => {
        timer = null;
        emptying = empty().finally(() => {
          emptying = null;
          soon();
        });
      },
      Math.max(0, Math.min(QUIET_MS, latest - Date.now())),
    );
    timer.unref();
  }

  async function empty(): Promise<void> {
    const byOwner = new Map<number, string[]>();
    for (const [name, owner] of known) byOwner.set(owner, [...(byOwner.get(owner) ?? []), join(dir, name)]);
    known.clear();
    for (const [owner, paths] of byOwner) await remove(owner, paths);
  }

  soon();
  return {
    take(...folders) {
      for (const folder of folders) {
        const stat = lstatSync(folder, { throwIfNoEntry: false });
        if (!stat) continue;
        const name = randomBytes(8).toString('hex');
        renameSync(folder, join(dir, name));
        known.set(name, stat.uid);
      }
      soon();
    },
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
    },
  };
}

async function remove(owner: number, paths: readonly string[]): Promise<void> {
  const foreign = process.getuid?.() === 0 && owner !== 0;
  const left: string[] = [];
  for (const path of paths) if (!(await (foreign ? removeFlat(path) : removeDeep(path)))) left.push(path);
  for (let at = 0; at < left.length; at += MOST_AT_ONCE) {
    await removeByForce(foreign ? owner : null, left.slice(at, at + MOST_AT_ONCE));
  }
  // Emptied; the folder itself stands in one of root's. What could not be emptied waits for the next start.
  for (const path of left) await rmdir(path).catch(() => undefined);
}

async function removeDeep(path: string): Promise<boolean> {
  try {
    await rm(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/**
 * A folder that holds nothing but files, as most do: without a process of the owner's for it. Through its
 * descriptor and one level deep there is nothing that could be swapped for a link.
 */
async function removeFlat(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  let opened: FileHandle | null = null;
  try {
    opened = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const inside = `/proc/self/fd/${opened.fd}`;
    for (const name of await readdir(inside)) await unlink(`${inside}/${name}`);
    await rmdir(folder);
    return true;
  } catch {
    return false;
  } finally {
    await opened?.close();
  }
}

/** Folders may be closed to their own user: Go's cache of modules is, for one. */
const BY_FORCE = 'rm -rf -- "$@" || { chmod -R u+rwx -- "$@"; rm -rf -- "$@"; }';

/** What one command line surely holds. */
const MOST_AT_ONCE = 1000;

/** Not as root: a process that a job left could swap a folder for a link while it is being emptied. */
function removeByForce(uid: number | null, paths: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const user = uid === null ? {} : { uid, gid: uid };
    const child = spawn('/bin/sh', ['-c', BY_FORCE, 'sh', ...paths], { ...user, stdio: 'ignore' });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
