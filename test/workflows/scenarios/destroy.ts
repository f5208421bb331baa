import { expect } from 'vitest';
import { readEphemerals } from '../../../core/record/ephemeral-read.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { ask, down, HOUR, MAKER, register, standing } from './standing.ts';

/** Nothing of it is left anywhere. */
async function expectGone(world: World, environment = 'eph-x'): Promise<void> {
  const { ports } = world;
  expect([...world.state.keys()].filter((name) => name === `${environment}/app`)).toEqual([]);
  expect([...world.state.keys()].filter((name) => name === `${environment}/network`)).toEqual([]);
  expect(await ports.ephemerals.get(REPOSITORY, environment)).toBeNull();
  expect((await ports.schedules.list()).filter(({ name }) => name.includes(`-${environment}-`))).toEqual([]);
  expect(ports.repository.refs.has(`refs/cairn/ephemeral/${environment}`)).toBe(false);
  const record = await readEphemerals(ports, REPOSITORY);
  expect(Object.keys(record.rows)).not.toContain(environment);
  expect(record.history.find((line) => line.environment === environment)?.event).toBe('destroyed');
  expect(await ports.locks.held()).toEqual([]);
}

function kinds(world: World, kind: string): string[] {
  return world.ports.emitted.filter((event) => event.kind === kind).map((event) => event.message);
}

export const DESTROYS: Scenarios = {
  'its time is up: it is destroyed without asking, what depends on others first, and forgotten': async (
    world,
  ) => {
    await standing(world);

    await world.pass(8 * HOUR);
    const [run] = await world.settled();

    expect(run).toMatchObject({ workflow: 'destroy', state: 'succeeded', title: 'Destroyed eph-x' });
    expect(world.jobs).toEqual(['plan app', 'apply app', 'plan network', 'apply network']);
    await expectGone(world);
  },

  'taken down by hand before its time, while the configuration of the branch is broken': async (world) => {
    await standing(world);
    world.ports.repository.push('main', { 'cairn.yaml': 'nonsense: [' });

    await down(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'succeeded', requester: 'alice' });
    await expectGone(world);
  },

  'one that nothing was applied to is forgotten at once': async (world) => {
    await standing(world, { applied: {} });

    await down(world);
    await world.settled();

    expect(world.jobs).toEqual([]);
    await expectGone(world);
  },

  'the pull request is closed: its own environment goes, one that was asked for keeps its time': async (
    world,
  ) => {
    const { commit } = await standing(world, { environment: 'eph-pr-7', pull: 7, automatic: true });
    await register(world, commit ?? '', { environment: 'eph-mine', pull: 7, runId: 'b'.repeat(20) });

    await world.request({
      command: 'closed',
      repository: REPOSITORY,
      pull: 7,
      origin: { source: 'webhook', login: 'bob', trigger: '7/closed' },
    });
    await world.settled();

    await expectGone(world, 'eph-pr-7');
    expect(await world.ports.ephemerals.get(REPOSITORY, 'eph-mine')).toMatchObject({ state: 'ready' });
    const [said, ...more] = [...world.ports.reports.comments.values()];
    expect(said).toMatchObject({ pull: 7 });
    expect(said?.body).toContain('`eph-mine` was asked for by hand, so it stays until 2026-01-01 08:00 UTC');
    expect(more).toEqual([]);
  },

  'a destroy that fails is tried again in the same run': async (world) => {
    await standing(world, { network: { value: 'n1', destroy: 2 } });

    await down(world);
    const [run] = await world.settled();

    expect(run?.state).toBe('succeeded');
    expect(world.jobs.filter((job) => job === 'apply network')).toHaveLength(3);
    expect(world.jobs.filter((job) => job === 'apply app')).toHaveLength(1);
    await expectGone(world);
  },

  'what cannot be destroyed is leaked: known, shown, recorded, without a schedule, until somebody resolves it':
    async (world) => {
      const { ports } = world;
      await standing(world, { network: { value: 'n1', destroy: 3 } });

      await world.pass(8 * HOUR);
      const [first] = await world.settled();
      const known = await ports.ephemerals.get(REPOSITORY, 'eph-x');
      const record = await readEphemerals(ports, REPOSITORY);
      const scheduled = await ports.schedules.list();
      const [second] = await down(world).then(() => world.settled());

      expect(first).toMatchObject({ state: 'failed' });
      expect(first?.title).toContain('could not be destroyed: network: DependencyViolation');
      expect(known).toMatchObject({ state: 'leaked', left: { network: ['terraform_data.it'] } });
      expect(record.rows['eph-x']).toMatchObject({ state: 'leaked' });
      expect(record.history[0]).toMatchObject({ event: 'leaked', environment: 'eph-x' });
      expect(scheduled).toEqual([]);
      expect(kinds(world, 'environment.leaked')).toEqual([
        'Not all of eph-x could be destroyed: network: 1.',
      ]);
      expect(second?.state).toBe('succeeded');
      await expectGone(world);
    },

  'a project that cannot be planned holds up what it depends on, and nothing else': async (world) => {
    const { commit } = await standing(world, { app: { value: 'a1', plan: 'fail' } });
    const [known] = await world.ports.ephemerals.list(REPOSITORY);
    const { network, app } = known?.applied ?? {};
    if (!known || !network || !app) throw new Error('it does not stand');
    const other = { ...app, project: { ...app.project, name: 'other', dir: 'network', dependsOn: [] } };
    await world.ports.ephemerals.update({ ...known, applied: { network, app, other } });
    world.state.set('eph-x/other', 'it');

    await down(world);
    await world.settled();

    expect(commit).toHaveLength(40);
    expect(world.state.has('eph-x/other')).toBe(false);
    expect(world.state.has('eph-x/network')).toBe(true);
    expect(await world.ports.ephemerals.get(REPOSITORY, 'eph-x')).toMatchObject({
      state: 'leaked',
      left: { app: ['terraform_data.it'], network: ['terraform_data.it'] },
    });
  },

  'a commit that is gone leaks what was applied from it, and says so': async (world) => {
    await standing(world);
    const [known] = await world.ports.ephemerals.list(REPOSITORY);
    const { network, app } = known?.applied ?? {};
    if (!known || !network || !app) throw new Error('it does not stand');
    const lost = { ...network, commit: 'f'.repeat(40) };
    await world.ports.ephemerals.update({ ...known, applied: { network: lost, app } });

    await down(world);
    await world.settled();

    expect(world.state.has('eph-x/app')).toBe(false);
    expect(await world.ports.ephemerals.get(REPOSITORY, 'eph-x')).toMatchObject({ state: 'leaked' });
  },

  'warned of once, extended by what was asked for, and destroyed at its new end': async (world) => {
    await standing(world);

    await world.pass(7.5 * HOUR);
    const warned = kinds(world, 'environment.warning');
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
    expect(kinds(world, 'environment.warning')).toHaveLength(2);
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

  'what leaked can be launched anew, extended or swept by nobody; the same key asks for nothing, another one tries again':
    async (world) => {
      const { ports } = world;
      await standing(world, { network: { value: 'n1', destroy: 6 } });
      await down(world, 'eph-x', 'first');
      await world.settled();

      await ask(world, { command: 'extend', environment: 'eph-x', ttl: '1h' });
      const [extended] = await world.settled();
      await ask(world, { command: 'ephemeral', ref: 'main', name: 'x' });
      const [launched] = await world.settled();
      await world.pass(2 * 24 * HOUR);
      await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
      await world.settled();
      const jobs = world.jobs.length;
      await down(world, 'eph-x', 'first');
      await world.settled();
      const same = world.jobs.length;
      await down(world, 'eph-x', 'second');
      const [second] = await world.settled();
      await down(world, 'eph-x', 'third');
      const [third] = await world.settled();

      expect(extended?.title).toContain('`cairn env down eph-x` tries again');
      expect(launched?.title).toContain('what is left of it (network) waits for somebody');
      expect(same).toBe(jobs);
      expect(second?.state).toBe('failed');
      expect(third).toMatchObject({ state: 'succeeded', title: 'Destroyed eph-x' });
      await expectGone(world);
      const { history } = await readEphemerals(ports, REPOSITORY);
      expect(history.map(({ event }) => event)).toEqual(['destroyed', 'leaked', 'leaked', 'made']);
    },

  'what is taken out of the state by hand is nobody’s to destroy, and the next try forgets the environment':
    async (world) => {
      await standing(world, { network: { value: 'n1', destroy: 99 } });
      await down(world, 'eph-x', 'first');
      await world.settled();

      world.state.delete('eph-x/network');
      await down(world, 'eph-x', 'second');
      const [run] = await world.settled();

      expect(run).toMatchObject({ state: 'succeeded', title: 'Destroyed eph-x' });
      await expectGone(world);
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

  'asked for twice, the second finds it gone': async (world) => {
    await standing(world);

    await Promise.all([down(world, 'eph-x', 'one'), down(world, 'eph-x', 'two')]);
    const [second, first] = await world.settled();

    expect([first, second].map((run) => run?.title).sort()).toEqual([
      'Destroyed eph-x',
      'eph-x is gone already',
    ]);
    await expectGone(world);
  },

  'killed between the last destroy and the record: the sweep has it destroyed again, and nothing is forgotten':
    async (world) => {
      const { ports } = world;
      const known = await standing(world);
      world.state.clear();
      await ports.ephemerals.update({ ...known, state: 'destroying', runId: 'd'.repeat(20) });

      const first = await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
      const again = await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
      await world.settled();

      expect(first['repaired']).toContain('eph-x: destroyed (forgotten)');
      expect(again['repaired']).not.toContain('eph-x: the record put right');
      expect(world.jobs).toEqual(['plan app', 'plan network']);
      await expectGone(world);
    },
};

function aClaim() {
  return { runId: MAKER, token: 'none', command: 'ephemeral', commit: null, at: '2026-01-01T00:00:00.000Z' };
}
