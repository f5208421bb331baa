import { expect } from 'vitest';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import { REPOSITORY } from '../../support/memory-world.ts';
import { branches, known, openPull, standing, up } from './sandbox.ts';
import type { Scenarios } from './scenario.ts';
import { down, HOUR } from './standing.ts';

/** From a real launch to its end. */
export const LIVES: Scenarios = {
  'made, recorded, warned of, ended: nothing is left, and the record tells its story': async (world) => {
    const { ports } = world;
    branches(world);
    await up(world, { ref: 'change', name: 'demo', ttl: '4h' });
    const before = await readEphemerals(ports, REPOSITORY);

    await world.pass(3.5 * HOUR);
    await world.pass(HOUR / 2);
    const [run] = await world.settled();

    expect(before.rows['eph-demo']).toMatchObject({ state: 'ready', owner: 'alice', ref: 'change' });
    expect(run).toMatchObject({ workflow: 'destroy', state: 'succeeded' });
    expect(standing(world, 'eph-demo')).toEqual({});
    expect(await known(world, 'eph-demo')).toBeNull();
    expect(await ports.schedules.list()).toEqual([]);
    const { rows, history } = await readEphemerals(ports, REPOSITORY);
    expect(rows).toEqual({});
    expect(history.map(({ event, by }) => [event, by])).toEqual([
      ['destroyed', null],
      ['made', 'alice'],
    ]);
    expect(ports.repository.read('cairn/record', 'README.md')).toContain('(ephemeral/README.md)');
    expect(ports.repository.read('cairn/record', 'ephemeral/README.md')).toContain('There is none.');
    expect((await world.call('SweepEnvironments', { repositories: [REPOSITORY] }))['repaired']).toEqual([]);
  },

  'asked for while it is launched: it is destroyed once it stands': async (world) => {
    branches(world);
    const origin = { source: 'api' as const, login: 'alice', trigger: 'up' };
    const launch = { command: 'ephemeral' as const, repository: REPOSITORY, ref: 'change', name: 'demo' };
    await world.request({ ...launch, origin });
    while (!(await known(world, 'eph-demo'))) await new Promise((resolve) => setTimeout(resolve, 5));

    await down(world, 'eph-demo');
    const [second, first] = await world.settled();

    expect([first, second].map((run) => [run?.workflow, run?.state])).toEqual([
      ['ephemeral', 'succeeded'],
      ['destroy', 'succeeded'],
    ]);
    expect(standing(world, 'eph-demo')).toEqual({});
    expect(await known(world, 'eph-demo')).toBeNull();
  },

  'launched again while it is destroyed: it waits, and is made anew': async (world) => {
    branches(world);
    await up(world, { ref: 'change', name: 'demo', ttl: '4h' });
    const before = await known(world, 'eph-demo');

    await down(world, 'eph-demo');
    while ((await known(world, 'eph-demo'))?.state === 'ready')
      await new Promise((resolve) => setTimeout(resolve, 5));
    world.ports.clock.pass(60);
    await up(world, { ref: 'change', name: 'demo', ttl: '1h' });
    const after = await known(world, 'eph-demo');

    expect(standing(world, 'eph-demo')).toEqual({ network: 'n1', app: 'a2 on n1' });
    expect(after).toMatchObject({ state: 'ready', endsAt: '2026-01-01T01:01:00.000Z' });
    expect(after?.createdAt).not.toBe(before?.createdAt);
    const { history } = await readEphemerals(world.ports, REPOSITORY);
    expect(history.map(({ event }) => event)).toEqual(['made', 'destroyed', 'made']);
    expect(await world.ports.schedules.list()).toHaveLength(2);
    expect(world.ports.repository.refs.has('refs/cairn/ephemeral/eph-demo')).toBe(true);
  },

  'a launch that fails half way is destroyed by a run of its own, and both are recorded': async (world) => {
    branches(world, undefined, { apply: 'unborn' });

    await up(world, { ref: 'change', name: 'demo' });

    expect(standing(world, 'eph-demo')).toEqual({});
    expect(await known(world, 'eph-demo')).toBeNull();
    const { history } = await readEphemerals(world.ports, REPOSITORY);
    expect(history.map(({ event }) => event)).toEqual(['destroyed', 'failed']);
  },

  'a pull request that is closed, opened again and closed again loses its environment both times': async (
    world,
  ) => {
    branches(world);
    const pull = await openPull(world);
    const closed = async (at: string) => {
      Object.assign(world.ports.pulls.all[0] ?? {}, { state: 'closed' });
      const origin = { source: 'webhook' as const, login: 'bob', trigger: `1/closed/${at}` };
      await world.request({ command: 'closed', repository: REPOSITORY, pull: pull.number, origin });
      await world.settled();
      Object.assign(world.ports.pulls.all[0] ?? {}, { state: 'open' });
      return known(world, 'eph-pr-1');
    };
    const made = async () => {
      await up(world, { pull: pull.number });
      const one = await known(world, 'eph-pr-1');
      if (one) await world.ports.ephemerals.update({ ...one, automatic: true });
      return one;
    };

    const first = await made();
    const gone = await closed('once');
    const second = await made();
    // A webhook of the first time that came late finds a pull request that is open.
    const late = { source: 'webhook' as const, login: 'bob', trigger: '1/closed/late' };
    await world.request({ command: 'closed', repository: REPOSITORY, pull: pull.number, origin: late });
    await world.settled();
    const kept = await known(world, 'eph-pr-1');
    const goneAgain = await closed('twice');

    expect([first?.state, gone, second?.state, kept?.state, goneAgain]).toEqual([
      'ready',
      null,
      'ready',
      'ready',
      null,
    ]);
  },
};
