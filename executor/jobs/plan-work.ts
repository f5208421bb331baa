import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { OVERRIDE } from '../terraform/backend.ts';
import type { Binary } from '../terraform/version.ts';

/** How a plan was made; stands in `plan.work.tar.gz` beside the files, under a name nobody's file has. */
export const PLAN_NOTE = '.cairn-plan.json';

export interface PlanNote {
  terraform?: Pick<Binary, 'binary' | 'version'> | undefined;
  /** It was made of an empty state on disk: the plan file is of no use where the state is to be. */
  withoutWorkspace?: boolean;
  /** What was hidden since other states mark it: the apply hides the same, so that it comes to the same digest. */
  hidden?: string[];
}

const LOCK = '.terraform.lock.hcl';

/**
 * Packs what a plan left in the checkout: files made or changed after `since` (a zip that a data source
 * wrote, say: its path is in the plan, so the apply needs it in the same place), and the lock file. Not
 * `.terraform/`, which the apply's own init fills.
 */
export async function packPlanWork(
  src: string,
  since: number,
  dir: string,
  note: PlanNote,
  to: string,
): Promise<void> {
  const archive = pack();
  archive.entry({ name: PLAN_NOTE, mode: 0o644, mtime: new Date(0) }, JSON.stringify(note));
  for (const name of leftBehind(src, since, join(dir, LOCK))) {
    const path = join(src, name);
    const stat = lstatSync(path);
    const header = { name, mode: stat.mode & 0o777, mtime: new Date(0) };
    if (stat.isSymbolicLink()) archive.entry({ ...header, type: 'symlink', linkname: readlinkSync(path) });
    else archive.entry(header, readFileSync(path));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  writeFileSync(to, gzipSync(Buffer.concat(chunks)), { mode: 0o600 });
}

/** By the time of the inode's last change, which no program can set back. */
function leftBehind(src: string, since: number, lock: string): string[] {
  const names: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(join(src, folder), { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== '.terraform') folders.push(name);
        continue;
      }
      if (entry.name === OVERRIDE || !(entry.isFile() || entry.isSymbolicLink())) continue;
      if (name === lock || lstatSync(join(src, name)).ctimeMs > since) names.push(name);
    }
  }
  return names.sort();
}

/** The clock of the file system, as it is after everything so far was written. */
export function fileClock(path: string): number {
  writeFileSync(path, '');
  return lstatSync(path).ctimeMs;
}
