import { expect } from 'vitest';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import { branches, change, config, known, openPull, pushed, standing, up } from './sandbox.ts';
import type { Scenarios } from './scenario.ts';

export const EPHEMERALS: Scenarios = {
  'a branch gets an environment: its end is scheduled, its outputs are told, its commit is kept': async (
    world,
  ) => {
    const commit = branches(world);

    const [run] = await up(world, { ref: 'change', ttl: '4h', name: 'demo' });

    expect(run).toMatchObject({ state: 'succeeded', environment: 'eph-demo', commit });
    expect(standing(world, 'eph-demo')).toEqual({ network: 'n1', app: 'a2 on n1' });
    expect(world.jobs).toEqual([
      expect.stringMatching(/^plan/),
      expect.stringMatching(/^plan/),
      'apply network',
      'plan app',
      'apply app',
    ]);
    expect(await known(world, 'eph-demo')).toMatchObject({
      state: 'ready',
      ref: 'change',
      commit,
      owner: 'alice',
      automatic: false,
      endsAt: '2026-01-01T04:00:00.000Z',
      outputs: { 'app.url': 'http://eph-demo.test/' },
      applied: { network: { commit, state: 'kept' }, app: { commit, project: { dependsOn: ['network'] } } },
    });
    const schedules = await world.ports.schedules.list();
    expect(schedules.map(({ at }) => at).sort()).toEqual([
      '2026-01-01T03:30:00.000Z',
      '2026-01-01T04:00:00.000Z',
    ]);
    expect(world.ports.repository.refs.get('refs/cairn/ephemeral/eph-demo')).toBe(commit);
    expect(await world.ports.locks.held()).toEqual([]);
  },

  'a pull request gets one by a comment, and another person updates it; the end is not brought nearer':
    async (world) => {
      const first = branches(world);
      const pull = await openPull(world);
      await up(world, { pull: pull.number, ttl: '1d' });
      const made = await known(world, 'eph-pr-1');
      world.ports.clock.pass(3600);
      const second = change(world, { value: 'a3' });

      await up(world, { pull: pull.number, login: 'bob' });

      expect(made).toMatchObject({
        commit: first,
        pull: 1,
        owner: 'alice',
        endsAt: '2026-01-02T00:00:00.000Z',
      });
      expect(await known(world, 'eph-pr-1')).toMatchObject({
        commit: second,
        owner: 'alice',
        startedAt: '2026-01-01T01:00:00.000Z',
        endsAt: '2026-01-02T00:00:00.000Z',
        applied: { app: { commit: second }, network: { commit: second } },
      });
      expect(standing(world, 'eph-pr-1')).toMatchObject({ app: 'a3' });
      expect(world.ports.repository.refs.get('refs/cairn/ephemeral/eph-pr-1')).toBe(second);
    },

  'what the head says of pull requests makes none: the base branch decides': async (world) => {
    branches(world);
    world.ports.repository.push('change', { 'cairn.yaml': config('on_pull_request: true') });
    const pull = await openPull(world);

    await pushed(world, pull.number, 'opened');

    expect(await world.ports.ephemerals.list(REPOSITORY)).toEqual([]);
  },

  'a plan that fails leaves no trace of a new one, and one that stands as it was': async (world) => {
    branches(world);
    world.ports.repository.push('change', project('network', { value: 'n1', plan: 'fail' }));
    const [failed] = await up(world, { ref: 'change', name: 'new' });
    const gone = await known(world, 'eph-new');
    const left = await world.ports.schedules.list();
    const refs = [...world.ports.repository.refs.keys()].filter((ref) => ref.includes('ephemeral/'));
    world.ports.repository.push('change', project('network', { value: 'n1' }));
    await up(world, { ref: 'change', name: 'old' });
    const before = await known(world, 'eph-old');
    change(world, { plan: 'fail' });

    const [update] = await up(world, { ref: 'change', name: 'old' });

    expect([failed?.state, update?.state]).toEqual(['failed', 'failed']);
    expect([gone, left, refs]).toEqual([null, [], []]);
    const { runId: _, version: __, ...as } = before ?? { runId: '', version: 0 };
    expect(await known(world, 'eph-old')).toMatchObject(as);
    expect(standing(world, 'eph-old')).toMatchObject({ app: 'a2 on n1' });
    expect(await world.ports.schedules.list()).toHaveLength(2);
  },

  'an apply that never began destroys nothing': async (world) => {
    branches(world);
    await up(world, { ref: 'change', name: 'demo' });
    const before = await known(world, 'eph-demo');
    change(world, { value: 'a3', apply: 'unborn' });

    const [run] = await up(world, { ref: 'change', name: 'demo' });

    expect(run).toMatchObject({ workflow: 'ephemeral', state: 'failed' });
    expect((await known(world, 'eph-demo'))?.applied).toEqual(before?.applied);
    expect(await known(world, 'eph-demo')).toMatchObject({ state: 'ready', commit: before?.commit });
  },

  'settling twice is settling once, also after the clock went on': async (world) => {
    branches(world);
    const [run] = await up(world, { ref: 'change', name: 'demo' });
    const before = await known(world, 'eph-demo');
    const events = await world.ports.runs.events(run?.id ?? '');
    const ready = events.find(({ kind }) => kind === 'environment.ready');
    const number = Number(/(\d+)\.json$/.exec(ready?.doc ?? '')?.[1]) - 1;
    const doc = (ready?.doc ?? '').replace(/\d+\.json$/, `${String(number).padStart(4, '0')}.json`);
    world.ports.clock.pass(60);

    await world.call('SettleEnvironment', { run: world.inputOf(run?.id ?? ''), doc });

    const after = await known(world, 'eph-demo');
    expect({ ...after, version: 0 }).toEqual({ ...before, version: 0 });
    expect(await world.ports.runs.events(run?.id ?? '')).toEqual(events);
  },

  'some projects are made with what they depend on; one that the branch has no more is destroyed last':
    async (world) => {
      branches(world);
      await up(world, { ref: 'change', name: 'demo', projects: ['network'] });
      const first = standing(world, 'eph-demo');
      await up(world, { ref: 'change', name: 'demo', projects: ['app'] });
      const second = standing(world, 'eph-demo');
      world.jobs.length = 0;
      world.ports.repository.push('change', {
        'app/main.tf': null,
        'app/model.json': null,
        'cairn.yaml': config().replace(/ {2}- dir: app\n.*\n/, ''),
      });

      const [run] = await up(world, { ref: 'change', name: 'demo' });

      expect(first).toEqual({ network: 'n1' });
      expect(second).toEqual({ network: 'n1', app: 'a2 on n1' });
      expect(run).toMatchObject({ state: 'succeeded' });
      expect(world.jobs.at(-1)).toBe('apply app');
      expect(standing(world, 'eph-demo')).toEqual({ network: 'n1' });
      expect(Object.keys((await known(world, 'eph-demo'))?.applied ?? {})).toEqual(['network']);
    },

  'an approval that the default branch asks for is waited for, whatever the branch says': async (world) => {
    branches(world, config('approval: { required: true, approvers: [alice] }'), { unknown: true });
    world.ports.repository.push('change', { 'cairn.yaml': config() });

    const [waiting] = await up(world, { ref: 'change', name: 'demo' });
    await world.approve('alice', 'eph-demo');
    const [run] = await world.settled();

    expect([waiting?.state, run?.state]).toEqual(['waiting', 'succeeded']);
  },
};

/** Of what happens at the same time no engine promises which comes first. */
export const AT_ONCE: Scenarios = {
  'each push to a pull request makes or updates its own, once per head; drafts and forks get none': async (
    world,
  ) => {
    branches(world, config('on_pull_request: true'));
    const pull = await openPull(world);
    const launches = async () =>
      (await world.ports.runs.list({ repository: REPOSITORY, workflow: 'ephemeral', limit: 9 })).length;
    Object.assign(world.ports.pulls.all[0] ?? {}, { draft: true });
    await pushed(world, pull.number, 'opened');
    const asDraft = await launches();
    Object.assign(world.ports.pulls.all[0] ?? {}, { draft: false });

    await pushed(world, pull.number, 'ready_for_review');
    await pushed(world, pull.number, 'synchronize');
    const first = await launches();
    change(world, { value: 'a3' });
    await pushed(world, pull.number);
    const second = await launches();
    change(world, { value: 'a4' });
    Object.assign(world.ports.pulls.all[0] ?? {}, { fork: true });
    await pushed(world, pull.number);

    expect([asDraft, first, second, await launches()]).toEqual([0, 1, 2, 2]);
    expect(await known(world, 'eph-pr-1')).toMatchObject({ automatic: true, state: 'ready' });
    expect(standing(world, 'eph-pr-1')).toEqual({ network: 'n1', app: 'a3' });
  },

  'an apply that fails is destroyed by a run of its own': async (world) => {
    branches(world, config(), { apply: 'fail' });

    const [destroy, launch] = await up(world, { ref: 'change', name: 'demo' });

    expect(launch).toMatchObject({ workflow: 'ephemeral', state: 'failed' });
    expect(destroy).toMatchObject({ workflow: 'destroy' });
    expect(world.jobs).toContain('apply network');
  },

  'a newer head takes the place of an automatic launch that waits': async (world) => {
    branches(world, config('on_pull_request: true, approval: { required: true }'));
    const pull = await openPull(world);
    await pushed(world, pull.number, 'opened');
    change(world, { value: 'a3' });

    await pushed(world, pull.number);
    await world.approve('alice', 'eph-pr-1');
    await world.settled();

    const runs = await world.ports.runs.list({ repository: REPOSITORY, workflow: 'ephemeral', limit: 9 });
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'superseded']);
    expect(standing(world, 'eph-pr-1')).toMatchObject({ app: 'a3' });
  },

  'an update whose apply fails takes the whole environment with it: half of it is of no use': async (
    world,
  ) => {
    branches(world);
    await up(world, { ref: 'change', name: 'demo' });
    const commit = change(world, { value: 'a3', apply: 'fail' });

    const [destroy, launch] = await up(world, { ref: 'change', name: 'demo' });

    expect(launch).toMatchObject({ workflow: 'ephemeral', state: 'failed', commit });
    expect(destroy).toMatchObject({ workflow: 'destroy' });
    expect(world.inputOf(destroy?.id ?? '')).toMatchObject({
      request: { reason: 'failed', origin: { trigger: `eph-demo/failed/${launch?.id}` } },
    });
  },

  'of two automatic launches that wait the newer goes on; one that somebody asked for is not dropped': async (
    world,
  ) => {
    branches(world, config('on_pull_request: true, approval: { required: true }'), { unknown: true });
    const pull = await openPull(world);
    await up(world, { pull: pull.number });
    await up(world, { pull: pull.number, ttl: '1d' });
    change(world, { value: 'a3', unknown: true });
    await pushed(world, pull.number);
    change(world, { value: 'a4', unknown: true });
    await pushed(world, pull.number);

    const runs = await world.ports.runs.list({ repository: REPOSITORY, workflow: 'ephemeral', limit: 9 });

    expect(runs.map(({ state }) => state)).toEqual(['queued', 'superseded', 'queued', 'waiting']);
  },

  'two environments of one branch stand side by side, made at the same time': async (world) => {
    branches(world);

    await Promise.all([up(world, { ref: 'change', name: 'one' }), up(world, { ref: 'change', name: 'two' })]);

    expect(standing(world, 'eph-one')).toEqual(standing(world, 'eph-two'));
    expect((await known(world, 'eph-one'))?.outputs).toEqual({ 'app.url': 'http://eph-one.test/' });
    expect((await known(world, 'eph-two'))?.outputs).toEqual({ 'app.url': 'http://eph-two.test/' });
  },
};
