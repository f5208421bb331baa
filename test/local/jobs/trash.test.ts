import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTrash } from '../../../local/jobs/trash.ts';

/** A user that jobs may have; without root all is the server's own. */
const JOB = process.getuid?.() === 0 ? 61_183 : null;

let folder: string;
let trash: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-trash-'));
  // A job's user passes through to what is its own.
  chmodSync(folder, 0o711);
  trash = join(folder, 'trash');
  mkdirSync(trash, { mode: 0o711 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a job left: a file below two folders that are closed to their own user. */
function closedFolder(name: string): string {
  const outer = join(folder, name);
  const inner = join(outer, 'cache');
  mkdirSync(inner, { recursive: true });
  const file = join(inner, 'file');
  writeFileSync(file, 'x');
  for (const path of [file, inner, outer]) if (JOB !== null) chownSync(path, JOB, JOB);
  chmodSync(inner, 0o500);
  return outer;
}

async function untilEmpty(): Promise<void> {
  for (let i = 0; i < 100 && readdirSync(trash).length > 0; i += 1) await sleep(100);
}

it('deletes what it took, also what is closed to its own user', async () => {
  const bin = openTrash(trash);
  const left = closedFolder('left');
  const flat = join(folder, 'flat');
  mkdirSync(flat);
  writeFileSync(join(flat, 'file'), 'x');

  bin.take(left, flat, join(folder, 'never-there'));
  const taken = [existsSync(left), existsSync(flat), readdirSync(trash).length];
  await untilEmpty();

  expect(taken).toEqual([false, false, 2]);
  expect(readdirSync(trash)).toEqual([]);
  bin.close();
});

it('leaves what it had not deleted to the next start', async () => {
  const before = openTrash(trash);
  before.take(closedFolder('killed'));
  before.close();
  await sleep(700);
  const kept = readdirSync(trash).length;

  const after = openTrash(trash);
  await untilEmpty();

  expect(kept).toBe(1);
  expect(readdirSync(trash)).toEqual([]);
  after.close();
});
