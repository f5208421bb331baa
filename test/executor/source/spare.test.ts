import {
  chmodSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSpare } from '../../../executor/source/spare.ts';
import { filesOf, tarGz } from '../support.ts';

const FILES = { 'one/main.tf': 'one', 'two/main.tf': 'two', 'modules/net/main.tf': 'net', 'cairn.yaml': '' };

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-spare-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A process's spare folder, an archive, and the places of the checkouts of two jobs. */
async function setUp(files: Record<string, string> = FILES) {
  count += 1;
  const dir = join(folder, String(count));
  for (const name of ['spare', 'first', 'second']) mkdirSync(join(dir, name), { recursive: true });
  const archive = join(dir, 'source.tar.gz');
  await writeFile(archive, await tarGz(filesOf(files)));
  const spare = createSpare(join(dir, 'spare'));
  return { dir, archive, spare, first: join(dir, 'first/src'), second: join(dir, 'second/src') };
}

async function contents(src: string): Promise<Record<string, string>> {
  const entries = await readdir(src, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ path, name }) => join(path, name));
  const read = async (file: string) => [file.slice(src.length + 1), await readFile(file, 'utf8')] as const;
  return Object.fromEntries(await Promise.all(files.map(read)));
}

const inodeOf = (src: string) => statSync(join(src, 'one/main.tf')).ino;

describe('the checkout of the job before', () => {
  it('is moved to where the next job of the same archive wants it, without what came in addition', async () => {
    const { archive, spare, first, second } = await setUp();
    await spare.lay(archive, first);
    const inode = inodeOf(first);
    mkdirSync(join(first, 'one/.terraform/providers'), { recursive: true });
    writeFileSync(join(first, 'one/.terraform/providers/x'), 'x');
    writeFileSync(join(first, 'one/.terraform.lock.hcl'), 'locked');
    writeFileSync(join(first, 'left.zip'), 'left');

    spare.keep(first);
    await spare.lay(archive, second);

    expect(existsSync(first)).toBe(false);
    expect(await contents(second)).toEqual(FILES);
    expect(inodeOf(second)).toBe(inode);
    expect(existsSync(join(second, 'one/.terraform'))).toBe(false);
    expect(statSync(second).mode & 0o777).toBe(0o700);
  });

  it('serves one job after the other', async () => {
    const { archive, spare, first, second } = await setUp();
    await spare.lay(archive, first);
    const inode = inodeOf(first);

    spare.keep(first);
    await spare.lay(archive, second);
    spare.keep(second);
    await spare.lay(archive, first);

    expect(inodeOf(first)).toBe(inode);
    expect(await contents(first)).toEqual(FILES);
  });

  it('is not taken for another archive', async () => {
    const { dir, archive, spare, first, second } = await setUp();
    const other = join(dir, 'other.tar.gz');
    await writeFile(other, await tarGz(filesOf({ 'one/main.tf': 'other' })));
    await spare.lay(archive, first);

    spare.keep(first);
    await spare.lay(other, second);

    expect(await contents(second)).toEqual({ 'one/main.tf': 'other' });
  });

  it.each<[string, (src: string) => void]>([
    ['a file was written', (src) => writeFileSync(join(src, 'two/main.tf'), 'TWO')],
    ['a file was made executable', (src) => chmodSync(join(src, 'two/main.tf'), 0o755)],
    ['a file is gone', (src) => rmSync(join(src, 'two/main.tf'))],
    [
      'a file was replaced by one that looks older',
      (src) => {
        writeFileSync(join(src, 'new'), 'TWO');
        utimesSync(join(src, 'new'), 1, 1);
        renameSync(join(src, 'new'), join(src, 'two/main.tf'));
      },
    ],
    [
      'two files changed places',
      (src) => {
        renameSync(join(src, 'one/main.tf'), join(src, 'aside'));
        renameSync(join(src, 'two/main.tf'), join(src, 'one/main.tf'));
        renameSync(join(src, 'aside'), join(src, 'two/main.tf'));
      },
    ],
    [
      'two folders changed places',
      (src) => {
        renameSync(join(src, 'one'), join(src, 'aside'));
        renameSync(join(src, 'two'), join(src, 'one'));
        renameSync(join(src, 'aside'), join(src, 'two'));
      },
    ],
    ['a folder was closed', (src) => chmodSync(join(src, 'modules/net'), 0o500)],
    [
      'a folder became a file',
      (src) => {
        rmSync(join(src, 'two'), { recursive: true });
        writeFileSync(join(src, 'two'), '');
      },
    ],
    [
      'it is another folder',
      (src) => {
        rmSync(src, { recursive: true });
        mkdirSync(src);
      },
    ],
  ])('is not taken if %s', async (_, change) => {
    const { archive, spare, first, second } = await setUp();
    await spare.lay(archive, first);
    // Terraform takes longer to start.
    await sleep(20);
    change(first);

    spare.keep(first);
    await spare.lay(archive, second);

    expect(await contents(second)).toEqual(FILES);
    expect(statSync(join(second, 'modules/net')).mode & 0o777).toBe(0o755);
    expect(statSync(join(second, 'two/main.tf')).mode & 0o777).toBe(0o644);
  });

  it('is not taken if it was touched after the job was done with it', async () => {
    const { dir, archive, spare, first, second } = await setUp();
    await spare.lay(archive, first);
    spare.keep(first);
    await sleep(20);

    writeFileSync(join(dir, 'spare/src/two/main.tf'), 'TWO');
    await spare.lay(archive, second);

    expect(await contents(second)).toEqual(FILES);
  });

  it('is made anew where the spare folder is gone, as after a restart of the server', async () => {
    const { dir, archive, spare, first, second } = await setUp();
    rmSync(join(dir, 'spare'), { recursive: true });
    await spare.lay(archive, first);

    spare.keep(first);
    await spare.lay(archive, second);

    expect(await contents(second)).toEqual(FILES);
  });
});
