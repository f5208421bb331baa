import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conflict, InvalidInput } from '../../../core/errors.ts';
import { listStates, readState, writeState } from '../../../local/jobs/states.ts';

const KEY = 'acme/infra/prod/app';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-states-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const state = (serial: number, lineage = 'one', more = {}): Buffer =>
  Buffer.from(JSON.stringify({ version: 4, serial, lineage, ...more }));

async function serial(key = KEY): Promise<number> {
  return JSON.parse(Buffer.from((await readState(folder, key)) ?? 'null').toString('utf8'))?.serial;
}

describe('writeState', () => {
  it('keeps the former versions beside the current one', async () => {
    for (const n of [1, 2, 3]) await writeState(folder, KEY, state(n));

    expect(await serial()).toBe(3);
    expect((await readdir(join(folder, KEY))).sort()).toEqual(['1.tfstate', '2.tfstate', 'current.tfstate']);
  });

  it('changes nothing when the same bytes come again', async () => {
    await writeState(folder, KEY, state(1));

    await writeState(folder, KEY, state(1));

    expect(await readdir(join(folder, KEY))).toEqual(['current.tfstate']);
  });

  it('refuses another lineage and an older serial, unless forced', async () => {
    await writeState(folder, KEY, state(5));

    await expect(writeState(folder, KEY, state(6, 'two'))).rejects.toThrow(Conflict);
    await expect(writeState(folder, KEY, state(4))).rejects.toThrow(/serial 5, the new one is older \(4\)/);
    expect(await serial()).toBe(5);

    await writeState(folder, KEY, state(4, 'two'), { force: true });
    expect(await serial()).toBe(4);
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['null', Buffer.from('null')],
    ['another version', Buffer.from('{"version":3,"serial":1,"lineage":"x"}')],
    ['no serial', Buffer.from('{"version":4,"lineage":"x"}')],
    ['no lineage', Buffer.from('{"version":4,"serial":1}')],
  ])('refuses %s', async (_what, bytes) => {
    await expect(writeState(folder, KEY, bytes)).rejects.toThrow(InvalidInput);

    expect(await readState(folder, KEY)).toBeNull();
  });

  it('lets no other user read it', async () => {
    await writeState(folder, KEY, state(1));

    expect((await stat(join(folder, KEY, 'current.tfstate'))).mode & 0o077).toBe(0);
  });

  it('never leaves a half-written state for a reader', async () => {
    const fill = { fill: 'x'.repeat(200_000) };
    await writeState(folder, KEY, state(0, 'one', fill));
    let done = false;
    const reader = (async () => {
      while (!done) expect(await serial()).toBeGreaterThanOrEqual(0);
    })();

    for (let n = 1; n <= 20; n += 1) await writeState(folder, KEY, state(n, 'one', fill));
    done = true;

    await reader;
    expect(await serial()).toBe(20);
  });
});

describe('listStates', () => {
  it('names every key, however its project is called', async () => {
    const keys = [
      'acme/infra/prod/apps/web',
      'acme/infra/prod/apps',
      'acme/infra/prod/a@b c',
      'acme/infra/prod/..',
      'acme/infra/prod/1.tfstate',
    ];
    for (const key of keys) await writeState(folder, key, state(1));

    expect(await listStates(folder)).toEqual([...keys].sort());
    for (const key of keys) expect(await serial(key)).toBe(1);
  });

  it('is empty where there is no folder yet', async () => {
    expect(await listStates(join(folder, 'none'))).toEqual([]);
    expect(await readState(join(folder, 'none'), KEY)).toBeNull();
  });
});
