import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderTree } from '../../adapters/tree.ts';
import { UnsafeSource } from '../../core/errors.ts';
import { treeOf } from '../../core/projects/tree.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cairn-tree-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('folderTree', () => {
  it('is the tree that an archive of the same files gives', async () => {
    put('a/main.tf', 'x');
    put('run.sh', '#!/bin/sh');
    chmodSync(join(folder, 'run.sh'), 0o755);
    symlinkSync('../run.sh', join(folder, 'a/link'));
    put('.git/config', 'no');
    put('a/.terraform/modules/x.tf', 'no');

    const tree = await folderTree(folder);

    expect(tree.entries).toEqual(
      treeOf([
        { path: 'a/link', content: '', link: '../run.sh' },
        { path: 'a/main.tf', content: 'x' },
        { path: 'run.sh', content: '#!/bin/sh', executable: true },
      ]).entries,
    );
    expect(tree.entries.map((entry) => entry.hash)).toEqual(
      treeOf([
        { path: 'a/link', content: '', link: '../run.sh' },
        { path: 'a/main.tf', content: 'x' },
        { path: 'run.sh', content: '#!/bin/sh' },
      ]).entries.map((entry) => entry.hash),
    );
    expect(tree.read('a/link')).toBe('#!/bin/sh');
  });

  it('refuses a link out of the folder', async () => {
    symlinkSync('/etc/passwd', join(folder, 'passwd'));

    await expect(folderTree(folder)).rejects.toThrow(UnsafeSource);
  });

  it('refuses a folder that is not there', async () => {
    await expect(folderTree(join(folder, 'gone'))).rejects.toThrow(/gone/);
  });
});
