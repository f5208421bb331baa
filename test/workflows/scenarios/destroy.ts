import { expect } from 'vitest';
import { readEphemerals } from '../../../core/record/ephemeral/read.ts';
import { REPOSITORY } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { ask, down, expectGone, HOUR, register, standing, told } from './standing.ts';

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
      expect(told(world, 'environment.leaked')).toEqual(['Not all of eph-x could be destroyed: network: 1.']);
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
