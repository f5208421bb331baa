import { lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { JobRefused } from '../outcome.ts';

/** An archive that unpacks to more than this is a mistake or an attack. */
const MOST_BYTES = 2 * 1024 ** 3;

/** As many as Linux follows. */
const MOST_LINKS = 40;

/**
 * Unpacks a `.tar.gz` into a folder. Refused: absolute paths, `..`, links that lead out of the folder,
 * hard links, devices. In-process and with synchronous writes: for the few hundred files of most
 * repositories that is as fast as starting `tar`, and the rules are ours rather than those of whichever tar
 * is installed. Links are made last, so that no file is ever written through one.
 */
export async function unpack(archive: string, into: string): Promise<void> {
  /** Path of a link -> where it leads. */
  const links = new Map<string, string>();
  const folders = new Set<string>([into]);
  const folder = (path: string): void => {
    if (folders.has(path)) return;
    mkdirSync(path, { recursive: true });
    folders.add(path);
  };
  const files = extract();
  const bytes = gunzip(archive);
  files.end(bytes);
  for await (const entry of files) {
    const { header } = entry;
    const name = safeName(header, archive);
    const path = name === '' ? into : `${into}/${name}`;
    if (header.type === 'directory') {
      folder(path);
    } else if (header.type === 'symlink') {
      links.set(name, header.linkname ?? '');
    } else if (header.type === 'file' || header.type === 'contiguous-file') {
      if (name === '') throw new JobRefused(`${nameOf(archive)} holds a file without a name.`);
      folder(dirname(path));
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      write(path, Buffer.concat(chunks), (header.mode ?? 0) & 0o100 ? 0o755 : 0o644);
    } else if (header.type) {
      throw new JobRefused(
        `${nameOf(archive)}: ${name} is a ${header.type}; only files, folders and symbolic links are unpacked.`,
      );
    }
    entry.resume();
  }
  makeLinks(links, into, archive, folder);
}

function gunzip(archive: string): Buffer {
  try {
    return gunzipSync(readFileSync(archive), { maxOutputLength: MOST_BYTES });
  } catch (cause) {
    throw new JobRefused(`${nameOf(archive)} cannot be unpacked: ${(cause as Error).message}`, { cause });
  }
}

/** Without `./` in front and `/` behind. */
function safeName(header: Header, archive: string): string {
  const { name } = header;
  const normal = posix.normalize(name).replace(/\/+$/, '');
  if (name.includes('\0') || posix.isAbsolute(name) || name.split('/').includes('..')) {
    throw new JobRefused(
      `${nameOf(archive)} holds the path ${JSON.stringify(name)}, which leads out of the checkout.`,
    );
  }
  return normal === '.' ? '' : normal;
}

/** The same path twice: the later one counts, as with `tar`. */
function write(path: string, body: Buffer, mode: number): void {
  try {
    writeFileSync(path, body, { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !lstatSync(path).isFile()) throw error;
    rmSync(path);
    writeFileSync(path, body, { mode, flag: 'wx' });
  }
}

function makeLinks(
  links: Map<string, string>,
  into: string,
  archive: string,
  folder: (path: string) => void,
): void {
  for (const [name, target] of links) {
    if (name === '' || target === '' || leadsOut(name, links)) {
      throw new JobRefused(
        `${nameOf(archive)}: the link ${name} leads to ${JSON.stringify(target)}, out of the checkout or in a circle. ` +
          'Replace it by a file, or by a relative link inside the repository.',
      );
    }
  }
  for (const [name, target] of links) {
    const path = `${into}/${name}`;
    folder(dirname(path));
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new JobRefused(`${nameOf(archive)}: ${name} is both a link and a folder.`);
    }
    rmSync(path, { force: true });
    symlinkSync(target, path);
  }
}

/** Takes the path step by step as the kernel would, links on the way included. */
function leadsOut(name: string, links: ReadonlyMap<string, string>): boolean {
  const ahead = name.split('/').reverse();
  const at: string[] = [];
  let followed = 0;
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.length === 0) return true;
      at.pop();
      continue;
    }
    const target = links.get([...at, part].join('/'));
    if (target === undefined) {
      at.push(part);
      continue;
    }
    followed += 1;
    if (followed > MOST_LINKS || posix.isAbsolute(target)) return true;
    ahead.push(...target.split('/').reverse());
  }
  return false;
}

function nameOf(archive: string): string {
  return posix.basename(archive);
}
