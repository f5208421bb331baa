import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpack } from '../../../executor/source/unpack.ts';
import { tarGz } from '../support.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-unpack-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Entries = Parameters<typeof tarGz>[0];

async function unpacked(entries: Entries): Promise<string> {
  count += 1;
  const archive = join(folder, `${count}.tar.gz`);
  const into = join(folder, `${count}/a/src`);
  await writeFile(archive, await tarGz(entries));
  const { mkdir } = await import('node:fs/promises');
  await mkdir(into, { recursive: true });
  await unpack(archive, into);
  return into;
}

const link = (name: string, linkname: string) => ({ name, linkname, type: 'symlink' as const });

describe('unpack', () => {
  it('makes files with their modes, folders, and links within the checkout', async () => {
    const long = `${'deep/'.repeat(40)}file-with-ümlaut.tf`;
    const into = await unpacked([
      { name: './main.tf', body: 'root' },
      { name: 'empty/', type: 'directory' },
      { name: 'run.sh', body: '#!/bin/sh', mode: 0o755 },
      { name: long, body: 'deep' },
      { name: 'modules/net/a.tf', body: 'net' },
      link('roots/app/net', '../../modules/net'),
      link('via', 'roots/app/net/a.tf'),
      link('nowhere', 'missing.tf'),
    ]);

    expect(readFileSync(join(into, 'main.tf'), 'utf8')).toBe('root');
    expect(lstatSync(join(into, 'empty')).isDirectory()).toBe(true);
    expect(lstatSync(join(into, 'run.sh')).mode & 0o111).toBe(0o111);
    expect(readFileSync(join(into, long), 'utf8')).toBe('deep');
    expect(readFileSync(join(into, 'roots/app/net/a.tf'), 'utf8')).toBe('net');
    expect(readFileSync(join(into, 'via'), 'utf8')).toBe('net');
    expect(readlinkSync(join(into, 'nowhere'))).toBe('missing.tf');
  });

  const refused: [string, Entries][] = [
    ['a path that climbs', [{ name: '../../out.txt', body: 'x' }]],
    ['a path that climbs further in', [{ name: 'a/../../../out.txt', body: 'x' }]],
    ['an absolute path', [{ name: '/out.txt', body: 'x' }]],
    ['a link out', [link('a', '../../out')]],
    ['an absolute link', [link('a', '/etc/passwd')]],
    ['a link out from a folder', [link('x/y', '../../out')]],
    ['a link out through another', [link('x/y', '.'), link('b', 'x/y/../../..')]],
    ['a link out through a link to a shallower place', [link('a/b/c', '../..'), link('d', 'a/b/c/..')]],
    ['links in a circle', [link('a', 'b'), link('b', 'a')]],
    ['a file below a link', [link('a', 'b'), { name: 'b/', type: 'directory' }, { name: 'a/x', body: 'x' }]],
    [
      'a hard link',
      [
        { name: 'a', body: 'x' },
        { name: 'b', type: 'link', linkname: 'a' },
      ],
    ],
    ['a device', [{ name: 'null', type: 'character-device' }]],
    ['a pipe', [{ name: 'pipe', type: 'fifo' }]],
  ];

  it.each(refused)('refuses %s', async (_what, entries) => {
    await expect(unpacked(entries)).rejects.toThrow(/tar\.gz/);

    expect(existsSync(join(folder, `${count}/out.txt`))).toBe(false);
    expect(existsSync(join(folder, `${count}/a/out.txt`))).toBe(false);
  });

  it('refuses what is no archive', async () => {
    const archive = join(folder, 'broken.tar.gz');
    await writeFile(archive, gzipSync('not a tar file at all, however long it is'.repeat(30)));

    await expect(unpack(archive, join(folder, 'broken'))).rejects.toThrow();

    await writeFile(archive, 'not even gzip');
    await expect(unpack(archive, join(folder, 'broken'))).rejects.toThrow(
      /broken\.tar\.gz cannot be unpacked/,
    );
  });
});
