import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { execa } from 'execa';

export const SHOP = path.resolve(import.meta.dirname, '../../examples/shop-aws');

/** What the shop's `build` writes to $CAIRN_OUTPUT. */
export async function build(): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cairn-build-'));
  const file = path.join(folder, 'output');
  await execa('node', ['build.mjs'], { cwd: path.join(SHOP, 'program'), env: { CAIRN_OUTPUT: file } });
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  await rm(folder, { recursive: true });
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

/** Name -> content of a zip whose entries tell their size. */
export function unzip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let at = 0; zip.readUInt32LE(at) === 0x04034b50; ) {
    const packed = zip.readUInt32LE(at + 18);
    const name = at + 30;
    const body = name + zip.readUInt16LE(at + 26) + zip.readUInt16LE(at + 28);
    files.set(
      zip.toString('utf8', name, name + zip.readUInt16LE(at + 26)),
      inflateRawSync(zip.subarray(body, body + packed)),
    );
    at = body + packed;
  }
  return files;
}
