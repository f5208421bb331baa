import { expect } from 'vitest';
import { readDrift, readDriftHistory, readToldDrift } from '../../../core/record/drift.ts';
import { tellSlack } from '../../../core/reports/sink-slack.ts';
import type { Run } from '../../../core/requests/run.ts';
import { UNREACHABLE } from '../../support/memory-jobs.ts';
import { project, REPOSITORY, type World } from '../../support/memory-world.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy, shop } from './shop.ts';

/** How often it was asked for: each time is another trigger. */
const asks = new WeakMap<World, number>();

/** Somebody asks for it; answers its run, ended. */
async function look(world: World, environment = 'prod'): Promise<Run> {
  const asked = (asks.get(world) ?? 0) + 1;
  asks.set(world, asked);
  world.ports.clock.pass(600);
  const origin = { source: 'api' as const, login: 'bob', trigger: `look-${asked}` };
  await world.request({ command: 'drift', repository: REPOSITORY, environment, origin });
  const runs = await world.settled();
  const run = runs.find(({ workflow }) => workflow === 'drift');
  if (!run) throw new Error('nobody looked for drift');
  return run;
}

/** As a schedule of the configuration does, at a time that is due. */
async function scheduled(world: World): Promise<Run[]> {
  await world.call('StartDriftChecks', { repositories: [REPOSITORY] });
  return (await world.settled()).filter(({ workflow }) => workflow === 'drift');
}

const log = ({ ports }: World): string[] => {
  const { refs, commits } = ports.repository;
  const subjects: string[] = [];
  for (let at = refs.get('refs/heads/cairn/record'); at !== undefined; at = commits.get(at)?.parents[0]) {
    subjects.push(commits.get(at)?.message.split('\n')[0] ?? '');
  }
  return subjects;
};

async function deployed(world: World, config: string): Promise<string> {
  const commit = await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
  await world.settled();
  await world.approve();
  await world.settled();
  world.jobs.length = 0;
  return commit;
}

function withDrift(more: string, config = CONFIG): string {
  return config.replace('rollback: automatic', `rollback: automatic\n    drift: { ${more} }`);
}

/** What a channel reads, told event by event; each once. */
async function slack(world: World): Promise<string[]> {
  const { runs, chat } = world.ports;
  for (const run of (await runs.list({ repository: REPOSITORY, workflow: 'drift', limit: 50 })).reverse()) {
    for (const event of await runs.events(run.id)) await tellSlack(event, world.ports);
  }
  return [...chat.messages.values()].map(({ message }) => message.text);
}

const plays: Scenarios = {
  'what was changed outside is found, told once while it stays the same, changed in place, and closed':
    async (world) => {
      await deployed(world, `${CONFIG}notifications: { slack: { channel: C1 } }\n`);
      const { issues } = world.ports.issues;

      const clean = await look(world);
      world.state.set('app', 'by hand');
      const found = await look(world);
      const [first] = structuredClone(issues);
      const writes = watchEdits(world);
      const same = await look(world);
      const untouched = [...writes];
      world.state.set('app', 'by hand, again');
      await look(world);
      const [changed] = structuredClone(issues);
      world.state.set('app', 'a1');
      const gone = await look(world);

      expect([clean, found, same, gone].map(({ title }) => title)).toEqual([
        expect.stringMatching(/^No drift at /),
        'Drift in app',
        'Drift in app',
        expect.stringMatching(/^No drift at /),
      ]);
      expect(first).toMatchObject({ title: 'Drift in prod', state: 'open' });
      expect(first?.body).toMatch(/by hand[\s\S]*cairn drift prod/);
      expect(untouched).toEqual([]);
      expect(changed?.body).toContain('by hand, again');
      expect(issues).toMatchObject([{ number: first?.number, state: 'closed' }]);
      expect(issues[0]?.body).toContain('The difference is gone');
      expect(log(world).slice(0, 3)).toEqual([
        'prod: drift is gone',
        'prod: drift changed, app (1 to change)',
        'prod: drift in app (1 to change)',
      ]);
      expect(await slack(world)).toEqual([
        'acme/shop: Drift in prod: 1 to change in 1 of 2 projects',
        'acme/shop: Drift in prod: 1 to change in 1 of 2 projects',
        'acme/shop: Drift in prod is gone',
      ]);
      expect(world.state.get('app')).toBe('a1');
      expect(await world.ports.locks.held()).toEqual([]);
    },

  'while it stands it is in the record, on the page, and in the history': async (world) => {
    await firstDeploy(world);
    world.state.set('app', 'by hand');
    await look(world);

    const drift = await readDrift(world.ports, REPOSITORY, 'prod');
    const page = world.ports.repository.read('cairn/record', 'environments/prod/README.md');
    const top = world.ports.repository.read('cairn/record', 'README.md');
    world.state.set('app', 'a1');
    await look(world);

    const [issue] = world.ports.issues.issues;
    expect(drift).toMatchObject({ since: '2026-01-01T00:10:00.000Z', issue: { number: issue?.number } });
    expect(Object.keys(drift?.projects ?? {})).toEqual(['app']);
    expect(page).toMatch(/\*\*Drift\*\* since 2026-01-01 00:10 in app \(1 to change\).*#1002/);
    expect(top).toContain('ok, drifted');
    expect(await readDrift(world.ports, REPOSITORY, 'prod')).toBeNull();
    expect((await readDriftHistory(world.ports, REPOSITORY, 'prod', 9)).map(({ what }) => what)).toEqual([
      'gone',
      'found',
    ]);
  },

  'the next drift opens the same issue again; one that a person closed stays closed until it changes': async (
    world,
  ) => {
    await firstDeploy(world);
    const { issues } = world.ports.issues;
    world.state.set('app', 'by hand');
    await look(world);
    world.state.set('app', 'a1');
    await look(world);
    world.state.set('network', 'by hand');
    await look(world);
    const again = issues.map(({ state }) => state);
    await world.ports.issues.edit(REPOSITORY, issues[0]?.number ?? 0, { state: 'closed' });
    await look(world);
    const acknowledged = issues.map(({ state }) => state);
    world.state.set('network', 'by hand, again');
    await look(world);

    expect(again).toEqual(['open']);
    expect(acknowledged).toEqual(['closed']);
    expect(issues.map(({ state }) => state)).toEqual(['open']);
  },

  'what a provider does not answer for is unknown: nothing is closed, and what was told holds': async (
    world,
  ) => {
    await firstDeploy(world);
    const { issues } = world.ports.issues;
    world.state.set('app', 'by hand');
    await look(world);
    world.state.set('app', UNREACHABLE);
    const partly = await look(world);
    const told = await readToldDrift(world.ports, REPOSITORY, 'prod');
    const body = issues[0]?.body;
    world.state.set('network', UNREACHABLE);
    const wholly = await look(world);
    world.state.set('network', 'n1').set('app', 'a1');
    const gone = await look(world);

    expect(partly).toMatchObject({ state: 'succeeded', title: 'Drift in app' });
    expect(Object.keys(told?.unknown ?? {})).toEqual(['app']);
    expect(Object.keys(told?.projects ?? {})).toEqual(['app']);
    expect(body).toMatch(/could not be compared[\s\S]*what was told of it before still holds/);
    expect(wholly).toMatchObject({ state: 'failed', title: 'app: app: the provider did not answer' });
    expect(gone.state).toBe('succeeded');
    expect(issues.map(({ state }) => state)).toEqual(['closed']);
  },

  'one that cannot be compared is said beside those that are as deployed': async (world) => {
    await firstDeploy(world);
    world.state.set('app', UNREACHABLE);

    const run = await look(world);
    const drift = await readDrift(world.ports, REPOSITORY, 'prod');

    expect(run).toMatchObject({ state: 'succeeded' });
    expect(run.title).toMatch(/^No drift found at .*, but app could not be compared$/);
    expect(drift).toMatchObject({ since: null, projects: {}, unknown: { app: expect.any(String) } });
    expect(world.ports.issues.issues).toEqual([]);
  },

  'each project is compared with the commit that it was last applied with': async (world) => {
    await firstDeploy(world);
    await world.push(project('app', { value: 'a2' }));
    await world.settled();
    await world.approve();
    await world.settled();
    world.jobs.length = 0;

    const run = await look(world);

    expect(run.title).toMatch(/^No drift/);
    expect([...world.jobs].sort()).toEqual(['plan app', 'plan network']);
  },

  'what was found while a deploy went on is not told': async (world) => {
    await firstDeploy(world);
    world.state.set('app', 'by hand');
    await world.ports.locks.claim(REPOSITORY, 'prod', {
      runId: 'f'.repeat(20),
      token: 'of nobody',
      command: 'deploy',
      commit: null,
      at: '2026-01-01T00:00:00.000Z',
    });

    const run = await look(world);
    await world.ports.locks.release(REPOSITORY, 'prod', 'f'.repeat(20));
    const later = await look(world);

    expect(run).toMatchObject({ state: 'superseded' });
    expect(run.title).toMatch(/^Nothing was compared: Run .* \(deploy\) is under way in prod\.$/);
    expect(later.title).toBe('Drift in app');
    expect(world.jobs).toHaveLength(2);
  },

  'a deploy that only waits for a person changes nothing yet: drift is told': async (world) => {
    await firstDeploy(world);
    world.state.set('network', 'by hand');
    await world.push(project('app', { value: 'a2' }));
    await world.settled();

    const run = await look(world);

    expect(run.title).toBe('Drift in network');
    expect(world.ports.issues.issues).toHaveLength(1);
  },

  'reconcile without an approval deploys it away at once': async (world) => {
    const config = withDrift('every: 6h, reconcile: true').replace('required: true', 'required: false');
    const commit = await deployed(world, config);
    world.state.set('app', 'by hand');

    await look(world);
    const [deploy] = await deploys(world);
    const after = await look(world);

    expect(deploy).toMatchObject({ state: 'succeeded', commit, requester: null });
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

  'a schedule looks once for each moment, and not where nothing stands': async (world) => {
    const before = await scheduled(world);
    await deployed(world, withDrift('cron: "0 6 * * *", time_zone: Europe/Berlin'));
    world.ports.clock.pass(4 * 3600);
    const early = await scheduled(world);
    world.ports.clock.pass(3600);
    const due = await scheduled(world);
    world.ports.clock.pass(300);
    const same = await scheduled(world);
    world.ports.clock.pass(86_400 + 3600);
    const missed = await scheduled(world);
    world.ports.clock.pass(82_800);
    const next = await scheduled(world);

    expect([before, early, due, same, missed, next].map((runs) => runs.length)).toEqual([0, 0, 1, 1, 1, 2]);
    expect(due[0]).toMatchObject({ requester: null, state: 'succeeded' });
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

  '30 projects are compared side by side, and told within what an issue holds': async (world) => {
    const names = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`);
    const files = Object.assign({}, ...names.map((name) => project(name, { value: `${name} as deployed` })));
    const config = 'environments:\n  prod: { branch: main, approval: { required: false } }\n';
    await world.push({ 'cairn.yaml': config, ...files });
    await world.settled();
    await world.approve();
    await world.settled();
    world.jobs.length = 0;
    for (const name of names) world.state.set(name, `${name} ${'by hand '.repeat(1000)}`);

    const run = await look(world);

    const [issue] = world.ports.issues.issues;
    expect(world.jobs).toHaveLength(30);
    expect(run.title).toBe('Drift in p00, p01, p02, p03 and 26 more');
    expect(issue?.body.length).toBeLessThanOrEqual(65_536);
    for (const name of names) expect(issue?.body).toContain(`| \`${name}\` |`);
    expect(log(world)[0]).toBe(
      'prod: drift in p00 (1 to change), p01 (1 to change), p02 (1 to change), 27 more',
    );
  },
};

/** Deploys, newest first. */
async function deploys(world: World): Promise<Run[]> {
  return (await world.ports.runs.list({ repository: REPOSITORY, limit: 50 })).filter(
    ({ workflow }) => workflow === 'deploy',
  );
}

/** Names of the calls that write an issue from now on. */
function watchEdits({ ports }: World): string[] {
  const calls: string[] = [];
  const { open, edit } = ports.issues;
  Object.assign(ports.issues, {
    open: (...args: Parameters<typeof open>) => {
      calls.push('open');
      return open(...args);
    },
    edit: (...args: Parameters<typeof edit>) => {
      calls.push('edit');
      return edit(...args);
    },
  });
  return calls;
}

export const DRIFTS: Scenarios = plays;
