import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** No file that a job leaves is larger; what is, was meant to fill the server's memory. */
const MOST_BYTES = 512 * 1024 ** 2;

/**
 * Reads a file that a job made, below a folder that the job cannot replace. The job runs code of others: it
 * could leave a link to a file of the server there, which the server, being root, would then read and publish.
 * So no link is followed at any step, and only a plain file with one name, owned by the job's user, is read.
 * Null if there is none.
 */
export function readJobFile(folder: string, parts: readonly string[], owner: number | null): Buffer | null {
  const fds: number[] = [];
  try {
    let at = folder;
    for (const [index, part] of parts.entries()) {
      const last = index === parts.length - 1;
      // O_NONBLOCK: a pipe must not make the server wait for a writer.
      const kind = last ? constants.O_NONBLOCK : constants.O_DIRECTORY;
      const fd = openSync(join(at, part), constants.O_RDONLY | constants.O_NOFOLLOW | kind);
      fds.push(fd);
      // Through the descriptor: the folder that was opened, whatever stands under its name by now.
      at = process.platform === 'linux' ? `/proc/self/fd/${fd}` : join(at, part);
    }
    const fd = fds.at(-1);
    if (fd === undefined) return null;
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink > 1 || stat.size > MOST_BYTES) return null;
    if (owner !== null && stat.uid !== owner) return null;
    return readFileSync(fd);
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
