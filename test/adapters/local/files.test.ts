import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileArtifacts } from '../../../adapters/local/artifacts.ts';
import { localKeys } from '../../../adapters/local/keys.ts';
import { folderSecrets } from '../../../adapters/local/secrets.ts';
import { InvalidInput, NotFound } from '../../../core/errors.ts';
import { temporaryFolder } from './temporary.ts';

async function mode(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

describe('artifacts as files', () => {
  test('nobody but the owner can read them', async () => {
    const dir = path.join(await temporaryFolder(), 'artifacts');
    const artifacts = fileArtifacts(dir);

    await artifacts.put('runs/1/plan.tfplan', 'secret');
    await artifacts.putNew('runs/1/claim', 'secret');

    expect(await mode(dir)).toBe('700');
    expect(await mode(path.join(dir, 'runs/1'))).toBe('700');
    expect(await mode(path.join(dir, 'runs/1/plan.tfplan'))).toBe('600');
    expect(await mode(path.join(dir, 'runs/1/claim'))).toBe('600');
    expect(await readdir(path.join(dir, '.tmp'))).toEqual([]);
  });

  test.each([
    '',
    '/etc/passwd',
    '../outside',
    'a/../../outside',
    'a/./b',
    'a//b',
    'a/',
    'a\\b',
    'a\0b',
    '.tmp/x',
    'x'.repeat(256),
    Array.from({ length: 10 }, () => 'x'.repeat(100)).join('/'),
  ])('the key %j is refused by every call', async (key) => {
    const artifacts = fileArtifacts(await temporaryFolder());

    await expect(artifacts.put(key, 'x')).rejects.toBeInstanceOf(InvalidInput);
    await expect(artifacts.putNew(key, 'x')).rejects.toBeInstanceOf(InvalidInput);
    await expect(artifacts.get(key)).rejects.toBeInstanceOf(InvalidInput);
    await expect(artifacts.has(key)).rejects.toBeInstanceOf(InvalidInput);
  });

  test('a prefix cannot list another folder', async () => {
    const dir = await temporaryFolder();
    await mkdir(path.join(dir, 'secret'));
    await writeFile(path.join(dir, 'secret/x'), 'x');
    const artifacts = fileArtifacts(path.join(dir, 'artifacts'));

    await expect(artifacts.list('../secret/')).rejects.toBeInstanceOf(InvalidInput);
  });

  test('a key below another artifact is an error that says so', async () => {
    const artifacts = fileArtifacts(await temporaryFolder());
    await artifacts.put('runs/1', 'x');

    await expect(artifacts.put('runs/1/log', 'x')).rejects.toThrow('cannot stand below another artifact');
    expect(await artifacts.has('runs/1/log')).toBe(false);
  });

  test('what a writer that died left behind is removed, what is being written is not', async () => {
    const dir = await temporaryFolder();
    await mkdir(path.join(dir, '.tmp'));
    await writeFile(path.join(dir, '.tmp/old'), 'x');
    await utimes(path.join(dir, '.tmp/old'), 0, 0);
    await writeFile(path.join(dir, '.tmp/new'), 'x');

    await fileArtifacts(dir).put('a', 'x');

    expect(await readdir(path.join(dir, '.tmp'))).toEqual(['new']);
  });
});

describe('the master key', () => {
  test('is made once, also by two that start together, and is the owner’s alone', async () => {
    const dir = path.join(await temporaryFolder(), 'data');

    const keys = await Promise.all(Array.from({ length: 10 }, () => localKeys(dir).runKey('a')));

    expect(new Set(keys).size).toBe(1);
    expect(await mode(path.join(dir, 'master.key'))).toBe('600');
    expect(await readdir(dir)).toEqual(['master.key']);
  });

  test('one that others can read is refused', async () => {
    const dir = await temporaryFolder();
    await localKeys(dir).runKey('a');
    await chmod(path.join(dir, 'master.key'), 0o640);

    await expect(localKeys(dir).runKey('a')).rejects.toThrow('mode 640');
  });

  test('a broken one is an error, never replaced', async () => {
    const dir = await temporaryFolder();
    await writeFile(path.join(dir, 'master.key'), 'abc', { mode: 0o600 });

    await expect(localKeys(dir).runKey('a')).rejects.toThrow('is not 64 hexadecimal digits');
    expect(await readFile(path.join(dir, 'master.key'), 'utf8')).toBe('abc');
  });
});

describe('secrets of a folder', () => {
  test.each([
    ['secrets.yaml', 'DB: "pass: word"\nOTHER: x\n'],
    ['secrets.json', '{"DB": "pass: word"}'],
  ])('are read from %s, again each time', async (name, text) => {
    const dir = await temporaryFolder();
    await writeFile(path.join(dir, name), text, { mode: 0o600 });
    const secrets = folderSecrets(dir);

    const before = await secrets.get('DB');
    await writeFile(path.join(dir, name), text.replace('pass', 'new'));

    expect([before, await secrets.get('DB')]).toEqual(['pass: word', 'new: word']);
  });

  test('a key that is not there is named, and so is a file that is not there', async () => {
    const dir = await temporaryFolder();

    await expect(folderSecrets(dir).get('DB')).rejects.toThrow('secrets.yaml');
    await writeFile(path.join(dir, 'secrets.yaml'), 'A: b', { mode: 0o600 });
    await expect(folderSecrets(dir).get('DB')).rejects.toThrow('there is no secret "DB"');
    await expect(folderSecrets(dir).get('constructor')).rejects.toBeInstanceOf(NotFound);
  });

  test('a file that others can read is refused, through a link too', async () => {
    const dir = await temporaryFolder();
    await writeFile(path.join(dir, 'open'), 'A: b', { mode: 0o644 });
    await symlink(path.join(dir, 'open'), path.join(dir, 'secrets.yaml'));

    await expect(folderSecrets(dir).get('A')).rejects.toThrow('chmod 600');
  });

  test.each(['A: [hunter2', '- hunter2', 'A: {b: hunter2}', 'hunter2'])(
    'no error of %j carries a value',
    async (text) => {
      const dir = await temporaryFolder();
      await writeFile(path.join(dir, 'secrets.yaml'), text, { mode: 0o600 });

      const error = await folderSecrets(dir)
        .get('A')
        .catch((caught: Error) => caught);

      expect(error).toBeInstanceOf(InvalidInput);
      expect(JSON.stringify([(error as Error).message, String((error as Error).cause)])).not.toContain(
        'hunter2',
      );
    },
  );
});
