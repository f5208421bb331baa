import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { packSource, readSource } from '../../adapters/archive.ts';
import { InvalidInput, UnsafeSource } from '../../core/errors.ts';

type Entry = Partial<Header> & { name: string; text?: string };

async function tarball(entries: Entry[], folder = 'acme-infra-0123abc/'): Promise<Uint8Array> {
  const stream = pack();
  const chunks: Uint8Array[] = [];
  stream.on('data', (chunk) => void chunks.push(chunk as Uint8Array));
  const done = new Promise((resolve) => stream.on('end', () => resolve(undefined)));
  for (const { text, ...header } of entries)
    stream.entry({ ...header, name: folder + header.name }, text ?? '');
  stream.finalize();
  await done;
  return gzipSync(Buffer.concat(chunks));
}

const link = (name: string, linkname: string): Entry => ({ name, type: 'symlink', linkname });

describe('packSource', () => {
  it('takes the leading folder off and keeps files, executables and links inside', async () => {
    const { archive, tree } = await packSource(
      await tarball([
        { name: '', type: 'directory' },
        { name: 'run.sh', text: '#!/bin/sh\n', mode: 0o755 },
        { name: 'a/', type: 'directory' },
        { name: 'a/main.tf', text: 'é' },
        link('a/shared.tf', '../run.sh'),
        { name: 'empty', text: '' },
      ]),
    );
    const again = await readSource(archive);

    expect(again.entries).toEqual(tree.entries);
    expect(again.entries.map(({ path, mode, link: target }) => [path, mode, target])).toEqual([
      ['a/main.tf', '100644', undefined],
      ['a/shared.tf', '120000', '../run.sh'],
      ['empty', '100644', undefined],
      ['run.sh', '100755', undefined],
    ]);
    expect(again.read('a/main.tf')).toBe('é');
    expect(again.read('a/shared.tf')).toBe('#!/bin/sh\n');
    expect(again.bytes('empty')).toHaveLength(0);
    expect(() => again.read('gone')).toThrow('There is no file gone.');
  });

  it('makes the same bytes of the same files, whatever their order, times and owners', async () => {
    const entries: Entry[] = [
      { name: 'a', text: '1', mtime: new Date(1e12), uid: 5, uname: 'me' },
      { name: 'b', text: '2' },
    ];

    const one = await packSource(await tarball(entries));
    const other = await packSource(await tarball([...entries].reverse(), 'other/'));

    expect(Buffer.compare(one.archive, other.archive)).toBe(0);
  });

  it('keeps names of any length and script', async () => {
    const names = [
      `${'d/'.repeat(60)}main.tf`,
      `${'long'.repeat(40)}/${'name'.repeat(50)}.tf`,
      'zwölf/ファイル.tf',
      `${'ü'.repeat(120)}.tf`,
    ];

    const { archive } = await packSource(await tarball(names.map((name) => ({ name, text: name }))));
    const tree = await readSource(archive);

    expect(tree.entries.map((entry) => entry.path).sort()).toEqual([...names].sort());
    for (const name of names) expect(tree.read(name)).toBe(name);
  });

  it.each([
    ['a link out of the checkout', [link('a/out', '../../secret')], 'a/out'],
    ['an absolute link', [link('passwd', '/etc/passwd')], 'passwd'],
    ['a link that leaves through another', [link('up', '.'), link('d/x', '../up/../..')], 'd/x'],
    ['links in a circle', [link('a', 'b'), link('b', 'a')], 'a'],
    ['a path with ..', [{ name: 'a/../../x', text: '' }], 'a/../../x'],
    ['a git folder', [{ name: '.git/hooks/post-checkout', text: 'x' }], '.git/hooks'],
    ['a nested git folder in capitals', [{ name: 'a/.GIT/config', text: 'x' }], '.GIT/config'],
    [
      'a hard link',
      [
        { name: 'a', text: '' },
        { name: 'b', type: 'link', linkname: 'a' },
      ],
      'b',
    ],
    ['a device', [{ name: 'zero', type: 'character-device', devmajor: 1, devminor: 5 }], 'zero'],
    ['a pipe', [{ name: 'pipe', type: 'fifo' }], 'pipe'],
    ['a file below a link', [link('a', 'b'), { name: 'a/x', text: '' }], 'a/x'],
    [
      'a file twice',
      [
        { name: 'a', text: '1' },
        { name: 'a', text: '2' },
      ],
      '"a"',
    ],
  ] as [string, Entry[], string][])('refuses %s, naming it', async (_, entries, name) => {
    const packing = packSource(await tarball([{ name: 'ok.tf', text: '' }, ...entries]));

    await expect(packing).rejects.toThrow(UnsafeSource);
    await expect(packing).rejects.toThrow(name);
  });

  it('refuses an absolute path', async () => {
    await expect(packSource(await tarball([{ name: 'etc/passwd', text: '' }], '/'))).rejects.toThrow(
      UnsafeSource,
    );
  });

  it('says that an archive is damaged', async () => {
    const good = await tarball([{ name: 'a', text: 'x'.repeat(5000) }]);

    await expect(packSource(Buffer.from('no gzip'))).rejects.toThrow(InvalidInput);
    await expect(packSource(good.subarray(0, good.length - 20))).rejects.toThrow(/damaged.*Fetch it again/);
    await expect(packSource(gzipSync(gunzipSync(good).subarray(0, 2000)))).rejects.toThrow(InvalidInput);
  });

  it('notes submodules and files that Git LFS keeps', async () => {
    const { notes } = await packSource(
      await tarball([
        { name: '.gitmodules', text: '[submodule "x"]\n  path = vendor/x\n  url = https://example.com/x\n' },
        { name: 'vendor/x/', type: 'directory' },
        { name: 'big.zip', text: 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n' },
      ]),
    );

    expect(notes[0]).toContain('vendor/x');
    expect(notes[1]).toContain('big.zip');
  });
});

describe('readSource', () => {
  it('refuses an archive that was tampered with', async () => {
    await expect(readSource(await tarball([link('out', '/etc')], ''))).rejects.toThrow(UnsafeSource);
    await expect(readSource(await tarball([{ name: '../x', text: '' }], ''))).rejects.toThrow(UnsafeSource);
    await expect(readSource(await tarball([{ name: 'b', type: 'link', linkname: 'a' }], ''))).rejects.toThrow(
      InvalidInput,
    );
  });

  it('ends with a tree or a named error, whatever the bytes', async () => {
    const { archive } = await packSource(
      await tarball([
        { name: 'a', text: 'x' },
        { name: 'ü'.repeat(99), text: 'y' },
      ]),
    );
    const tar = gunzipSync(archive);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(tar.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(tar.length),
        async (at, byte, length) => {
          const bytes = Buffer.from(tar.subarray(0, Math.max(length, 1)));
          bytes[at % bytes.length] = byte;

          const error = await readSource(gzipSync(bytes)).then(
            () => null,
            (reason: unknown) => reason,
          );

          expect(error === null || error instanceof InvalidInput || error instanceof UnsafeSource).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
