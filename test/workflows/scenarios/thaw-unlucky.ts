import { expect } from 'vitest';
import { freezeOf } from '../../../core/environments/freeze.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { freeze, log, origin, QUEUE, queueing, unfreeze } from './freeze-asks.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop, states } from './shop.ts';

const HOUR = 3_600;

function sweep(world: World) {
  return world.call('SweepEnvironments', { repositories: [REPOSITORY] });
}

/** As if nobody had ever asked for the end. */
async function loseSchedules(world: World): Promise<void> {
  for (const { name } of await world.ports.schedules.list()) await world.ports.schedules.remove(name);
}

/** A second push event of the same head, such as a look at the heads makes. */
function pushAgain(world: World, commit: string) {
  return world.request({
    command: 'push',
    repository: REPOSITORY,
    branch: 'main',
    before: '0'.repeat(40),
    commit,
    origin: { source: 'look', login: null, trigger: `look..${commit}` },
  });
}

export const UNLUCKY_THAWS: Scenarios = {
  'a head that was pushed twice and refused is deployed after the thaw, whichever run told of it': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world);
    const commit = await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await pushAgain(world, commit);
    await world.settled();
    const before = await states(world);

    await unfreeze(world);
    const [run] = await world.settled();

    expect(before).toEqual(['superseded', 'refused', 'succeeded']);
    expect(run).toMatchObject({ state: 'waiting', commit });
  },

  'the end of a freeze whose schedule was lost comes all the same, and what was refused is deployed': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world, { until: '8h' });
    const commit = await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const whole = await sweep(world);
    await loseSchedules(world);

    const mended = await sweep(world);
    const scheduled = await world.ports.schedules.list();
    await world.pass(8 * HOUR);
    const [run] = await world.settled();

    expect(whole).toMatchObject({ repaired: [] });
    expect(mended).toMatchObject({ repaired: ['prod: the end of its freeze scheduled'] });
    expect(scheduled).toMatchObject([{ at: '2026-01-01T08:00:00.000Z' }]);
    expect(run).toMatchObject({ state: 'waiting', commit });
    expect(log(world)[0]).toBe('prod: unfrozen by its time');
  },

  'one that is over, and that nothing was told of, is taken back with the next sweep': async (world) => {
    await firstDeploy(world);
    await freeze(world, { until: '8h' });
    const commit = await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await loseSchedules(world);
    world.ports.clock.pass(8 * HOUR);
    const early = await sweep(world);
    world.ports.clock.pass(HOUR);

    await sweep(world);
    await world.pass(0);
    const [run] = await world.settled();
    const again = await sweep(world);

    // It may be on its way.
    expect(early).toMatchObject({ repaired: [] });
    expect(run).toMatchObject({ state: 'waiting', commit });
    expect(log(world)[0]).toBe('prod: unfrozen by its time');
    expect(again).toMatchObject({ repaired: [] });
  },

  'a freeze without an end, and one that was moved, get no end that they do not have': async (world) => {
    await firstDeploy(world);
    await freeze(world, { until: '1h' });
    const [first] = await world.ports.schedules.list();
    await freeze(world, { until: '1d' });
    const frozen = await freezeOf(world.ports, REPOSITORY, 'prod');
    // Somebody else's write came in between: the schedule is the former one's.
    const request = {
      command: 'unfreeze' as const,
      repository: REPOSITORY,
      environment: 'prod',
      origin: { source: 'schedule' as const, login: null, trigger: 'prod/thaws/former' },
    };
    await world.ports.schedules.put({ name: first?.name ?? '', at: new Date(first?.at ?? ''), request });

    await sweep(world);
    const mended = await world.ports.schedules.list();
    await freeze(world);
    await sweep(world);

    expect(mended.map(({ at }) => at)).toEqual([frozen?.until]);
    expect(await world.ports.schedules.list()).toEqual([]);
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toMatchObject({ until: null });
  },

  'a thaw that a Cairn of before began, and this one ends, says of its head what was found then': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world);
    const at = origin(world, 'bob');
    const noted = JSON.stringify({ waits: null, refused: null });
    await world.ports.sent.put(`thaw/${REPOSITORY}/prod/${at.trigger}`, { id: noted, order: 0 });

    const place = { repository: REPOSITORY, environment: 'prod' };
    const answer = await world.request({ command: 'unfreeze', ...place, origin: at });

    expect(answer['message']).toMatch(/^prod is unfrozen by bob\. It was frozen by alice since .*\.$/);
  },

  'what is frozen can be unfrozen although cairn.yaml does not name it any more, or is broken': async (
    world,
  ) => {
    await firstDeploy(world);
    await freeze(world);
    world.ports.repository.push('main', { 'cairn.yaml': 'environments: [broken' });
    const broken = await unfreeze(world);
    const free = await freezeOf(world.ports, REPOSITORY, 'prod');
    world.ports.repository.push('main', { 'cairn.yaml': CONFIG });
    await freeze(world);
    const others = CONFIG.replace('  prod:', '  live:');
    world.ports.repository.push('main', { 'cairn.yaml': others });

    const gone = await unfreeze(world);

    expect(broken['message']).toContain('prod is unfrozen by bob.');
    expect(broken['message']).toContain('Nothing that was refused meanwhile is deployed');
    expect(broken['message']).toContain('Once cairn.yaml is mended, `cairn deploy prod` does so');
    expect(free).toBeNull();
    expect(gone['message']).toContain('prod is unfrozen by bob.');
    expect(await freezeOf(world.ports, REPOSITORY, 'prod')).toBeNull();
    await expect(unfreeze(world)).rejects.toThrow('There is no environment "prod" in cairn.yaml');
  },

  'what waits for the thaw is dropped if its branch is gone': async (world) => {
    const config = QUEUE.replace('branch: main', 'branch: live');
    world.ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }, config));
    await world.push({ 'README.md': 'live' }, { branch: 'live' });
    await world.settled();
    await world.approve();
    await world.settled();
    await freeze(world);
    await world.push(project('app', { value: 'a2' }), { branch: 'live' });
    await world.settled();
    world.jobs.length = 0;
    world.ports.repository.refs.delete('refs/heads/live');

    await unfreeze(world);
    const [run] = await world.settled();

    expect(run).toMatchObject({
      state: 'superseded',
      title: 'Superseded: there is no branch live any more.',
    });
    expect(world.jobs).toEqual([]);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'a run that waits when nobody tells it that the freeze is over looks for itself': async (world) => {
    await queueing(world);
    await freeze(world, { until: '2h' });
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const waiting = await world.ports.approvals.get(REPOSITORY, 'prod (thaw)');
    await loseSchedules(world);
    world.ports.clock.pass(3 * HOUR);
    // What the workflow says for itself when the time that it was given is over.
    await world.ports.workflows.succeed(waiting?.token ?? '', { outcome: 'expired' });
    const [run] = await world.settled();

    expect(waiting?.until).toBe('2026-01-01T03:00:00.000Z');
    expect(run).toMatchObject({ state: 'waiting', title: 'Deploy to prod' });
    expect(await world.ports.approvals.get(REPOSITORY, 'prod')).toMatchObject({ runId: run?.id });
  },

  'the configuration of the default branch is read once to start a deployment': async (world) => {
    await firstDeploy(world);
    const { source } = world.ports.repository;
    const { file } = source;
    const read: string[] = [];
    source.file = async (repository, ref, path) => {
      if (path === 'cairn.yaml') read.push(ref);
      return file(repository, ref, path);
    };

    const answer = await world.request({
      command: 'deploy',
      repository: REPOSITORY,
      environment: 'prod',
      retry: false,
      origin: origin(world, 'alice'),
    });
    const routed = [...read];
    source.file = file;
    await world.settled();

    expect(answer['started']).toHaveLength(1);
    expect(routed).toEqual(['main']);
  },
};
