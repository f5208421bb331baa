import { expect } from 'vitest';
import { writeFreeze } from '../../../core/record/freeze.ts';
import { readHistory, readRecord } from '../../../core/record/read.ts';
import { type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { firstDeploy, shop } from './shop.ts';
import { ask } from './standing.ts';

function takeDown(world: World, trigger = 'take down', confirm = 'prod') {
  return ask(world, { command: 'destroy', environment: 'prod', confirm, reason: 'asked' }, trigger);
}

async function frozen(world: World): Promise<void> {
  const at = world.ports.clock.now().toISOString();
  const freeze = { by: 'bob', reason: 'the fair', at, until: null };
  await writeFreeze(world.ports, REPOSITORY, 'prod', { freeze, by: 'bob', at });
}

async function deployed(world: World, network: Model, app: Model): Promise<string> {
  const commit = await world.push(shop(network, app));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

export const TAKE_DOWNS: Scenarios = {
  'a permanent environment is taken down in reverse order once its plans are approved, and deployed anew by a push':
    async (world) => {
      const { ports } = world;
      const commit = await firstDeploy(world);

      await takeDown(world);
      const [waiting] = await world.settled();
      const before = Object.fromEntries(world.state);
      await world.approve();
      const [run] = await world.settled();
      const jobs = [...world.jobs];
      const record = await readRecord(ports, REPOSITORY, 'prod');
      const page = ports.repository.read('cairn/record', 'environments/prod/README.md');
      const { healed } = await world.call('LookAtHeads', { repositories: [REPOSITORY] });
      await world.push(project('app', { value: 'a2' }));
      await world.settled();
      await world.approve();
      await world.settled();

      expect(waiting).toMatchObject({ workflow: 'destroy', state: 'waiting' });
      expect(before).toEqual({ network: 'n1', app: 'a1' });
      expect(run).toMatchObject({ state: 'succeeded', title: 'Destroyed prod' });
      expect(jobs.slice(0, 2).sort()).toEqual(['plan app', 'plan network']);
      expect(jobs.slice(2)).toEqual(['apply app', 'plan network', 'apply network']);
      expect(record).toMatchObject({ state: 'ok', commit: null, good: [], projects: {} });
      expect(record?.last).toMatchObject({ outcome: 'destroyed', commit });
      expect(page).toContain('It was destroyed; it stood at');
      expect(healed).toEqual([]);
      expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a2' });
    },

  'it is rejected: nothing is touched, and the record says so': async (world) => {
    const commit = await firstDeploy(world);

    await takeDown(world);
    await world.settled();
    await world.request({
      command: 'reject',
      repository: REPOSITORY,
      environment: 'prod',
      reason: 'we need it',
      origin: { source: 'api', login: 'alice', trigger: 'no' },
    });
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'rejected' });
    expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', commit });
    const [line] = await readHistory(world.ports, REPOSITORY, 'prod', 1);
    expect(line).toMatchObject({ outcome: 'rejected' });
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'without its name, or with another one, it is refused with what to type': async (world) => {
    await firstDeploy(world);

    await expect(takeDown(world, 'wrong', 'production')).rejects.toThrow(
      /"production" was typed: `cairn destroy prod --confirm prod`/,
    );
    await expect(
      ask(world, { command: 'destroy', environment: 'prod', reason: 'asked' }, 'none'),
    ).rejects.toThrow(/nothing was typed/);
    expect(world.jobs).toEqual([]);
  },

  'while it is frozen it is refused': async (world) => {
    await firstDeploy(world);
    await frozen(world);

    await takeDown(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'refused' });
    expect(run?.title).toContain('prod is frozen by bob: the fair');
    expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
  },

  'frozen while it waits for an answer it is refused, whatever was approved': async (world) => {
    const commit = await firstDeploy(world);
    await takeDown(world);
    await world.settled();
    await frozen(world);

    await world.approve();
    const [run] = await world.settled();

    expect(run).toMatchObject({ workflow: 'destroy', state: 'refused' });
    expect(run?.title).toContain('prod was frozen while this waited, so nothing was applied');
    expect(world.jobs.filter((job) => job.startsWith('apply'))).toEqual([]);
    expect(Object.fromEntries(world.state)).toEqual({ network: 'n1', app: 'a1' });
    const record = await readRecord(world.ports, REPOSITORY, 'prod');
    expect(record).toMatchObject({ commit, last: { outcome: 'refused' } });
    expect(Object.keys(record?.projects ?? {}).sort()).toEqual(['app', 'network']);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'frozen between two tries it goes on to its end: half an environment is worse': async (world) => {
    await deployed(world, { value: 'n1', destroy: 1 }, { value: 'a1' });
    await takeDown(world);
    await world.settled();
    const { emit } = world.ports.status;
    world.ports.status.emit = async (event) => {
      if (event.message.startsWith('Tries again')) await frozen(world);
      return emit.call(world.ports.status, event);
    };

    await world.approve();
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'succeeded', title: 'Destroyed prod' });
    expect(world.state.has('network')).toBe(false);
  },

  'with not_author somebody else than who asked for it agrees': async (world) => {
    const text = shop({ value: '' }, { value: '' })['cairn.yaml']?.replace(
      'approvers: [alice]',
      'not_author: true',
    );
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, text), { author: 'carol' });
    await world.settled();
    await world.approve('bob');
    await world.settled();

    await takeDown(world);
    await world.settled();

    await expect(world.approve('alice')).rejects.toThrow(/not_author/);
    await world.approve('bob');
    expect((await world.settled())[0]).toMatchObject({ state: 'succeeded', title: 'Destroyed prod' });
  },

  'a guard holds for it as well, and nobody is asked': async (world) => {
    const config = `${shop({ value: '' }, { value: '' })['cairn.yaml']}guards: { protected: ["terraform_data.it"] }\n`;
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
    await world.settled();
    await world.approve();
    await world.settled();
    world.jobs.length = 0;

    await takeDown(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'failed' });
    expect(world.jobs.sort()).toEqual(['plan app', 'plan network']);
    expect(await readRecord(world.ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok' });
  },

  'what was approved is tried three times; half destroyed it is broken, with what is gone out of the record, and can be finished':
    async (world) => {
      const { ports } = world;
      await deployed(world, { value: 'n1', destroy: 3 }, { value: 'a1' });

      await takeDown(world);
      await world.settled();
      await world.approve();
      const [run] = await world.settled();
      const jobs = [...world.jobs];
      const broken = await readRecord(ports, REPOSITORY, 'prod');
      await takeDown(world, 'once more');
      await world.settled();
      await world.approve();
      const [last] = await world.settled();

      expect(run).toMatchObject({ state: 'failed' });
      expect(jobs.filter((job) => job === 'apply network')).toHaveLength(3);
      expect(broken).toMatchObject({ state: 'broken' });
      expect(Object.keys(broken?.projects ?? {})).toEqual(['network']);
      expect(broken?.broken).toContain('DependencyViolation');
      expect(last).toMatchObject({ state: 'succeeded', title: 'Destroyed prod' });
      expect(await readRecord(ports, REPOSITORY, 'prod')).toMatchObject({ state: 'ok', projects: {} });
    },

  'what a deployment made that broke off goes as well, though the record does not know it': async (world) => {
    const config = shop({ value: '' }, { value: '' })['cairn.yaml']?.replace('automatic', 'off') ?? '';
    await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
    await world.settled();
    await world.approve();
    await world.settled();
    const withCache = `${config}  - dir: cache\n  - dir: late\n`;
    await world.push({
      'cairn.yaml': withCache,
      ...project('cache', { value: 'c1', apply: 'fail' }),
      ...project('late', { value: 'l1', apply: 'unborn' }),
    });
    await world.settled();
    await world.approve();
    await world.settled();
    const before = await readRecord(world.ports, REPOSITORY, 'prod');
    const made = [...world.state.keys()].sort();
    // Whoever destroys it does not care why it failed.
    world.jobs.length = 0;

    await takeDown(world);
    await world.settled();

    expect(before).toMatchObject({ state: 'broken' });
    expect(Object.keys(before?.projects ?? {}).sort()).toEqual(['app', 'network']);
    expect(made).toEqual(['app', 'cache', 'network']);
    expect(world.jobs.sort()).toEqual(['plan app', 'plan cache', 'plan late', 'plan network']);
  },

  'where nothing stands there is nothing to destroy': async (world) => {
    world.ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }));

    await takeDown(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({ state: 'failed' });
    expect(run?.title).toContain('Nothing stands in prod');
  },
};
