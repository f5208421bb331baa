import { expect } from 'vitest';
import { describeJob, jobIds } from '../../../api/jobs.ts';
import { jobPrefix } from '../../../core/jobs/names.ts';
import type { JobOrder } from '../../../core/jobs/order.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { readJson } from '../../../core/runs/store.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop, states } from './shop.ts';

export const ROLLBACKS: Scenarios = {
  'an apply that fails half way is taken back, and one revert pull request says so': async (world) => {
    const good = await firstDeploy(world);

    await world.push({
      ...project('network', { value: 'n2' }),
      ...project('app', { value: 'a2', apply: 'fail' }),
    });
    await world.settled();
    await world.approve();
    await world.settled();
    // The plan of app was made again after network was applied, and said the same: nobody is asked twice.
    const [run] = await world.settled();

    expect(run?.state).toBe('rolled-back');
    expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
    const record = await readRecord(world.ports, REPOSITORY, 'prod');
    expect(record).toMatchObject({ state: 'rollback', commit: good });
    expect(Object.keys(record?.failed ?? {})).toEqual(['app']);
    expect(world.ports.pulls.all).toHaveLength(1);
    expect(world.ports.pulls.all[0]?.title).toContain('app failed');
    const restored = world.ports.repository.read(
      world.ports.pulls.all[0]?.head.branch ?? '',
      'app/model.json',
    );
    expect(JSON.parse(restored ?? '')).toEqual({ value: 'a1' });
  },

  'after a rollback: the same content is refused, other content goes ahead, the merged revert is recorded ok':
    async (world) => {
      await firstDeploy(world);
      await world.push(project('app', { value: 'a2', apply: 'fail' }));
      await world.settled();
      await world.approve();
      await world.settled();
      const [revert] = world.ports.pulls.all;

      await world.push({ 'README.md': 'unrelated' });
      const [refused] = await world.settled();
      const commit = world.ports.pulls.merge(revert?.number ?? 0);
      await world.request({
        command: 'push',
        repository: REPOSITORY,
        branch: 'main',
        before: '0'.repeat(40),
        commit,
        origin: { source: 'webhook', login: 'alice', trigger: `merge..${commit}` },
      });
      const [merged] = await world.settled();

      expect(refused).toMatchObject({ state: 'refused' });
      expect(refused?.title).toContain('revert pull request #1');
      expect(merged?.state).toBe('succeeded');
      expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
        state: 'ok',
        commit,
        failed: {},
      });
      expect(world.ports.pulls.all).toHaveLength(1);
    },

  'a size that is gone since the last good commit does not stop the way back': async (world) => {
    const sized = `${CONFIG}    size: large\n`;
    world.ports.sizes = ['standard', 'large'];
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, sized));
    await world.settled();
    await world.approve();
    await world.settled();
    world.ports.sizes = ['standard'];

    await world.push(shop({ value: 'n1' }, { value: 'a2', apply: 'fail' }));
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('rolled-back');
    expect(world.state.get('app')).toBe('a1');
    expect(await sizesOf(world, 'plan-', 'app')).toEqual(['large', 'large', 'standard', 'standard']);
    expect(await sizesOf(world, 'verify-')).toEqual(['standard', 'standard']);
  },

  'a check that fails takes the environment back': async (world) => {
    await firstDeploy(world);

    await world.push(project('app', { value: 'sick' }));
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('rolled-back');
    expect(world.state.get('app')).toBe('a1');
  },

  'a check that fails for every commit ends as broken, with no second rollback': async (world) => {
    await firstDeploy(world);
    world.state.set('elsewhere', 'sick');

    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('failed');
    const record = await readRecord(world.ports, REPOSITORY, 'prod');
    expect(record?.state).toBe('broken');
    expect(record?.broken).toContain('last good commit too');
    expect(world.ports.pulls.all).toHaveLength(0);
  },

  'roll back by hand goes to the commit before, under approval, and opens a revert pull request': async (
    world,
  ) => {
    const first = await firstDeploy(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await world.approve();
    await world.settled();

    await world.request({
      command: 'rollback',
      repository: REPOSITORY,
      environment: 'prod',
      origin: { source: 'api', login: 'alice', trigger: 'back' },
    });
    const [waiting] = await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(waiting?.state).toBe('waiting');
    expect(run?.state).toBe('rolled-back');
    expect(world.state.get('app')).toBe('a1');
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({
      state: 'rollback',
      commit: first,
    });
    expect(world.ports.pulls.all).toHaveLength(1);
  },

  'rollback: manual leaves the environment broken and names the command that helps': async (world) => {
    const manual = CONFIG.replace('rollback: automatic', 'rollback: manual');
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, manual));
    await world.settled();
    await world.approve();
    await world.settled();

    await world.push(project('app', { value: 'a2', apply: 'fail' }));
    await world.settled();
    await world.approve();
    const [run] = await world.settled();

    expect(run?.state).toBe('failed');
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'broken' });
    const history = await readHistory(world.ports, REPOSITORY, 'prod', 5);
    expect(history[0]).toMatchObject({ outcome: 'broken' });
  },

  'a newer push does not drop a run that is half applied and asks again': async (world) => {
    await firstDeploy(world);
    await world.push({
      ...project('network', { value: 'n2' }),
      ...project('app', { value: 'uses $network' }),
    });
    await world.settled();
    await world.approve();
    await world.settled();

    await world.push(project('app', { value: 'a9' }));
    await world.settled();
    const between = await states(world);
    await world.approve();
    await world.settled();
    await world.approve();
    await world.settled();

    expect(between.slice(0, 2)).toEqual(['queued', 'waiting']);
    expect((await states(world)).slice(0, 2)).toEqual(['succeeded', 'succeeded']);
    expect(world.state.get('app')).toBe('a9');
  },

  'a revert pull request that nobody merged is used again, also after good deployments': async (world) => {
    await firstDeploy(world);
    const bad = async (value: string) => {
      await world.push(project('app', { value, apply: 'fail' }));
      await world.settled();
      await world.approve();
      await world.settled();
    };
    await bad('a2');
    await world.push(project('app', { value: 'a3' }));
    await world.settled();
    await world.approve();
    await world.settled();

    await bad('a4');

    expect((await states(world)).slice(0, 3)).toEqual(['rolled-back', 'succeeded', 'rolled-back']);
    expect(world.ports.pulls.all).toHaveLength(1);
    const branch = world.ports.pulls.all[0]?.head.branch ?? '';
    expect(world.ports.repository.read(branch, 'app/model.json')).toContain('a3');
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ revert: { pull: 1 } });
  },

  'rollback: off is not rolled back by hand either, and says what to do': async (world) => {
    await world.push(
      shop({ value: 'n1' }, { value: 'a1' }, CONFIG.replace('rollback: automatic', 'rollback: off')),
    );
    await world.settled();
    await world.approve();
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await world.approve();
    await world.settled();

    await world.request({
      command: 'rollback',
      repository: REPOSITORY,
      environment: 'prod',
      origin: { source: 'api', login: 'alice', trigger: 'back' },
    });
    const [run] = await world.settled();

    expect(run?.state).toBe('refused');
    expect(run?.title).toContain('rollback: off');
    expect(world.state.get('app')).toBe('a2');
  },
};

/** Sizes that the jobs with such ids were ordered in, by run and by number. */
async function sizesOf(world: World, start: string, end = ''): Promise<string[]> {
  const runs = (await world.ports.runs.list({ repository: REPOSITORY, limit: 9 })).reverse();
  const orders = await Promise.all(
    runs.map(async (run) => {
      const ids = (await jobIds(world.ports, run)).filter(
        (id) => id.startsWith(start) && (describeJob(id).project ?? '').endsWith(end),
      );
      return Promise.all(
        ids.map((id) => readJson<JobOrder>(world.ports, `${jobPrefix(run, id)}/order.json`)),
      );
    }),
  );
  return orders.flat().map(({ size }) => size);
}
