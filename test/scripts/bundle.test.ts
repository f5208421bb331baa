import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { replace } from '../../scripts/bundle.ts';

let dir: string;
let umask: number;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'cairn-bundle-'));
  umask = process.umask(0o077);
});
afterEach(async () => {
  process.umask(umask);
  await rm(dir, { recursive: true, force: true });
});

async function modes(...names: string[]): Promise<number[]> {
  const stats = await Promise.all(names.map((name) => stat(path.join(dir, name))));
  return stats.map(({ mode }) => mode & 0o777);
}

test('what goes into an image can be read there, whatever the umask of who builds it', async () => {
  await replace(path.join(dir, 'node_modules/@scope/one/index.mjs'), Buffer.from('1'), 0o644);

  expect(await modes('node_modules', 'node_modules/@scope', 'node_modules/@scope/one')).toEqual([
    0o755, 0o755, 0o755,
  ]);
  expect(await modes('node_modules/@scope/one/index.mjs')).toEqual([0o644]);
});

test('also what stands there already, from a build that was stricter', async () => {
  const file = path.join(dir, 'step.mjs');
  await replace(file, Buffer.from('1'), 0o600);

  await replace(file, Buffer.from('1'), 0o644);

  expect(await modes('step.mjs')).toEqual([0o644]);
});
