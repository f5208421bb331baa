import { expect } from 'vitest';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import { branches, change, config, known, openPull, pushed, standing, up } from './sandbox.ts';
import type { Scenarios } from './scenario.ts';

const backend = (key: string) =>
  `terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "${key}"\n  }\n}\n`;

/** A branch whose app keeps its state in a bucket. */
function remote(world: World): void {
  branches(world);
  const files = { 'app/main.tf': backend('app') };
  world.ports.repository.push('main', files);
  world.ports.repository.push('change', files);
}

/** From now on its app is called otherwise, and stands in another folder, with the same state. */
function moved(world: World, model: Parameters<typeof project>[1]): void {
  world.ports.repository.push('change', {
    'app/main.tf': null,
    'app/model.json': null,
    ...project('shop', model),
    'shop/main.tf': backend('app'),
    'cairn.yaml': config().replace('- dir: app', '- dir: shop'),
  });
}

async function addresses(world: World): Promise<Record<string, string | null>> {
  const { applied = {} } = (await known(world, 'eph-demo')) ?? {};
  return Object.fromEntries(Object.entries(applied).map(([name, { address }]) => [name, address]));
}

async function closed(world: World, state: 'closed' | 'open', at: string): Promise<void> {
  Object.assign(world.ports.pulls.all[0] ?? {}, { state });
  const origin = { source: 'webhook' as const, login: 'bob', trigger: `1/closed/${at}` };
  await world.request({ command: 'closed', repository: REPOSITORY, pull: 1, origin });
}

/** What changes between two of its steps. */
export const UNLUCKY: Scenarios = {
  'a project that is called otherwise, with the state that it had, is the same one: nothing of it is destroyed':
    async (world) => {
      remote(world);
      await up(world, { ref: 'change', name: 'demo' });
      const before = await addresses(world);
      world.jobs.length = 0;
      // One state, one project: what terraform finds there is what stands.
      world.state.set('eph-demo/shop', world.state.get('eph-demo/app') ?? '');
      moved(world, { value: 'a2 on $network' });

      const [run] = await up(world, { ref: 'change', name: 'demo' });

      expect(run).toMatchObject({ state: 'succeeded' });
      expect(world.jobs).toEqual(['plan network', 'plan shop']);
      expect(await addresses(world)).toEqual({ network: null, shop: before['app'] });
    },

  'and so is one that is changed on the way': async (world) => {
    remote(world);
    await up(world, { ref: 'change', name: 'demo' });
    const before = await addresses(world);
    world.jobs.length = 0;
    moved(world, { value: 'a3' });

    await up(world, { ref: 'change', name: 'demo' });

    expect(world.jobs).not.toContain('plan app');
    expect(await addresses(world)).toEqual({ network: null, shop: before['app'] });
    expect(standing(world, 'eph-demo')).toMatchObject({ shop: 'a3' });
  },

  'one that was asked for by the name that it had stays, too': async (world) => {
    remote(world);
    await up(world, { ref: 'change', name: 'demo', projects: ['app'] });
    const before = await addresses(world);
    world.jobs.length = 0;
    moved(world, { value: 'a3' });

    const [run] = await up(world, { ref: 'change', name: 'demo' });

    expect(run).toMatchObject({ state: 'succeeded' });
    expect(world.jobs).not.toContain('plan app');
    expect(await addresses(world)).toEqual({ network: null, shop: before['app'] });
  },

  'an update brings no end nearer, and is what it is asked for, where nothing had to be applied yet': async (
    world,
  ) => {
    branches(world);
    world.state.set('eph-demo/network', 'n1').set('eph-demo/app', 'a2 on n1');
    await up(world, { ref: 'change', name: 'demo', ttl: '1d' });
    const made = await known(world, 'eph-demo');

    await up(world, { ref: 'change', name: 'demo' });
    const updated = await known(world, 'eph-demo');
    const origin = { source: 'api' as const, login: 'alice', trigger: 'longer' };
    const extend = { command: 'extend' as const, repository: REPOSITORY, environment: 'eph-demo' };
    await world.request({ ...extend, ttl: '4h', origin });
    await world.settled();
    await up(world, { ref: 'change', name: 'demo', ttl: '2h' });
    const asked = await known(world, 'eph-demo');
    change(world, { plan: 'fail' });
    await up(world, { ref: 'change', name: 'demo' });

    expect(made).toMatchObject({ state: 'ready', applied: {}, endsAt: '2026-01-02T00:00:00.000Z' });
    expect(updated).toMatchObject({ endsAt: '2026-01-02T00:00:00.000Z' });
    expect(asked).toMatchObject({ endsAt: '2026-01-01T02:00:00.000Z' });
    expect(await known(world, 'eph-demo')).toMatchObject({ state: 'ready', commit: asked?.commit });
  },

  'an end that is moved while the files of a launch are fetched stays where it was put': async (world) => {
    branches(world);
    const { pack } = world.ports.archives;
    let hasMoved = false;
    world.ports.archives.pack = async (...files) => {
      const one = await known(world, 'eph-demo');
      if (one && !hasMoved) {
        hasMoved = true;
        const place = { repository: REPOSITORY, environment: 'eph-demo' };
        const origin = { source: 'api' as const, login: 'alice', trigger: 'longer' };
        await world.request({ command: 'extend', ...place, ttl: '4h', origin });
        await expect.poll(async () => (await known(world, 'eph-demo'))?.endsAt).not.toBe(one.endsAt);
      }
      return pack(...files);
    };

    await up(world, { ref: 'change', name: 'demo' });

    expect(hasMoved).toBe(true);
    expect(await known(world, 'eph-demo')).toMatchObject({
      state: 'ready',
      endsAt: '2026-01-01T12:00:00.000Z',
    });
  },

  'a pull request that is closed while its own is launched loses it, and gets it back when it is opened again':
    async (world) => {
      branches(world, config('on_pull_request: true'));
      const pull = await openPull(world);
      const launched = pushed(world, pull.number, 'opened');
      await expect.poll(() => known(world, 'eph-pr-1')).not.toBeNull();

      await closed(world, 'closed', 'once');
      await launched;
      await world.settled();
      const gone = [await known(world, 'eph-pr-1'), standing(world, 'eph-pr-1')];
      Object.assign(world.ports.pulls.all[0] ?? {}, { state: 'open' });
      await pushed(world, pull.number, 'reopened');

      expect(gone).toEqual([null, {}]);
      expect(await known(world, 'eph-pr-1')).toMatchObject({ state: 'ready', automatic: true });
      expect(standing(world, 'eph-pr-1')).toMatchObject({ network: 'n1' });
    },

  'a pull request that is pushed back to a head that it had before gets that head again': async (world) => {
    const first = branches(world, config('on_pull_request: true'));
    const pull = await openPull(world);
    await pushed(world, pull.number, 'opened');
    change(world, { value: 'a3' });
    await pushed(world, pull.number);
    const between = standing(world, 'eph-pr-1');
    world.ports.repository.refs.set('refs/heads/change', first);

    await pushed(world, pull.number, 'synchronize/2026-01-01T00:00:00Z');

    expect(between).toMatchObject({ app: 'a3' });
    expect(standing(world, 'eph-pr-1')).toMatchObject({ app: 'a2 on n1' });
    expect(await known(world, 'eph-pr-1')).toMatchObject({ commit: first, state: 'ready' });
  },

  'a branch that is deleted while it is launched changes nothing: its commit is kept, and its end comes':
    async (world) => {
      const commit = branches(world);
      const launched = up(world, { ref: 'change', name: 'demo' });
      await expect.poll(() => known(world, 'eph-demo')).not.toBeNull();
      world.ports.repository.refs.delete('refs/heads/change');

      await launched;
      const stood = await known(world, 'eph-demo');
      const kept = world.ports.repository.refs.get('refs/cairn/ephemeral/eph-demo');
      await world.pass(8 * 3600);
      await world.settled();

      expect([stood?.state, kept]).toEqual(['ready', commit]);
      expect([await known(world, 'eph-demo'), standing(world, 'eph-demo')]).toEqual([null, {}]);
    },

  'where the default branch takes ephemeral environments away, those that stand cannot be moved and still end':
    async (world) => {
      branches(world);
      await up(world, { ref: 'change', name: 'demo' });
      world.ports.repository.push('main', { 'cairn.yaml': config().replace(/^ephemeral.*$/m, '') });

      const origin = { source: 'api' as const, login: 'alice', trigger: 'longer' };
      const extend = { command: 'extend' as const, repository: REPOSITORY, environment: 'eph-demo' };
      await world.request({ ...extend, ttl: '4h', origin });
      const runs = await world.settled();
      await world.pass(8 * 3600);
      await world.settled();

      expect(runs.find(({ workflow }) => workflow === 'extend')?.title).toContain(
        'has no "ephemeral" any more, so no end can be moved',
      );
      expect([await known(world, 'eph-demo'), standing(world, 'eph-demo')]).toEqual([null, {}]);
    },

  'an end whose schedule fires too early is not lost': async (world) => {
    branches(world);
    await up(world, { ref: 'change', name: 'demo', ttl: '1h' });
    const end = world.ports.schedules.due(new Date('2026-01-01T01:00:00Z'));
    for (const request of end) await world.request(request);
    const early = (await world.settled()).find(({ workflow }) => workflow === 'destroy');
    const stood = await known(world, 'eph-demo');

    await world.pass(3600 + 11 * 60);
    await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
    await world.settled();

    expect([early?.state, stood?.state]).toEqual(['superseded', 'ready']);
    expect([await known(world, 'eph-demo'), standing(world, 'eph-demo')]).toEqual([null, {}]);
  },

  'a state of a permanent environment that the configuration has no more is refused, as long as it stands':
    async (world) => {
      const keyed = config('state: key, backend_config: { key: "{environment}/{project}" }');
      branches(world, keyed);
      const app = { ...project('app', { value: 'a1' }), 'app/main.tf': backend('eph-demo/app') };
      await world.push({ 'network/main.tf': backend('n'), ...app });
      await world.settled();
      await world.approve();
      await world.settled();
      world.ports.repository.push('main', {
        'cairn.yaml': keyed.replace('prod:', 'next:'),
        'app/main.tf': backend('elsewhere'),
      });
      world.ports.repository.push('change', { 'app/main.tf': backend('elsewhere') }, { from: 'main' });

      const [run] = await up(world, { ref: 'change', name: 'demo' });

      expect(run).toMatchObject({ workflow: 'ephemeral', state: 'failed' });
      expect(run?.title).toContain('would be the one of app of prod');
      expect(await known(world, 'eph-demo')).toBeNull();
    },

  'a project with a name that every object has is refused, and told how to be called otherwise': async (
    world,
  ) => {
    branches(world);
    world.ports.repository.push('change', {
      ...project('constructor', { value: 'it' }),
      'cairn.yaml': config().replace('projects:', 'projects:\n  - dir: constructor'),
    });

    const [run] = await up(world, { ref: 'change', name: 'demo' });

    expect(run?.title).toContain('no project can be called "constructor"; give constructor another "name"');
    expect([await known(world, 'eph-demo'), world.jobs]).toEqual([null, []]);
  },
};
