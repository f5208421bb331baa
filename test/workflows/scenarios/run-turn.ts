import { expect } from 'vitest';
import { sourceKey } from '../../../core/jobs/keys.ts';
import { jobOrder } from '../../../core/jobs/order.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { readJson } from '../../../core/runs/store.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { ask, deployed, documentOf, newest, WRITING } from './asked.ts';
import { freeze } from './freeze-asks.ts';
import type { Scenarios } from './scenario.ts';
import { states } from './shop.ts';

/** Commands that wait for their turn, or for the end of a freeze. */
export const TURNS: Scenarios = {
  'a frozen environment is read, and not written': async (world) => {
    await deployed(world);
    await freeze(world);

    await ask(world, 'state list');
    const read = await newest(world);
    await ask(world, 'state rm a.b');
    const write = await newest(world);

    expect(read.state).toBe('succeeded');
    expect(write.state).toBe('refused');
    expect(write.title).toContain('prod is frozen by alice: release week');
    expect(world.jobs).toEqual(['terraform app']);
    expect((await readHistory(world.ports, REPOSITORY, 'prod', 10))[0]).toMatchObject({ outcome: 'refused' });
  },

  'one that was approved while its environment was frozen is not run': async (world) => {
    await deployed(world);
    await ask(world, 'state rm a.b');
    await world.settled();
    await freeze(world);

    await world.approve();
    const run = await newest(world);

    expect(run.state).toBe('refused');
    expect(world.jobs).toEqual([]);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'two that write run one after the other, each with a number of its own': async (world) => {
    await deployed(world);
    await ask(world, 'state rm a.b');
    await ask(world, 'state mv a.c a.d');
    const before = await states(world);
    await world.settled();
    const queued = await states(world);
    await world.approve();
    await world.settled();
    await world.approve();
    await world.settled();

    const lines = await readHistory(world.ports, REPOSITORY, 'prod', 2);
    const runs = (await world.ports.runs.list({ repository: REPOSITORY, workflow: 'run', limit: 9 })).map(
      (run) => documentOf(world, run),
    );
    const fences = (await Promise.all(runs)).map(({ fence }) => fence);
    expect(before).toHaveLength(3);
    expect(queued.slice(0, 2).sort()).toEqual(['queued', 'waiting']);
    expect(lines.map(({ outcome, number }) => [outcome, number])).toEqual([
      ['ran', 3],
      ['ran', 2],
    ]);
    expect(new Set(fences).size).toBe(2);
    expect(world.jobs).toEqual(['terraform app', 'terraform app']);
  },

  'one that waited runs on what a deploy made of the project meanwhile': async (world) => {
    await deployed(world, WRITING.replace('required: true', 'required: false'));
    await world.ports.locks.claim(REPOSITORY, 'prod', {
      runId: 'e'.repeat(20),
      token: 'of somebody else',
      command: 'deploy',
      commit: null,
      at: '2026-01-01T00:00:00.000Z',
    });
    await ask(world, 'state rm a.b');
    await world.settled();
    const record = await readRecord(world.ports, REPOSITORY, 'prod');
    const commit = world.ports.repository.push('main', project('app', { value: 'a2' }));
    await moveRecord(world, record?.commit ?? '', commit);

    const freed = await world.ports.locks.release(REPOSITORY, 'prod', 'e'.repeat(20));
    const { token = '' } = freed?.holder ?? {};
    await world.ports.workflows.succeed(token, { outcome: 'held', fence: freed?.fence });
    const run = await newest(world);

    const { terraform } = await documentOf(world, run);
    const order = jobOrder.parse(await readJson(world.ports, `${terraform?.job}/order.json`));
    expect(order.inputs['source.tar.gz']).toBe(sourceKey(REPOSITORY, commit));
    expect(order.job).toMatchObject({ fence: freed?.fence });
  },
};

/** As a deploy leaves it that this one waited for. */
async function moveRecord(world: World, from: string, to: string): Promise<void> {
  const { git, source } = world.ports;
  const ref = 'refs/heads/cairn/record';
  const head = (await git.ref(REPOSITORY, ref)) ?? '';
  const path = 'environments/prod/state.json';
  const text = (await source.file(REPOSITORY, head, path)) ?? '';
  const files = [{ path, content: text.replaceAll(from, to) }];
  const commit = await git.commit(REPOSITORY, {
    parent: head,
    message: 'moved',
    files,
    date: '2026-01-01T00:00:00.000Z',
  });
  await git.moveRef(REPOSITORY, ref, commit, false);
}
