import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkers, type Workers } from '../../../local/jobs/workers.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-workers-'));
  writeFileSync(join(folder, 'ends.mjs'), 'process.exit(1);');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Workers whose executor ends at once, and what they discarded. */
function setUp(node: string, problem: Error | null = null) {
  const discarded: string[] = [];
  const workers = createWorkers({
    place: {
      spare: () => join(folder, 'spare'),
      discard: (...folders) => {
        discarded.push(...folders);
        if (problem) throw problem;
      },
    },
    node,
    executor: join(folder, 'ends.mjs'),
    providerMirror: null,
    crashLog: join(folder, 'crash.log'),
  });
  return { workers, discarded };
}

function start(workers: Workers) {
  const path = join(folder, 'attempt');
  mkdirSync(path, { recursive: true });
  return workers.start({ path, in: join(path, 'in'), out: join(path, 'out') }, folder, 'one', null, false);
}

it('discards the spare folder of an executor that has ended, and lives on where that fails', async () => {
  const { workers, discarded } = setUp(process.execPath, new Error('ENOSPC'));

  const { ended } = await start(workers);

  expect(await ended).toBeNull();
  expect(discarded).toEqual([join(folder, 'spare')]);
  workers.close();
});

it('discards the spare folder of an executor that cannot be started', async () => {
  const { workers, discarded } = setUp(join(folder, 'no-such-node'));

  await expect(start(workers)).rejects.toThrow('ENOENT');

  expect(discarded).toEqual([join(folder, 'spare')]);
  workers.close();
});
