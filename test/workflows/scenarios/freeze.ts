import { expect } from 'vitest';
import { freezeOf } from '../../../core/environments/freeze.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import { deploy, freeze, log, origin, unfreeze } from './freeze-asks.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop, states } from './shop.ts';

export const FREEZES: Scenarios = {
  'a frozen environment refuses a deploy before anything is planned; unfrozen, the head is deployed by itself':
    async (world) => {
      const good = await firstDeploy(world);
      const said = await freeze(world);
      const commit = await world.push(project('app', { value: 'a2' }));
      const [refused] = await world.settled();
      const planned = [...world.jobs];
      const answer = await unfreeze(world);
      await world.settled();
      await world.approve();
      const [run] = await world.settled();

      expect(said['message']).toBe('prod is frozen by alice: release week. `cairn unfreeze prod` ends it.');
      expect(refused).toMatchObject({
        state: 'refused',
        title: 'prod is frozen by alice: release week',
        commit,
      });
      expect(planned).toEqual([]);
      expect(answer['message']).toContain(
        `${commit.slice(0, 7)}, which was refused meanwhile, is deployed now`,
      );
      expect(run).toMatchObject({ state: 'succeeded', commit, requester: 'bob' });
      expect(world.state.get('app')).toBe('a2');
      expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
      expect(log(world)).toEqual([
        `prod: deployed ${commit.slice(0, 7)} (app)`,
        'prod: unfrozen by bob',
        `prod: refused ${commit.slice(0, 7)}`,
        'prod: frozen by alice: release week',
        `prod: deployed ${good.slice(0, 7)} (network, app)`,
      ]);
    },

  'a freeze whose end has passed holds nobody up, also while its schedule is late': async (world) => {
    await firstDeploy(world);
    await freeze(world, { until: '2h' });
    world.ports.clock.pass(7_200);

    await world.push(project('app', { value: 'a2' }));
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'waiting' });
  },

  'a time that has passed, or an ephemeral environment, cannot be frozen': async (world) => {
    await firstDeploy(world);

    await expect(freeze(world, { until: '2025-12-31T23:00:00Z' })).rejects.toThrow(/pass|past/);
    await expect(freeze(world, { environment: 'eph-x' })).rejects.toThrow(/has a time of its own/);
    await expect(freeze(world, { environment: 'nowhere' })).rejects.toThrow(/no environment "nowhere"/);
    await expect(freeze(world, {}, 'mallory')).rejects.toThrow(/no write access/);
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toBeNull();
  },

  'frozen between the approval that is asked for and its answer, nothing is applied': async (world) => {
    const good = await firstDeploy(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await freeze(world);

    await world.approve();
    const [run] = await world.settled();

    expect(run?.title).toBe('prod was frozen while this waited, so nothing was applied.');
    expect(world.jobs).toEqual(['plan app']);
    expect(world.state.get('app')).toBe('a1');
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit: good });
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'frozen while it applies, a deploy goes on to its end, the way back included': async (world) => {
    await firstDeploy(world);
    await world.push({
      ...project('network', { value: 'n2' }),
      ...project('app', { value: 'uses $network', apply: 'fail' }),
    });
    await world.settled();
    await world.approve();
    await world.settled();
    // The first wave is applied; the second is asked about anew.
    await freeze(world);
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('rolled-back');
    expect(Object.fromEntries(world.state)).toMatchObject({ network: 'n1', app: 'a1' });
  },

  'break-glass: an approver who is named deploys in spite of the freeze, and the record says so': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world);
    const commit = await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await expect(deploy(world, 'bob', { despiteFreeze: true })).rejects.toThrow(
      '@bob may not deploy to prod despite the freeze: only alice may.',
    );

    await deploy(world, 'alice', { despiteFreeze: true });
    const [asking] = await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(asking?.state).toBe('waiting');
    expect(run).toMatchObject({ state: 'succeeded', commit });
    const [newest, before] = await readHistory(world.ports, REPOSITORY, 'prod', 2);
    expect(newest).toMatchObject({ outcome: 'deployed', despiteFreeze: 'release week' });
    expect(before).toMatchObject({ outcome: 'refused', despiteFreeze: null });
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).not.toBeNull();
    const head = world.ports.repository.refs.get('refs/heads/cairn/record') ?? '';
    expect(world.ports.repository.commits.get(head)?.message).toContain('Despite-Freeze: release week');
  },

  'break-glass is for nobody where nobody is named, whatever the request says': async (world) => {
    const open = CONFIG.replace(', approvers: [alice]', '');
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, open));
    await world.settled();
    await world.approve();
    await world.settled();
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await freeze(world);
    await expect(deploy(world, 'alice', { despiteFreeze: true })).rejects.toThrow(/nobody may/);
    await unfreeze(world);

    // Not frozen when it asked, frozen when it is about to apply: the run asks again.
    await deploy(world, 'alice', { despiteFreeze: true });
    await world.settled();
    await freeze(world);
    await world.approve();
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'refused', title: 'prod is frozen by alice: release week' });
    expect(world.state.get('app')).toBe('a1');
  },

  'an environment that was never deployed can be frozen; its first deploy is refused': async (world) => {
    world.ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }));

    await freeze(world);
    await deploy(world, 'alice');
    const [run] = await world.settled();
    await unfreeze(world);
    await world.settled();
    await world.approve();
    await world.settled();

    expect(run).toMatchObject({ state: 'refused', title: 'prod is frozen by alice: release week' });
    expect(await states(world)).toEqual(['succeeded', 'refused']);
    expect(world.state.get('app')).toBe('a1');
  },

  'a way back by hand is refused as well; pull requests are planned, and say what a merge would come to':
    async (world) => {
      await firstDeploy(world);
      await world.push(project('app', { value: 'a2' }));
      await world.settled();
      await world.approve();
      await world.settled();
      world.jobs.length = 0;
      await freeze(world);
      const base = { repository: REPOSITORY, environment: 'prod' };
      await world.request({ ...base, command: 'rollback', origin: origin(world, 'alice') });
      const [back] = await world.settled();
      world.ports.repository.push('change', project('app', { value: 'a3' }), { from: 'main' });
      const { number } = await world.ports.pulls.open(REPOSITORY, {
        title: 'More',
        body: '',
        head: 'change',
        base: 'main',
      });
      await world.request({
        command: 'plan',
        repository: REPOSITORY,
        pull: number,
        asked: true,
        origin: origin(world, 'bob'),
      });
      const [plan] = await world.settled();

      expect(back).toMatchObject({
        command: 'rollback',
        state: 'refused',
        title: 'prod is frozen by alice: release week',
      });
      expect(plan).toMatchObject({ workflow: 'plan', state: 'succeeded' });
      expect(world.jobs).toEqual(['plan app']);
    },
};
