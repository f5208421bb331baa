import { expect } from 'vitest';
import { jobOrder } from '../../../core/jobs/order.ts';
import { readJson } from '../../../core/runs/store.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import { branches, change, config, known, openPull, standing, up } from './sandbox.ts';
import type { Scenarios } from './scenario.ts';

const backend = (key: string) =>
  `terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "${key}"\n  }\n}\n`;
const REMOTE = `data "terraform_remote_state" "shared" {
  backend = "s3"
  config  = { bucket = "b", key = "prod" }
}
`;

async function jobsOf({ ports }: World, stage: 'deploy-plan' | 'apply') {
  const keys = await ports.artifacts.list(`jobs/${REPOSITORY}/ephemeral/${stage}/`);
  const orders = keys.filter((key) => key.endsWith('/order.json'));
  return Promise.all(orders.map(async (key) => jobOrder.parse(await readJson(ports, key)).job));
}

/** Projects whose plans may read no state but those of the environment. */
async function bound(world: World): Promise<string[]> {
  const plans = (await jobsOf(world, 'deploy-plan')).filter((job) => job.kind === 'plan');
  return [...new Set(plans.filter((job) => job.ownStates).map(({ project }) => project.name))];
}

/** Where `app` is told to read what `network` says. */
async function upstreamKeys(world: World): Promise<unknown[]> {
  const jobs = (await jobsOf(world, 'apply')).filter((job) => job.kind === 'apply');
  return jobs
    .flatMap(({ project }) => Object.values(project.upstream))
    .flatMap((one) => (one.kind === 'remote' ? [one.config['key']] : []))
    .sort();
}

/** What is not made, and why; and what stands before stands after. */
export const REFUSED: Scenarios = {
  'one more than the limit is refused with those that exist': async (world) => {
    branches(world, config('limit: 1'));
    await up(world, { ref: 'change', name: 'one' });

    const [run] = await up(world, { ref: 'change', name: 'two' });

    expect(run).toMatchObject({ state: 'failed', title: expect.stringContaining('allows 1: eph-one.') });
    expect(await known(world, 'eph-two')).toBeNull();
    expect(await world.ports.schedules.list()).toHaveLength(2);
  },

  'where the default branch says nothing of them, it is said what to write there': async (world) => {
    branches(world, config().replace(/^ephemeral.*$/m, ''));
    world.ports.repository.push('change', { 'cairn.yaml': config() });

    const [run] = await up(world, { ref: 'change' });

    expect(run).toMatchObject({ state: 'failed', title: expect.stringContaining('ephemeral: { ttl: 8h }') });
    expect(world.jobs).toEqual([]);
  },

  'a repository without a place for them on this host is refused': async (world) => {
    branches(world);
    Object.assign(world.ports, { ephemeralHosts: ['acme/other'] });

    const [run] = await up(world, { ref: 'change' });

    expect(run?.title).toContain('below `repositories: acme/shop:` in cairn.infra.yaml');
    expect(await known(world, 'eph-change')).toBeNull();
  },

  'none is made from a fork, neither by its pull request nor by its commit': async (world) => {
    const commit = branches(world);
    const pull = await openPull(world);
    Object.assign(world.ports.pulls.all[0] ?? {}, { fork: true });
    world.ports.repository.refs.delete('refs/heads/change');
    Object.assign(world.ports.pulls.all[0] ?? {}, { state: 'open' });

    const [byPull] = await up(world, { pull: pull.number });
    const [byCommit] = await up(world, { ref: commit });

    expect(byPull).toMatchObject({ state: 'failed', title: expect.stringContaining('comes from a fork') });
    expect(byCommit).toMatchObject({ state: 'failed', title: expect.stringContaining('from a fork') });
    expect(world.jobs).toEqual([]);
  },

  'a tag and a commit of a branch are good; a time that is too long is refused': async (world) => {
    const commit = branches(world);
    world.ports.repository.refs.set('refs/tags/v1', commit);
    await openPull(world);

    const [byTag] = await up(world, { ref: 'v1' });
    const [byCommit] = await up(world, { ref: commit.slice(0, 40), name: 'sha' });
    const [tooLong] = await up(world, { ref: 'change', ttl: '30d' });

    expect([byTag?.state, byCommit?.state, tooLong?.state]).toEqual(['succeeded', 'succeeded', 'failed']);
    expect(tooLong?.title).toContain('ephemeral.max_ttl in cairn.yaml is 3d');
  },

  'a name that another branch has is refused with who made it': async (world) => {
    branches(world);
    change(world, { value: 'other' }, 'other');
    await up(world, { ref: 'change', name: 'demo' });
    const before = await known(world, 'eph-demo');

    const [run] = await up(world, { ref: 'other', name: 'demo', login: 'bob' });

    expect(run).toMatchObject({
      state: 'failed',
      title: expect.stringContaining('eph-demo was made from change by @alice'),
    });
    expect(await known(world, 'eph-demo')).toEqual(before);
    expect(standing(world, 'eph-demo')).toMatchObject({ app: 'a2 on n1' });
  },

  'a state that is another one is refused before anything runs; a workspace or a key of its own is good':
    async (world) => {
      const { repository } = world.ports;
      branches(world, config('state: key, backend_config: { key: "prod/app{environment}" }'));
      repository.push('main', { 'app/main.tf': backend('x'), 'network/main.tf': backend('y') });
      const files = { 'app/main.tf': backend('x'), 'network/main.tf': backend('y') };
      repository.push('change', files);
      const [shared] = await up(world, { ref: 'change', name: 'shared' });
      repository.push('main', { 'cairn.yaml': config('ttl: 1h') });
      const [workspace] = await up(world, { ref: 'change', name: 'workspace' });
      repository.push('main', {
        'cairn.yaml': config('state: key, backend_config: { key: "e/{environment}/{project}" }'),
      });
      const [key] = await up(world, { ref: 'change', name: 'key' });

      expect(shared?.state).toBe('failed');
      expect(shared?.title).toContain('would be the one of app');
      expect([workspace?.state, key?.state]).toEqual(['succeeded', 'succeeded']);
      expect((await known(world, 'eph-workspace'))?.applied['app']).toMatchObject({
        state: 'own',
        backendConfig: {},
        project: { workspace: 'eph-workspace' },
      });
      expect((await known(world, 'eph-key'))?.applied['app']).toMatchObject({
        state: 'own',
        backendConfig: { key: 'e/eph-key/app' },
        project: { workspace: 'default' },
      });
      expect(await upstreamKeys(world)).toEqual(['e/eph-key/network', 'env:/eph-workspace/y']);
    },

  'a state that would be elsewhere than it is is refused: what stands would be left behind': async (
    world,
  ) => {
    branches(world);
    await up(world, { ref: 'change', name: 'demo' });
    world.ports.repository.push('change', { 'app/main.tf': backend('x') });

    const [run] = await up(world, { ref: 'change', name: 'demo' });

    expect(run?.title).toContain('app: its state would be elsewhere than it is');
    expect(await known(world, 'eph-demo')).toMatchObject({
      state: 'ready',
      applied: { app: { state: 'kept' } },
    });
  },

  'a read of a state of somebody else is refused with file and line, unless the default branch allows it':
    async (world) => {
      const { repository } = world.ports;
      branches(world);
      repository.push('change', { 'app/main.tf': `# the app\n\n${REMOTE}` });
      const [refused] = await up(world, { ref: 'change' });
      const nothing = await known(world, 'eph-change');
      repository.push('change', { 'cairn.yaml': config('reads: [app]') });
      const [asItSays] = await up(world, { ref: 'change' });
      repository.push('main', { 'cairn.yaml': config('reads: [app]') });

      const [allowed] = await up(world, { ref: 'change' });

      expect(refused?.title).toContain('data.terraform_remote_state.shared in app/main.tf:3');
      expect(refused?.title).toContain('ephemeral: { reads: [app] }');
      expect(nothing).toBeNull();
      expect([refused?.state, asItSays?.state, allowed?.state]).toEqual(['failed', 'failed', 'succeeded']);
      expect(await bound(world)).toEqual(['network']);
    },

  'a project that depends on what is left out is refused, and so is one that is not there': async (world) => {
    branches(world, config('projects: [app]'));
    const [left] = await up(world, { ref: 'change' });
    world.ports.repository.push('main', { 'cairn.yaml': config() });

    const [unknown] = await up(world, { ref: 'change', projects: ['netwrk'] });

    expect(left?.title).toContain('app: it depends on network, which `ephemeral.projects` leaves out');
    expect(unknown?.title).toContain('did you mean "network"?');
    expect(world.jobs).toEqual([]);
  },
};
