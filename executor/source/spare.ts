import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from './sha256.ts';
import { unpack } from './unpack.ts';

/** Lays the sources of the jobs of one process, and hands a checkout on instead of making the same again. */
export interface Spare {
  /** Makes `src`, with what is in the archive. */
  lay(archive: string, src: string): Promise<void>;
  /** The job is done with the checkout that was laid for it: the next one may have it. */
  keep(src: string): void;
}

interface Checkout {
  /** SHA-256 of the archive it was unpacked from. */
  archive: string;
  /** What stands at each path in it, itself being ''. */
  entries: ReadonlyMap<string, string>;
}

/**
 * The projects of one commit are planned one after the other, each in a work folder of its own. To unpack the whole
 * repository for each and to delete it again takes longer than many a plan, so what one job leaves is moved to where
 * the next one wants it: if that has the same archive, and only as far as nobody touched it. `folder` is this
 * process's alone.
 */
export function createSpare(folder: string): Spare {
  const path = join(folder, 'src');
  let laid: Checkout | null = null;
  let kept: Checkout | null = null;

  function take(archive: string, src: string): Checkout | null {
    const found = kept;
    kept = null;
    if (!found) return null;
    try {
      if (found.archive === archive && isUntouched(path, found.entries)) {
        renameSync(path, src);
        return found;
      }
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Something of it cannot be read or removed: the host clears this process's folder away as a whole.
    }
    return null;
  }

  return {
    async lay(archive, src) {
      laid = null;
      const digest = sha256Of(archive);
      const taken = take(digest, src);
      if (!taken) await layNew(archive, src);
      laid = taken ?? { archive: digest, entries: look(src) };
    },
    keep(src) {
      if (!laid) return;
      try {
        renameSync(src, path);
        kept = laid;
      } catch {
        // The next job unpacks its own.
      }
      laid = null;
    },
  };
}

export async function layNew(archive: string, src: string): Promise<void> {
  mkdirSync(src, { mode: 0o700 });
  await unpack(archive, src);
}

function look(src: string): Checkout['entries'] {
  const entries = new Map<string, string>();
  const add = (name: string): void => {
    const at = join(src, name);
    const stat = lstatSync(at);
    entries.set(name, markOf(stat));
    if (stat.isDirectory()) for (const inner of readdirSync(at)) add(join(name, inner));
  };
  add('');
  return entries;
}

/** Takes away what came in addition, and answers whether the rest is what it was. */
function isUntouched(src: string, entries: Checkout['entries']): boolean {
  let found = 0;
  const check = (name: string): boolean => {
    const at = join(src, name);
    const mark = entries.get(name);
    if (mark === undefined) {
      rmSync(at, { recursive: true });
      return true;
    }
    found += 1;
    const stat = lstatSync(at);
    if (markOf(stat) !== mark) return false;
    return !stat.isDirectory() || readdirSync(at).every((inner) => check(join(name, inner)));
  };
  return check('') && found === entries.size;
}

/**
 * Which folder it is; of a file also when its inode was changed last, to the tick: no program can choose that time.
 * A clock that ticks in seconds would not show what a job did at once: then no two marks are equal.
 */
function markOf(stat: Stats): string {
  const which = `${stat.ino} ${stat.mode}`;
  if (stat.isDirectory()) return which;
  return Number.isInteger(stat.ctimeMs / 1000) ? randomUUID() : `${which} ${stat.ctimeMs}`;
}
