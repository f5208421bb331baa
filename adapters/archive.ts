import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import { InvalidInput, UnsafeSource } from '../core/errors.ts';
import { parentOf, resolveLinks } from '../core/projects/links.ts';
import type { Tree } from '../core/projects/project.ts';
import { type TreeFile, treeOf } from '../core/projects/tree.ts';
import { readOwnTar } from './tar-reader.ts';

/** More than this unpacked is no infrastructure repository: a checkout has to fit into memory. */
const MOST_BYTES = 1024 ** 3;

export interface PackedSource {
  /** gzipped tar without a leading folder: the same bytes for the same files. */
  archive: Uint8Array;
  tree: Tree;
  /** What the archive does not hold, as sentences: submodules, files that Git LFS keeps elsewhere. */
  notes: string[];
}

/**
 * Makes the archive that jobs unpack of the forge's tarball. Throws UnsafeSource for what would leave the
 * checkout when unpacked, InvalidInput for bytes that are no gzipped tar.
 */
export async function packSource(tarball: Uint8Array): Promise<PackedSource> {
  const files = (await readForeignTar(tarball)).sort(byPath);
  refuseUnsafe(files);
  return { archive: await writeTar(files), tree: treeOf(files), notes: notesOf(files) };
}

/** The files of an archive that `packSource` made. Checked again: the store is not trusted with it. */
export async function readSource(archive: Uint8Array): Promise<Tree> {
  const files = readOwnTar(await unzip(archive));
  for (const { path } of files) refusePath(path, path);
  refuseUnsafe(files);
  return treeOf(files);
}

interface ForeignFile extends TreeFile {
  content: Buffer;
}

/** Of the forge: any kind of entry, below one leading folder. */
async function readForeignTar(gzipped: Uint8Array): Promise<ForeignFile[]> {
  const bytes = await unzip(gzipped);
  const files: ForeignFile[] = [];
  const stream = extract();
  await new Promise<void>((resolve, reject) => {
    stream.on('entry', (header, body, next) => {
      const chunks: Buffer[] = [];
      body.on('data', (chunk) => void chunks.push(chunk as Buffer));
      body.on('error', reject);
      body.on('end', () => {
        try {
          const content = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
          const file = fileOf(header, content);
          if (file) files.push(file);
          next();
        } catch (error) {
          stream.destroy(error as Error);
        }
      });
    });
    stream.on('finish', () => resolve());
    stream.on('error', (error: Error) =>
      reject(
        error instanceof UnsafeSource
          ? error
          : new InvalidInput(`The source archive is damaged: ${error.message}. Fetch it again.`, {
              cause: error,
            }),
      ),
    );
    stream.end(bytes);
  });
  return files;
}

function fileOf(header: Header, content: Buffer): ForeignFile | null {
  const path = header.name.replace(/^[^/]+(\/|$)/, '');
  refusePath(header.name, path);
  switch (header.type) {
    // Folders come with their files; one without files is a submodule's place.
    case 'directory':
      return null;
    case 'file':
    case 'contiguous-file':
      if (path === '' || path.endsWith('/')) return null;
      return { path, content, executable: (header.mode & 0o111) !== 0 };
    case 'symlink':
      return { path, content: Buffer.alloc(0), executable: false, link: header.linkname };
    case 'link':
      throw new UnsafeSource(
        `The source has a hard link, ${header.name}; put a file or a symbolic link there.`,
      );
    default:
      throw new UnsafeSource(
        `The source has ${header.name}, which is neither file, folder nor link (${header.type}); take it out.`,
      );
  }
}

const SUSPECT = /^\/|^[A-Za-z]:[\\/]|(?:^|\/)(?:\.\.|\.git)(?:\/|$)|\0/i;

function refusePath(name: string, path: string): void {
  if (!SUSPECT.test(name) && !SUSPECT.test(path)) return;
  const parts = path.split('/');
  const why = name.split('/').includes('..')
    ? 'a path with ".."'
    : parts.some((part) => /^\.git$/i.test(part))
      ? 'a path inside of a .git folder'
      : name.includes('\0')
        ? 'a path with a NUL'
        : 'an absolute path';
  throw new UnsafeSource(`The source has ${why}: ${JSON.stringify(name)}. Take it out.`);
}

/** Files come sorted by path. */
function refuseUnsafe(files: readonly TreeFile[]): void {
  const links = new Map<string, string>();
  let last: string | null = null;
  for (const { path, link } of files) {
    if (path === last) throw new UnsafeSource(`The source has ${JSON.stringify(path)} twice.`);
    if (last !== null && path < last)
      throw new InvalidInput('The source archive is not in order. Fetch it again.');
    last = path;
    if (link !== undefined) links.set(path, link);
  }
  for (const [path, target] of links) {
    if (resolveLinks(links, path) === null) {
      throw new UnsafeSource(
        `The link ${path} -> ${target} leaves the repository (or turns in a circle). Point it at a file inside.`,
      );
    }
  }
  if (links.size === 0) return;
  for (const { path } of files) {
    for (let dir = parentOf(path); dir !== '.'; dir = parentOf(dir)) {
      // Unpacked, such a file would be written wherever the link points.
      if (links.has(dir)) throw new UnsafeSource(`The source has ${path} below ${dir}, which is a link.`);
    }
  }
}

async function writeTar(files: readonly ForeignFile[]): Promise<Uint8Array> {
  const stream = pack();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk) => void chunks.push(chunk as Buffer));
  const done = new Promise<void>((resolve, reject) => {
    stream.on('end', () => resolve());
    stream.on('error', reject);
  });
  // Nothing of the clock or of the machine: equal files are equal bytes.
  const same = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  for (const { path, content, link, executable } of files) {
    if (link === undefined) stream.entry({ ...same, name: path, mode: executable ? 0o755 : 0o644 }, content);
    else stream.entry({ ...same, name: path, mode: 0o777, type: 'symlink', linkname: link });
  }
  stream.finalize();
  await done;
  const zipped = await promisify(gzip)(Buffer.concat(chunks), { level: 1 });
  // RFC 1952: byte 9 names the operating system that zipped; 255 is "unknown".
  zipped[9] = 255;
  return zipped;
}

async function unzip(gzipped: Uint8Array): Promise<Buffer> {
  try {
    return await promisify(gunzip)(gzipped, { maxOutputLength: MOST_BYTES, chunkSize: 4 * 1024 ** 2 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new UnsafeSource(
        'The source unpacks to more than 1 GiB; keep large files out of the repository.',
        { cause: error },
      );
    }
    throw new InvalidInput(`The source archive is damaged: ${(error as Error).message}. Fetch it again.`, {
      cause: error,
    });
  }
}

function notesOf(files: readonly ForeignFile[]): string[] {
  const notes: string[] = [];
  const gitmodules = files.find((file) => file.path === '.gitmodules');
  for (const [, path] of gitmodules?.content.toString().matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm) ?? []) {
    notes.push(`The submodule ${path} is not part of the source: Cairn does not fetch submodules.`);
  }
  const lfs = files.filter(
    (file) => file.content.length < 1024 && file.content.includes('version https://git-lfs.github.com/spec/'),
  );
  if (lfs.length > 0) {
    const names = lfs
      .slice(0, 5)
      .map((file) => file.path)
      .join(', ');
    notes.push(
      `Kept by Git LFS, present only as pointers: ${names}${lfs.length > 5 ? `, and ${lfs.length - 5} more` : ''}.`,
    );
  }
  return notes;
}

function byPath(a: ForeignFile, b: ForeignFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
