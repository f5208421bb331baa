import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { Unavailable } from '../core/errors.ts';

/** What is fetched where neither terraform nor tofu is installed. */
export const OPENTOFU_VERSION = '1.10.6';

interface FetchOpenTofu {
  /** Folder for it: `<dir>/opentofu-<version>/tofu`. */
  dir: string;
  version?: string;
  /** Without a trailing slash; the release's files are below `/v<version>/`. */
  base?: string;
  platform?: NodeJS.Platform;
  arch?: string;
}

const RELEASES = 'https://github.com/opentofu/opentofu/releases/download';
const LARGEST = 256 * 1024 * 1024;

/**
 * The folder that holds `tofu`: there from before, or fetched now and checked against the release's published
 * list of SHA-256 sums. Throws Unavailable, saying what to do instead, for a wrong sum and for no network.
 */
export async function fetchOpenTofu(options: FetchOpenTofu): Promise<string> {
  const {
    version = OPENTOFU_VERSION,
    base = RELEASES,
    platform = process.platform,
    arch = process.arch,
  } = options;
  const folder = path.join(options.dir, `opentofu-${version}`);
  if (await stat(path.join(folder, 'tofu')).catch(() => null)) return folder;

  const name = `tofu_${version}_${platform}_${arch === 'x64' ? 'amd64' : arch}.tar.gz`;
  const [sums, archive] = await Promise.all([
    download(`${base}/v${version}/tofu_${version}_SHA256SUMS`),
    download(`${base}/v${version}/${name}`),
  ]);
  const wanted = sumOf(Buffer.from(sums).toString('utf8'), name);
  const found = createHash('sha256').update(archive).digest('hex');
  if (wanted === null) throw refused(`the release ${version} has no ${name} for this machine`);
  if (wanted !== found)
    throw refused(`${name} has the SHA-256 ${found}, but the release's list says ${wanted}`);

  const program = await fileIn(archive, 'tofu');
  if (!program) throw refused(`${name} holds no file called tofu`);
  // Jobs run it as users of their own, so the folder is open; by rename, so that it is there whole or not at all.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  const draft = path.join(folder, `.tofu.${randomBytes(4).toString('hex')}`);
  await writeFile(draft, program, { mode: 0o755 });
  await chmod(draft, 0o755);
  await rename(draft, path.join(folder, 'tofu'));
  return folder;
}

async function download(url: string): Promise<Uint8Array> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(300_000) });
  } catch (error) {
    throw refused(`${url} cannot be reached`, error);
  }
  if (!answer.ok) throw refused(`${url} answered ${answer.status}`);
  const length = Number(answer.headers.get('content-length') ?? 0);
  if (length > LARGEST) throw refused(`${url} has ${length} bytes, more than any release`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A line is `<64 hex digits>  <file>`. */
function sumOf(list: string, name: string): string | null {
  const line = list.split('\n').find((one) => one.trim().split(/\s+\*?/)[1] === name);
  return /^[0-9a-f]{64}/.exec(line ?? '')?.[0] ?? null;
}

async function fileIn(archive: Uint8Array, name: string): Promise<Buffer | null> {
  const bytes = await promisify(gunzip)(archive, { maxOutputLength: 4 * LARGEST });
  const stream = extract();
  stream.end(bytes);
  for await (const entry of stream) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === 'file' && path.posix.basename(entry.header.name) === name)
      return Buffer.concat(chunks);
  }
  return null;
}

function refused(why: string, cause?: unknown): Unavailable {
  return new Unavailable(
    `There is neither terraform nor tofu on the PATH, and OpenTofu could not be fetched: ${why}. Install terraform or tofu, and start again.`,
    { cause },
  );
}
