import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Where jobs live on this machine. */
export interface Place {
  /** `jobs/`, `work/`, `trash/` and `bin/` stand in it. */
  root: string;
  /** True if jobs run as users of their own. */
  isolated: boolean;
  /** A program or file that every job can read: itself, or a copy among the jobs. */
  reachable(path: string): string;
  /** Takes folders away at once, then deletes them, each as its owner. One that is not there is fine. */
  discard(...folders: string[]): Promise<void>;
}

/**
 * Below the data folder where that can be. Jobs of other users have to pass through all folders above theirs;
 * where they cannot (a data folder below /root, say) the jobs live below /var/tmp instead. What else is in the
 * data folder is closed to them: 0700 and 0600, whatever the umask was when it was made.
 */
export async function openPlace(
  dataDir: string,
  isolated: boolean,
  log: (message: string) => void,
): Promise<Place> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const real = realpathSync(dataDir);
  let root = real;
  if (isolated) {
    closeToOthers(real);
    if (!isOpenTo(dirname(real))) {
      root = join('/var/tmp', `cairn-${createHash('sha256').update(real).digest('hex').slice(0, 12)}`);
      log(`Jobs live in ${root}: their users cannot pass through the folders above ${real}.`);
    }
    openFolder(root);
    if (root !== real) chmodSync(real, 0o700);
  }
  for (const name of ['jobs', 'work', 'trash', 'bin']) {
    mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, name), isolated ? 0o711 : 0o700);
  }
  await emptyTrash(join(root, 'trash'));
  return {
    root,
    isolated,
    reachable: (path) => (isolated ? reachable(path, join(root, 'bin')) : path),
    discard: (...folders) => discard(folders, join(root, 'trash')),
  };
}

/** Files that are made later: the server's umask keeps them closed. */
function closeToOthers(dataDir: string): void {
  process.umask(0o077);
  for (const entry of readdirSync(dataDir, { withFileTypes: true })) {
    if (entry.isSymbolicLink() || ['jobs', 'work', 'bin', 'trash'].includes(entry.name)) continue;
    const path = join(dataDir, entry.name);
    chmodSync(path, statSync(path).mode & 0o700);
  }
}

/** A name below /var/tmp can be taken by anybody; only a folder of root's that nobody else can write will do. */
function openFolder(root: string): void {
  mkdirSync(root, { recursive: true });
  const stat = lstatSync(root);
  if (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0) {
    throw new Error(
      `${root} is not a folder of root's that only root can write. Look who made it, and remove it.`,
    );
  }
  chmodSync(root, 0o711);
}

/** Whether any user may pass through this folder and all above it. */
function isOpenTo(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return folder === dirname(folder) || isOpenTo(dirname(folder));
}

function reachable(path: string, bin: string): string {
  const real = realpathSync(path);
  const stat = statSync(real);
  const program = (stat.mode & 0o100) !== 0;
  if (isOpenTo(dirname(real)) && (stat.mode & (program ? 0o005 : 0o004)) === (program ? 0o005 : 0o004))
    return real;
  // By size and time for programs (node has 100 MB), by content for the bundle, which is small.
  const mark = stat.size > 1024 ** 2 ? `${real} ${stat.size} ${stat.mtimeMs}` : readFileSync(real);
  const folder = join(bin, createHash('sha256').update(mark).digest('hex').slice(0, 16));
  const copy = join(folder, basename(real));
  if (existsSync(copy)) return copy;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const draft = `${copy}.${randomBytes(4).toString('hex')}`;
  copyFileSync(real, draft, constants.COPYFILE_FICLONE);
  chmodSync(draft, program ? 0o755 : 0o644);
  renameSync(draft, copy);
  return copy;
}

async function discard(folders: readonly string[], trash: string): Promise<void> {
  const mine: string[] = [];
  const byOwner = new Map<number, string[]>();
  for (const folder of folders) {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (!stat) continue;
    const gone = join(trash, randomBytes(8).toString('hex'));
    renameSync(folder, gone);
    if (process.getuid?.() !== 0 || stat.uid === 0) mine.push(gone);
    else if (removeFlat(gone)) continue;
    else byOwner.set(stat.uid, [...(byOwner.get(stat.uid) ?? []), gone]);
  }
  for (const [owner, paths] of byOwner) {
    await removeAs(owner, paths);
    // Emptied; the folder itself stands in one of root's. What could not be emptied waits for the next start.
    for (const path of paths) await rmdir(path).catch(() => undefined);
  }
  for (const path of mine) await rm(path, { recursive: true, force: true });
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

/** What an earlier server was killed over. */
async function emptyTrash(trash: string): Promise<void> {
  await discard(
    readdirSync(trash).map((name) => join(trash, name)),
    trash,
  );
}
