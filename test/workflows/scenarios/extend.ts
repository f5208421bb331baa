import { expect } from 'vitest';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import { REPOSITORY } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { ask, down, expectGone, HOUR, MAKER, standing, told } from './standing.ts';

/** Ends that are moved, and those that cannot be. */
export const EXTENSIONS: Scenarios = {
  'warned of once, extended by what was asked for, and destroyed at its new end': async (world) => {
    await standing(world);

    await world.pass(7.5 * HOUR);
    const warned = told(world, 'environment.warning');
    await ask(world, { command: 'extend', environment: 'eph-x', ttl: '4h' });
    const [extended] = await world.settled();
    await world.pass(HOUR);
    await world.settled();
    const between = await world.ports.ephemerals.get(REPOSITORY, 'eph-x');
    await world.pass(3 * HOUR);
    await world.pass(HOUR / 2);
    await world.settled();

    expect(warned).toEqual(['eph-x ends in 30 min, at 2026-01-01T08:00Z.']);
    expect(extended).toMatchObject({
      workflow: 'extend',
      state: 'succeeded',
      title: 'eph-x stands until 2026-01-01 12:00 UTC',
    });
    expect(between).toMatchObject({ state: 'ready', endsAt: '2026-01-01T12:00:00.000Z' });
    expect(told(world, 'environment.warning')).toHaveLength(2);
    await expectGone(world);
    const { history } = await readEphemerals(world.ports, REPOSITORY);
    expect(history.map(({ event }) => event)).toEqual(['destroyed', 'extended', 'made']);
  },

  'an end over the maximum, without leave for never, or of what is being destroyed is refused': async (
    world,
  ) => {
    const { ports } = world;
    await standing(world);
    const before = await ports.schedules.list();

    await ask(world, { command: 'extend', environment: 'eph-x', ttl: '17h' }, 'too long');
    await ask(world, { command: 'extend', environment: 'eph-x', at: 'never' }, 'never');
    const refused = await world.settled();
    const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
    if (!known) throw new Error('it does not stand');
    await ports.ephemerals.update({ ...known, state: 'destroying' });
    await ask(world, { command: 'extend', environment: 'eph-x', ttl: '1h' }, 'too late');
    const [late] = await world.settled();

    expect(refused.slice(0, 2).map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(refused.map(({ title }) => title).join('\n')).toContain('ephemeral.max_ttl in cairn.yaml is 1d');
    expect(refused.map(({ title }) => title).join('\n')).toContain('ephemeral.allow_never');
    expect(late?.title).toContain('is being destroyed');
    expect(known.endsAt).toBe('2026-01-01T08:00:00.000Z');
    expect(await ports.schedules.list()).toEqual(before);
    await expect(
      ask(world, { command: 'extend', environment: 'eph-none', ttl: '1h' }, 'none'),
    ).rejects.toThrow(/There is no ephemeral environment "eph-none" in \S+; there stands eph-x\./);
  },

  'a time that nobody can read is told to whoever asks, and starts nothing': async (world) => {
    await standing(world);

    const written = [
      { command: 'extend', environment: 'eph-x', ttl: '8 h' },
      { command: 'extend', environment: 'eph-x', at: '2026-01-01T18:00' },
      { command: 'ephemeral', ref: 'main', ttl: '8' },
    ] as const;
    const asked = await Promise.allSettled(written.map((what, at) => ask(world, what, `unread-${at}`)));

    expect(asked.map((one) => (one.status === 'rejected' ? String(one.reason) : one.value))).toEqual([
      expect.stringContaining('"8 h" is not a length of time'),
      expect.stringContaining('does not say in which time zone'),
      expect.stringContaining('"8" is not a length of time'),
    ]);
    expect((await world.settled()).map(({ workflow }) => workflow)).not.toContain('extend');
  },

  'a permanent one that is meant is named with what takes it down': async (world) => {
    await standing(world);

    const asked = down(world, 'eph-prod', 'permanent');

    await expect(asked).rejects.toThrow('`cairn destroy prod` takes it down.');
  },

  'one that is not there is told so, whatever stands in cairn.yaml': async (world) => {
    await standing(world);
    world.ports.repository.push('main', { 'cairn.yaml': 'environments: [' });

    const asked = down(world, 'eph-prod', 'broken');

    await expect(asked).rejects.toThrow('There is no ephemeral environment "eph-prod"');
  },

  'two who extend at the same time both get what they asked for; a step that is repeated adds nothing':
    async (world) => {
      await standing(world);

      await Promise.all([
        ask(world, { command: 'extend', environment: 'eph-x', ttl: '4h' }, 'one'),
        ask(world, { command: 'extend', environment: 'eph-x', ttl: '2h' }, 'two'),
      ]);
      const [run] = await world.settled();
      await world.call('ExtendEnvironment', { run: world.inputOf(run?.id ?? ''), number: run?.number });

      const known = await world.ports.ephemerals.get(REPOSITORY, 'eph-x');
      expect(known).toMatchObject({ endsAt: '2026-01-01T14:00:00.000Z', runId: MAKER });
    },

  'two who ask for the same at the same time both get it, also if a step is repeated after the other one moved it':
    async (world) => {
      await standing(world);

      await Promise.all([
        ask(world, { command: 'extend', environment: 'eph-x', ttl: '4h' }, 'one'),
        ask(world, { command: 'extend', environment: 'eph-x', ttl: '4h' }, 'two'),
      ]);
      const runs = (await world.settled()).filter(({ workflow }) => workflow === 'extend');
      for (const { id, number } of runs) {
        await world.call('ExtendEnvironment', { run: world.inputOf(id), number });
      }

      expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
      const known = await world.ports.ephemerals.get(REPOSITORY, 'eph-x');
      expect(known?.endsAt).toBe('2026-01-01T16:00:00.000Z');
      expect((await world.ports.schedules.list()).map(({ at }) => at)).toEqual([
        '2026-01-01T15:30:00.000Z',
        '2026-01-01T16:00:00.000Z',
      ]);
    },

  'whoever is slower to schedule schedules the newest end, not its own': async (world) => {
    const { ports } = world;
    await standing(world);
    const { put } = ports.schedules;
    ports.schedules.put = async (schedule) => {
      ports.schedules.put = put;
      const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
      if (known) await ports.ephemerals.update({ ...known, endsAt: '2026-01-01T20:00:00.000Z' });
      return put.call(ports.schedules, schedule);
    };

    await ask(world, { command: 'extend', environment: 'eph-x', ttl: '1h' });
    await world.settled();

    expect((await ports.schedules.list()).map(({ at }) => at)).toContain('2026-01-01T20:00:00.000Z');
  },

  'extended between the look at it and its end: it stays': async (world) => {
    const { ports } = world;
    await standing(world);
    const { update } = ports.ephemerals;
    ports.ephemerals.update = async (next) => {
      if (next.state === 'destroying') {
        ports.ephemerals.update = update;
        const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
        if (known) await update.call(ports.ephemerals, { ...known, endsAt: '2026-01-01T12:00:00.000Z' });
      }
      return update.call(ports.ephemerals, next);
    };

    await world.pass(8 * HOUR);
    const [run] = await world.settled();

    expect(run).toMatchObject({ workflow: 'destroy', state: 'superseded' });
    expect(await ports.ephemerals.get(REPOSITORY, 'eph-x')).toMatchObject({ state: 'ready', runId: MAKER });
    expect(world.jobs).toEqual([]);
  },

  'warned of where its pull request is known, though the run before came to nothing': async (world) => {
    const { ports } = world;
    await standing(world);
    const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
    await ports.status.emit({
      id: 'environment.ready-9',
      runId: MAKER,
      at: '2026-01-01T00:00:00.000Z',
      kind: 'environment.ready',
      message: '',
      doc: `runs/${MAKER}/9.json`,
      run: {},
    });
    if (known) await ports.ephemerals.update({ ...known, runId: 'e'.repeat(20) });

    await world.pass(7.5 * HOUR);

    expect(ports.emitted.at(-1)).toMatchObject({
      kind: 'environment.warning',
      runId: 'e'.repeat(20),
      doc: `runs/${MAKER}/9.json`,
    });
  },

  'extended in the moment its time came: it stays': async (world) => {
    const { ports } = world;
    const known = await standing(world);
    await ports.locks.claim(REPOSITORY, 'eph-x', aClaim());

    await world.pass(8 * HOUR);
    await world.settled();
    await ports.ephemerals.update({ ...known, endsAt: '2026-01-01T12:00:00.000Z' });
    await world.call('ReleaseDeadRun', { runId: MAKER, reason: 'over' });
    const [run] = await world.settled();

    expect(run).toMatchObject({ workflow: 'destroy', state: 'superseded' });
    expect(run?.title).toContain('ends later now');
    expect(await ports.ephemerals.get(REPOSITORY, 'eph-x')).toMatchObject({ state: 'ready' });
    expect(world.jobs).toEqual([]);
  },
};

function aClaim() {
  return { runId: MAKER, token: 'none', command: 'ephemeral', commit: null, at: '2026-01-01T00:00:00.000Z' };
}
