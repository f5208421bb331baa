import { expect } from 'vitest';
import type { Ephemeral } from '../../../core/ephemeral/environment.ts';
import { scheduleName } from '../../../core/ephemeral/schedules.ts';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { HOUR, MAKER, register, standing } from './standing.ts';

async function sweep(world: World): Promise<unknown> {
  return (await world.call('SweepEnvironments', { repositories: [REPOSITORY] }))['repaired'];
}

async function known(world: World): Promise<Ephemeral> {
  const [one] = await world.ports.ephemerals.list(REPOSITORY);
  if (!one) throw new Error('it does not stand');
  return one;
}

async function names(world: World): Promise<string[]> {
  return (await world.ports.schedules.list()).map(({ name }) => name.split('-').slice(0, 3).join('-')).sort();
}

export const SWEEPS: Scenarios = {
  'where all is as it should be it does nothing': async (world) => {
    await standing(world);

    expect(await sweep(world)).toEqual([]);
    expect((await world.ports.runs.list({ repository: REPOSITORY, limit: 9 })).length).toBe(1);
  },

  'a schedule that is missing is put, of an end that is none taken back, and of nothing removed': async (
    world,
  ) => {
    const { schedules, ephemerals } = world.ports;
    await standing(world);
    for (const { name } of await schedules.list()) await schedules.remove(name);
    const put = await sweep(world);
    const both = await names(world);
    await ephemerals.update({ ...(await known(world)), endsAt: null });
    const taken = await sweep(world);
    const none = await names(world);
    await schedules.put({
      name: 'end-eph-other-0000000000000000',
      at: new Date(0),
      request: { command: 'closed', repository: REPOSITORY, pull: 1, origin: anOrigin() },
    });

    expect(put).toEqual(['eph-x: its end scheduled']);
    expect(both).toEqual(['end-eph-x', 'warn-eph-x']);
    expect(taken).toContain('eph-x: an end that it does not have taken back');
    expect(none).toEqual([]);
    await sweep(world);
    expect(await names(world), 'those of another repository stay').toEqual(['end-eph-other']);
  },

  'a warning that is missing is put as long as it is still to come': async (world) => {
    const { schedules } = world.ports;
    await standing(world);
    const lose = async () => {
      for (const { name } of await schedules.list())
        if (name.startsWith('warn')) await schedules.remove(name);
    };
    await lose();
    const put = await sweep(world);
    const both = await names(world);
    const again = await sweep(world);
    await world.pass(7.5 * HOUR);

    expect(put).toEqual(['eph-x: the warning of its end scheduled']);
    expect(both).toEqual(['end-eph-x', 'warn-eph-x']);
    expect([again, await sweep(world), await names(world)]).toEqual([[], [], ['end-eph-x']]);
  },

  'schedules of an environment that is no more are removed': async (world) => {
    const { ephemerals } = world.ports;
    const one = await standing(world, { applied: {} });
    await ephemerals.remove(one);

    expect(await sweep(world)).toHaveLength(2);
    expect(await names(world)).toEqual([]);
  },

  'one whose end was missed is destroyed, once': async (world) => {
    const { schedules } = world.ports;
    await standing(world);
    for (const { name } of await schedules.list()) await schedules.remove(name);

    await world.pass(8 * HOUR + 11 * 60);
    const first = await sweep(world);
    const second = await sweep(world);
    const runs = await world.settled();

    expect(first).toEqual(['eph-x: destroyed (time)']);
    expect(second).not.toContain('eph-x: its end scheduled');
    expect(runs.filter(({ workflow }) => workflow === 'destroy')).toHaveLength(1);
    expect(await world.ports.ephemerals.list(REPOSITORY)).toEqual([]);
  },

  'a launch that nobody finishes is destroyed; one that is under way is left alone': async (world) => {
    const { ports } = world;
    const { commit } = await standing(world, { state: 'launching', environment: 'eph-dead' });
    await register(world, commit ?? '', {
      state: 'launching',
      environment: 'eph-alive',
      runId: 'b'.repeat(20),
    });
    await ports.status.emit({
      id: 'again',
      runId: 'b'.repeat(20),
      at: '2026-01-01T00:00:00.000Z',
      kind: 'run.queued',
      message: '',
      doc: null,
      run: { state: 'running' },
    });
    const { status } = ports.workflows;
    ports.workflows.status = async (workflow, name) =>
      name === 'b'.repeat(20) ? 'running' : status.call(ports.workflows, workflow, name);

    const repaired = await sweep(world);
    await world.settled();

    expect(repaired).toEqual(['eph-dead: destroyed (failed)']);
    expect((await ports.ephemerals.list(REPOSITORY)).map((one) => one.environment)).toEqual(['eph-alive']);
  },

  'a destroy that died is started again each hour until it is done': async (world) => {
    const { ports } = world;
    await standing(world);
    await ports.ephemerals.update({ ...(await known(world)), state: 'destroying', runId: 'd'.repeat(20) });
    const { pack } = ports.archives;
    ports.archives.pack = async () => {
      throw new Error('out of memory');
    };

    const first = await sweep(world);
    const [failed] = await world.settled();
    await sweep(world);
    const same = await world.settled();
    ports.archives.pack = pack;
    await world.pass(HOUR);
    await sweep(world);
    const [last] = await world.settled();

    expect(first).toContain('eph-x: destroyed (forgotten)');
    expect(failed?.state).toBe('failed');
    expect(same.filter(({ workflow }) => workflow === 'destroy')).toHaveLength(1);
    expect(last).toMatchObject({ state: 'succeeded', title: 'Destroyed eph-x' });
    expect(await ports.ephemerals.list(REPOSITORY)).toEqual([]);
  },

  'a pull request whose end nobody told of: its own environment goes': async (world) => {
    const { ports } = world;
    ports.repository.push('main', { 'README.md': 'hello' });
    ports.repository.push('change', { 'README.md': 'hello you' });
    const pull = await ports.pulls.open(REPOSITORY, { title: '', body: '', head: 'change', base: 'main' });
    await standing(world, { environment: 'eph-pr-1', pull: pull.number, automatic: true });
    const open = await sweep(world);
    Object.assign(ports.pulls.all[0] ?? {}, { state: 'closed' });

    const closed = await sweep(world);
    await world.settled();

    expect(open).toEqual([]);
    expect(closed).toEqual(['eph-pr-1: destroyed (closed)']);
    expect(await ports.ephemerals.list(REPOSITORY)).toEqual([]);
  },

  'one that only the record knows is made known again, scheduled and destroyed at its end': async (world) => {
    const { ephemerals, schedules } = world.ports;
    const one = await standing(world);
    await ephemerals.remove(one);
    for (const { name } of await schedules.list()) await schedules.remove(name);

    const repaired = await sweep(world);
    const back = await known(world);
    await world.pass(8 * HOUR);
    await world.settled();

    expect(repaired).toEqual(['eph-x: made known again from the record', 'eph-x: its end scheduled']);
    expect(back).toMatchObject({ ...one, version: 1 });
    expect(world.state.size).toBe(0);
    expect(await ephemerals.list(REPOSITORY)).toEqual([]);
  },

  'a record that says something else than the registry is put right': async (world) => {
    const { ports } = world;
    await standing(world);
    await ports.ephemerals.update({ ...(await known(world)), outputs: { 'app.url': 'https://new.test' } });

    const repaired = await sweep(world);

    expect(repaired).toEqual(['eph-x: the record put right']);
    const { rows } = await readEphemerals(ports, REPOSITORY);
    expect(rows['eph-x']?.outputs).toEqual({ 'app.url': 'https://new.test' });
    expect(await sweep(world)).toEqual([]);
  },

  'a record that cannot be read keeps nobody from its end, and no schedule is taken for one of nothing':
    async (world) => {
      const { ports } = world;
      const one = await standing(world);
      await ports.ephemerals.update({ ...(await known(world)), state: 'destroying' });
      await ports.ephemerals.claim({ ...one, environment: 'eph-lost', runId: 'c'.repeat(20) }, 9);
      await ports.schedules.put({
        name: scheduleName('end', { repository: REPOSITORY, environment: 'eph-y' }),
        at: new Date('2026-01-09T00:00:00Z'),
        request: { command: 'closed', repository: REPOSITORY, pull: 1, origin: anOrigin() },
      });
      ports.repository.push('cairn/record', { 'ephemeral/environments.json': '{"version":1,"env' });

      const swept = world.call('SweepEnvironments', { repositories: ['acme/none', REPOSITORY] });
      await expect(swept).rejects.toThrow(/The sweep left out .*the record of acme\/shop/);
      await world.settled();

      expect(world.jobs.length).toBeGreaterThan(0);
      expect(await names(world)).toContain('end-eph-y');
      expect(await names(world)).toContain('end-eph-lost');
    },

  'what a record says of anything but ephemeral environments is never restored': async (world) => {
    const { ports } = world;
    const one = await standing(world);
    const rows = JSON.parse(ports.repository.read('cairn/record', 'ephemeral/environments.json') ?? '');
    ports.repository.push('cairn/record', {
      'ephemeral/environments.json': JSON.stringify({
        ...rows,
        environments: {
          prod: rows.environments['eph-x'],
          'eph-forged': rows.environments['eph-x'],
          // Nothing could ever take it down: no request has such a name.
          'eph-../prod': rows.environments['eph-x'],
        },
      }),
      'ephemeral/prod.json': JSON.stringify({ ...one, environment: 'prod' }),
      'ephemeral/eph-../prod.json': JSON.stringify(one),
      'ephemeral/eph-forged.json': JSON.stringify({ ...one, environment: 'prod', repository: 'acme/other' }),
    });

    await sweep(world);

    const all = (await ports.ephemerals.list(REPOSITORY)).map(({ environment }) => environment);
    expect(all).toEqual(['eph-forged', 'eph-x']);
    expect(await ports.ephemerals.list('acme/other')).toEqual([]);
  },

  'what leaked is told of once a day, and otherwise left alone': async (world) => {
    const { ports } = world;
    await standing(world);
    await ports.ephemerals.update({ ...(await known(world)), state: 'leaked', left: { app: ['a.b'] } });
    await sweep(world);
    const told = () => ports.emitted.filter(({ kind }) => kind === 'environment.leaked').length;
    const first = told();
    await sweep(world);
    const same = told();
    await world.pass(25 * HOUR);
    await world.settled();
    await sweep(world);
    await sweep(world);

    expect([first, same, told()]).toEqual([1, 1, 2]);
    expect(ports.emitted.at(-1)).toMatchObject({ runId: MAKER });
    expect(world.jobs).toEqual([]);
  },
};

function anOrigin() {
  return { source: 'schedule' as const, login: null, trigger: 'x' };
}
