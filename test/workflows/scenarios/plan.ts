import { expect } from 'vitest';
import { tellGithub } from '../../../core/reports/github/sink-github.ts';
import type { Run } from '../../../core/requests/run.ts';
import { type Model, project, REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';

const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`;

/** How often a plan was asked for: each time is another trigger. */
const asks = new WeakMap<World, number>();

function both(network: Model, app: Model): Record<string, string> {
  return { ...project('network', network), ...project('app', app) };
}

async function open(world: World, files: Record<string, string | null>, branch = 'change'): Promise<number> {
  world.ports.repository.push(branch, files, { author: 'bob', from: 'main' });
  const { number } = await world.ports.pulls.open(REPOSITORY, {
    title: branch,
    body: '',
    head: branch,
    base: 'main',
  });
  return number;
}

/** Plans it as a push to its branch does, or as a comment. Answers the newest run. */
async function plan(
  world: World,
  number: number,
  more: { project?: string; asked?: boolean; login?: string } = {},
): Promise<Run> {
  const { head } = await world.ports.pulls.get(REPOSITORY, number);
  const { login = 'bob', ...rest } = more;
  const asked = (asks.get(world) ?? 0) + 1;
  asks.set(world, asked);
  await world.request({
    command: 'plan',
    repository: REPOSITORY,
    pull: number,
    commit: head.sha,
    asked: false,
    origin: {
      source: more.asked ? 'comment' : 'webhook',
      login,
      trigger: more.asked ? `comment-${asked}` : `${asked}`,
    },
    ...rest,
  });
  const [run] = await world.settled();
  if (!run) throw new Error('there is no run');
  return run;
}

/** What GitHub shows, told event by event. */
async function shown(
  world: World,
): Promise<{ comments: string[]; check: { state: string; title: string } | undefined }> {
  const { runs, reports } = world.ports;
  for (const run of (await runs.list({ repository: REPOSITORY, limit: 50 })).reverse()) {
    for (const event of await runs.events(run.id)) await tellGithub(event, world.ports);
  }
  const check = [...reports.checks.values()].findLast(({ name }) => name === 'cairn: prod');
  return { comments: [...reports.comments.values()].map(({ body }) => body), check };
}

/** Brings main to these files, applied. */
async function deployed(world: World, files: Record<string, string>): Promise<void> {
  await world.push(files);
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
}

const plays: Scenarios = {
  'a pull request is planned from its test merge; nothing is applied and nothing is locked': async (
    world,
  ) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1' }));

    const run = await plan(world, number);
    const { comments, check } = await shown(world);

    expect(run).toMatchObject({ state: 'succeeded', pull: number, environment: 'prod' });
    expect([...world.jobs].sort()).toEqual(['plan app', 'plan network']);
    expect(world.state.size).toBe(0);
    expect(await world.ports.locks.held()).toEqual([]);
    expect(comments).toHaveLength(1);
    expect(check?.state).toBe('success');
  },

  'one that affects no project passes, and says so': async (world) => {
    const number = await open(world, { 'docs/guide.md': 'hello' });

    const run = await plan(world, number);
    const { check } = await shown(world);

    expect(run.state).toBe('succeeded');
    expect(world.jobs).toEqual([]);
    expect(check).toMatchObject({ state: 'success', title: 'No project affected' });
  },

  'what cannot be planned before its upstream is applied waits for it, neutral': async (world) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1', plan: 'fail' }));

    const run = await plan(world, number);
    const { comments, check } = await shown(world);

    expect(run.state).toBe('succeeded');
    expect(check?.state).toBe('neutral');
    expect(comments[0]).toMatch(/app.*waits for.*network/);
  },

  'a plan that fails fails the check and stops no sibling': async (world) => {
    const number = await open(world, {
      ...project('network', { value: 'n1', plan: 'fail' }),
      ...project('other', { value: 'o1' }),
      ...project('app', { value: 'a1' }),
    });

    const run = await plan(world, number);
    const { comments, check } = await shown(world);

    expect(run.state).toBe('failed');
    expect([...world.jobs].sort()).toEqual(['plan app', 'plan network', 'plan other']);
    expect(check?.state).toBe('failure');
    expect(comments[0]).toContain('Invalid reference');
  },

  'a root that is gone is reported before anybody merges it': async (world) => {
    await deployed(world, both({ value: 'n1' }, { value: 'a1' }));
    const number = await open(world, {
      'app/main.tf': null,
      'app/model.json': null,
      'cairn.yaml': CONFIG.replace(/ {2}- dir: app\n.*\n/, ''),
    });
    const run = await plan(world, number);
    const { comments, check } = await shown(world);

    expect(run.state).toBe('succeeded');
    expect(check?.state).toBe('success');
    expect(comments.at(-1)).toMatch(/Removed roots: .*app/);
  },

  'a plan serves again while nothing that it was made of has changed': async (world) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1' }));
    await plan(world, number);
    world.jobs.length = 0;
    world.ports.repository.push('change', project('app', { value: 'a2' }));

    await plan(world, number);
    const { comments } = await shown(world);

    expect(world.jobs).toEqual(['plan app']);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('network');
  },

  'a plan is made again once a deployment has changed what it rests on': async (world) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1' }));
    await plan(world, number);
    await deployed(world, both({ value: 'n9' }, { value: 'a9' }));
    world.ports.repository.push('again', both({ value: 'n1' }, { value: 'a1' }));
    const again = await world.ports.pulls.open(REPOSITORY, {
      title: 'again',
      body: '',
      head: 'again',
      base: 'main',
    });

    await plan(world, again.number);

    expect([...world.jobs].sort()).toEqual(['plan app', 'plan network']);
  },

  '-p plans that project, affected or not; another name is answered': async (world) => {
    const number = await open(world, { 'docs/guide.md': 'hello', ...both({ value: 'n1' }, { value: 'a1' }) });

    await plan(world, number, { project: 'app', asked: true, login: 'alice' });
    const run = await plan(world, number, { project: 'nowhere', asked: true, login: 'alice' });

    expect(world.jobs).toEqual(['plan app']);
    expect(run.state).toBe('failed');
    expect(run.title).toContain('There is no project "nowhere" in prod; there is app, network.');
  },

  'a head that moved on is superseded before anything is fetched': async (world) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1' }));
    const { head } = await world.ports.pulls.get(REPOSITORY, number);
    world.ports.repository.push('change', project('app', { value: 'a2' }));

    await world.request({
      command: 'plan',
      repository: REPOSITORY,
      pull: number,
      commit: head.sha,
      asked: false,
      origin: { source: 'webhook', login: 'bob', trigger: 'late' },
    });
    const [run] = await world.settled();

    expect(run?.state).toBe('superseded');
    expect(world.jobs).toEqual([]);
  },

  'a conflict with the base fails the run and says so in comment and check': async (world) => {
    world.ports.repository.push('change', both({ value: 'n1' }, { value: 'a1' }), { from: 'main' });
    world.ports.repository.push('main', both({ value: 'n2' }, { value: 'a2' }));
    const pull = await world.ports.pulls.open(REPOSITORY, {
      title: 'c',
      body: '',
      head: 'change',
      base: 'main',
    });

    const run = await plan(world, pull.number);
    const { comments, check } = await shown(world);

    expect(run.state).toBe('failed');
    expect(check?.state).toBe('failure');
    expect(comments[0]).toContain('both sides changed network/model.json');
  },

  'somebody without write access cannot ask for a plan': async (world) => {
    const number = await open(world, both({ value: 'n1' }, { value: 'a1' }));

    await expect(plan(world, number, { asked: true, login: 'mallory' })).rejects.toThrow('there is no run');
    expect([...world.ports.reports.comments.values()][0]?.body).toContain('no write access');
    expect(world.jobs).toEqual([]);
  },
};

/** On a main branch that has both projects and was never deployed. */
export const PLANS: Scenarios = Object.fromEntries(
  Object.entries(plays).map(([name, play]) => [
    name,
    (world) => {
      const files = { 'cairn.yaml': CONFIG, ...both({ value: 'n0' }, { value: 'a0' }) };
      world.ports.repository.push('main', files);
      return play(world);
    },
  ]),
);
