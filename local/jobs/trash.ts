import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

interface Trash {
  /** Takes folders away at once; they are deleted soon. One that is not there is fine. */
  take(...folders: string[]): void;
  /** What is still in it is deleted by the next start. */
  close(): void;
}

/** Jobs end in bursts: what they leave is deleted together, by one process for each user. */
const SOON_MS = 200;

/** Opens the folder, and empties it of what an earlier server left. */
export function openTrash(dir: string): Trash {
  const known = new Map<string, number>(
    readdirSync(dir).map((name) => [name, lstatSync(join(dir, name)).uid]),
  );
  let timer: NodeJS.Timeout | null = null;
  let emptying: Promise<void> | null = null;
  let closed = false;

  function soon(): void {
    if (closed || timer || emptying || known.size === 0) return;
    timer = setTimeout(() => {
      timer = null;
      emptying = empty().finally(() => {
        emptying = null;
        soon();
      });
    }, SOON_MS);
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
  if (process.getuid?.() !== 0 || owner === 0) {
    for (const path of paths) await rm(path, { recursive: true, force: true });
    return;
  }
  const deep = paths.filter((path) => !removeFlat(path));
  if (deep.length === 0) return;
  await removeAs(owner, deep);
  // Emptied; the folder itself stands in one of root's. What could not be emptied waits for the next start.
  for (const path of deep) await rmdir(path).catch(() => undefined);
}

/**
 * A folder that holds nothing but files, as most do: without a process of the owner's for it. Through its
 * descriptor and one level deep there is nothing that could be swapped for a link.
 */
function removeFlat(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  let fd: number | null = null;
  try {
    fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    const inside = `/proc/self/fd/${fd}`;
    for (const name of readdirSync(inside)) unlinkSync(`${inside}/${name}`);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** Not as root: a process that a job left could swap a folder for a link while it is being emptied. */
function removeAs(uid: number, paths: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('rm', ['-rf', '--', ...paths], { uid, gid: uid, stdio: 'ignore' });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
}
