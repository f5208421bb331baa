import { expect } from 'vitest';
import { Unavailable } from '../../../core/errors.ts';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import {
  deployed,
  deploys,
  interrupt,
  log,
  look,
  scheduled,
  slack,
  watchEdits,
  withDrift,
} from './drift-look.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy } from './shop.ts';

const CONFIG_WITH_SLACK = `${CONFIG}notifications: { slack: { channel: C1 } }\n`;

/** Looks that come by themselves, and deploys that take away what they find. */
export const DRIFTS_DUE: Scenarios = {
  'reconcile without an approval deploys it away at once': async (world) => {
    const config = withDrift('every: 6h, reconcile: true').replace('required: true', 'required: false');
    const commit = await deployed(world, config);
    world.state.set('app', 'by hand');

    await look(world);
    const [deploy] = await deploys(world);
    const after = await look(world);

    expect(deploy).toMatchObject({ state: 'succeeded', commit, requester: 'bob' });
    expect(world.state.get('app')).toBe('a1');
    expect(world.jobs).not.toContain('apply network');
    expect(after.title).toMatch(/^No drift/);
    expect(world.ports.issues.issues.map(({ state }) => state)).toEqual(['closed']);
    expect(world.ports.issues.issues).toHaveLength(1);
  },

  'reconcile waits for approval and is asked for once, also after somebody said no': async (world) => {
    await deployed(world, withDrift('every: 6h, reconcile: true'));
    world.state.set('app', 'by hand');
    await look(world);
    const [waiting] = await deploys(world);
    await look(world);
    const still = await deploys(world);
    const origin = { source: 'api' as const, login: 'alice', trigger: 'no' };
    await world.request({ command: 'reject', repository: REPOSITORY, environment: 'prod', origin });
    await world.settled();
    await look(world);
    const rejected = await deploys(world);
    world.state.set('app', 'by hand, again');
    await look(world);
    const [again] = await deploys(world);
    await world.approve();
    await world.settled();
    await look(world);

    expect(waiting?.state).toBe('waiting');
    expect(still).toHaveLength(2);
    expect(rejected.map(({ state }) => state)).toEqual(['rejected', 'succeeded']);
    expect(again?.state).toBe('waiting');
    expect(world.state.get('app')).toBe('a1');
    expect(world.ports.issues.issues).toMatchObject([{ state: 'closed' }]);
  },

  'what people wait for comes before what drift asks for, and pushes it aside': async (world) => {
    await deployed(world, withDrift('every: 6h, reconcile: true'));
    world.state.set('network', 'by hand');
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await look(world);
    const beside = await deploys(world);
    await world.approve();
    await world.settled();
    await look(world);
    const [waiting] = await deploys(world);
    await world.push(project('app', { value: 'a3' }));
    await world.settled();
    const aside = await world.ports.runs.get(waiting?.id ?? '');
    await world.approve();
    await world.settled();
    await look(world);
    const [anew] = await deploys(world);

    expect(beside.map(({ state }) => state)).toEqual(['waiting', 'succeeded']);
    expect(waiting?.state).toBe('waiting');
    expect(aside?.state).toBe('superseded');
    expect(anew).toMatchObject({ state: 'waiting' });
    expect(anew?.id).not.toBe(waiting?.id);
    expect(world.state.get('app')).toBe('a3');
  },

  'a frozen environment is looked at and told of, and reconciled once it is free': async (world) => {
    await deployed(world, withDrift('every: 6h, reconcile: true'));
    const origin = (trigger: string) => ({ source: 'api' as const, login: 'alice', trigger });
    const place = { repository: REPOSITORY, environment: 'prod' };
    await world.request({ command: 'freeze', reason: 'release week', ...place, origin: origin('freeze') });
    world.state.set('app', 'by hand');
    const run = await look(world);
    const frozen = await deploys(world);
    await world.request({ command: 'unfreeze', ...place, origin: origin('unfreeze') });
    await look(world);
    const [deploy] = await deploys(world);

    expect(run.title).toBe('Drift in app');
    expect(frozen).toHaveLength(1);
    expect(world.ports.issues.issues[0]?.body).toContain('prod');
    expect(deploy?.state).toBe('waiting');
  },

  'a reconcile that a freeze refused while it waited for a person is asked for again after the freeze':
    async (world) => {
      await deployed(world, withDrift('every: 6h, reconcile: true'));
      const origin = (trigger: string) => ({ source: 'api' as const, login: 'alice', trigger });
      const place = { repository: REPOSITORY, environment: 'prod' };
      world.state.set('app', 'by hand');
      await look(world);
      await world.settled();
      await world.request({ command: 'freeze', reason: 'release week', ...place, origin: origin('freeze') });
      await world.approve();
      await world.settled();
      const [refused] = await deploys(world);
      await look(world);
      const frozen = await deploys(world);
      await world.request({ command: 'unfreeze', ...place, origin: origin('unfreeze') });
      await look(world);
      await world.settled();
      const [anew] = await deploys(world);

      expect(refused).toMatchObject({ state: 'refused' });
      expect(world.state.get('app')).toBe('by hand');
      expect(frozen[0]?.id).toBe(refused?.id);
      expect(anew).toMatchObject({ state: 'waiting' });
      expect(anew?.id).not.toBe(refused?.id);
    },

  'a schedule looks once for each moment, and not where nothing stands': async (world) => {
    const before = await scheduled(world);
    await deployed(world, withDrift('cron: "0 6 * * *", time_zone: Europe/Berlin'));
    world.ports.clock.pass(4 * 3600);
    const yesterday = await scheduled(world);
    world.ports.clock.pass(3600);
    const due = await scheduled(world);
    world.ports.clock.pass(300);
    const same = await scheduled(world);

    expect([before, yesterday, due, same].map((runs) => runs.length)).toEqual([0, 1, 2, 2]);
    expect(due[0]).toMatchObject({ requester: null, state: 'succeeded' });
  },

  'what was missed while no host was there is made up for by one look': async (world) => {
    await deployed(world, withDrift('every: 1h'));
    const first = await scheduled(world);
    world.ports.clock.pass(72 * 3600 + 100);
    const after = await scheduled(world);
    const again = await scheduled(world);

    expect([first, after, again].map((runs) => runs.length)).toEqual([1, 2, 2]);
  },

  'a look that is due waits for a deploy that goes on, and for none that waits for a person': async (
    world,
  ) => {
    await deployed(world, withDrift('every: 6h'));
    const claim = { token: 't', command: 'deploy', commit: null, at: '2026-01-01T00:00:00.000Z' };
    await world.ports.locks.claim(REPOSITORY, 'prod', { ...claim, runId: 'f'.repeat(20) });
    const busy = await scheduled(world);
    await world.ports.locks.release(REPOSITORY, 'prod', 'f'.repeat(20));
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    const quiet = await scheduled(world);

    expect(busy).toEqual([]);
    expect(quiet.map(({ state }) => state)).toEqual(['succeeded']);
  },

  'one that a deploy made void is made again, and not for ever': async (world) => {
    await deployed(world, withDrift('every: 6h'));
    world.state.set('app', 'by hand');
    interrupt(world);
    const voids = [
      await scheduled(world),
      await scheduled(world),
      await scheduled(world),
      await scheduled(world),
    ];

    expect(voids.map((runs) => runs.length)).toEqual([1, 2, 3, 3]);
    expect(voids[3]?.map(({ state }) => state)).toEqual(['superseded', 'superseded', 'superseded']);
    expect(world.ports.issues.issues).toEqual([]);
  },

  'of two looks at once the first tells, and the other leaves it to it': async (world) => {
    await deployed(world, withDrift('every: 6h', CONFIG_WITH_SLACK));
    world.state.set('app', 'by hand');
    const ask = (trigger: string) =>
      world.request({
        command: 'drift',
        repository: REPOSITORY,
        environment: 'prod',
        origin: { source: 'api', login: 'bob', trigger },
      });
    await Promise.all([
      ask('one'),
      ask('two'),
      world.call('StartDriftChecks', { repositories: [REPOSITORY] }),
    ]);
    const runs = (await world.settled()).filter(({ workflow }) => workflow === 'drift');

    expect(runs.map(({ state }) => state)).toEqual(['superseded', 'superseded', 'succeeded']);
    expect(runs[0]?.title).toMatch(/^Nothing was compared: Run \d+ compares prod already\.$/);
    expect(world.ports.issues.issues).toHaveLength(1);
    expect(await slack(world)).toHaveLength(1);
  },

  'a reconcile that heals nothing is not begun again and again': async (world) => {
    const config = withDrift('every: 6h, reconcile: true').replace('required: true', 'required: false');
    await deployed(world, config);
    let turn = 0;
    const differs = () => world.state.set('app', `another time ${++turn}`);
    for (let looked = 0; looked < 5; looked++) {
      differs();
      // What the deploy brings is undone before the next look.
      await look(world);
    }
    const started = (await deploys(world)).length - 1;
    const [issue] = world.ports.issues.issues;
    const body = issue?.body ?? '';
    await look(world, 'prod', { reconcile: true });
    const asked = (await deploys(world)).length - 1;
    await look(world);
    differs();
    await look(world);

    expect(started).toBe(3);
    expect(body).toContain('3 deploys were started since it was found');
    expect(body).toContain('cairn drift prod --reconcile');
    expect(asked).toBe(4);
    expect((await deploys(world)).length - 1).toBe(5);
  },

  'the same difference that is back after a deploy took it away is taken away again, three times': async (
    world,
  ) => {
    const config = withDrift('every: 6h, reconcile: true').replace('required: true', 'required: false');
    await deployed(world, config);
    const stood: (string | undefined)[] = [];
    for (let looked = 0; looked < 5; looked++) {
      world.state.set('app', 'by hand');
      await look(world);
      stood.push(world.state.get('app'));
    }
    const [issue] = structuredClone(world.ports.issues.issues);
    const writes = watchEdits(world);
    await look(world);
    const untouched = [...writes];
    world.state.set('app', 'a1');
    await look(world);
    world.state.set('app', 'by hand');
    await look(world);

    expect(stood).toEqual(['a1', 'a1', 'a1', 'by hand', 'by hand']);
    expect(issue?.body).toContain('3 deploys were started since it was found');
    expect(issue?.body).not.toContain('was started to take it away');
    expect(untouched).toEqual([]);
    expect(log(world)).toContain('prod: no deploy takes the drift away now');
    expect(world.state.get('app')).toBe('a1');
  },

  'a configuration that is wrong stops no schedule of others, and says so': async (world) => {
    await firstDeploy(world);
    world.ports.repository.push('main', { 'cairn.yaml': withDrift('cron: "*/5 * * * *"') });

    const answer = await world.call('StartDriftChecks', { repositories: [REPOSITORY, 'acme/none'] });

    expect(answer['started']).toEqual([]);
    expect(answer['problems']).toEqual([
      expect.stringMatching(
        /^acme\/shop: cairn\.yaml:\d+:\d+: environments\.prod\.drift\.cron: comes more often/,
      ),
      expect.stringMatching(/^acme\/none: /),
    ]);
  },

  'a repository whose forge does not answer holds up no other, and is told of': async (world) => {
    await deployed(world, withDrift('every: 6h'));
    const { defaultBranch } = world.ports.source;
    Object.assign(world.ports.source, {
      defaultBranch: async (repository: string) => {
        if (repository === 'acme/silent') throw new Unavailable('GitHub did not answer');
        return defaultBranch(repository);
      },
    });

    const answer = world.call('StartDriftChecks', { repositories: ['acme/silent', REPOSITORY] });

    await expect(answer).rejects.toThrow(/^acme\/silent: GitHub did not answer$/);
    const runs = await world.settled();
    expect(runs.filter(({ workflow }) => workflow === 'drift')).toMatchObject([{ state: 'succeeded' }]);
  },
};
