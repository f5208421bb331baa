import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openTrash } from './trash.ts';

/** Where jobs live on this machine. */
export interface Place {
  /** `jobs/`, `work/`, `spare/`, `trash/` and `bin/` stand in it. */
  root: string;
  /** True if jobs run as users of their own. */
  isolated: boolean;
  /** A program or file that every job can read: itself, or a copy among the jobs. */
  reachable(path: string): string;
  /** An empty folder for one executor; with `uid` it is that user's. Whoever made it discards it. */
  spare(uid: number | null): string;
  /** Takes folders away at once and deletes them soon, each as its owner. One that is not there is fine. */
  discard(...folders: string[]): void;
  /** Nothing is deleted any more; the next start does it. */
  close(): void;
}

/** Each job's own user passes through them to what is its own. */
const FOLDERS = ['jobs', 'work', 'spare', 'trash', 'bin'];

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
  for (const name of FOLDERS) {
    mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, name), isolated ? 0o711 : 0o700);
  }
  const trash = openTrash(join(root, 'trash'));
  const spares = join(root, 'spare');
  // Of an earlier server's executors: one that is still at work will find nothing kept, and end.
  trash.take(...readdirSync(spares).map((name) => join(spares, name)));
  return {
    root,
    isolated,
    reachable: (path) => (isolated ? reachable(path, join(root, 'bin')) : path),
    spare(uid) {
      const folder = mkdtempSync(join(spares, 'executor-'));
      if (uid !== null) chownSync(folder, uid, uid);
      return folder;
    },
    discard: trash.take,
    close: trash.close,
  };
}

/** Files that are made later: the server's umask keeps them closed. */
function closeToOthers(dataDir: string): void {
  process.umask(0o077);
  for (const entry of readdirSync(dataDir, { withFileTypes: true })) {
    if (entry.isSymbolicLink() || FOLDERS.includes(entry.name)) continue;
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
