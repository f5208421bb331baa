import { expect } from 'vitest';
import { readDrift, readDriftHistory, readToldDrift } from '../../../core/record/drift/drift.ts';
import { UNREACHABLE } from '../../support/memory-jobs.ts';
import { project, REPOSITORY } from '../../support/memory-world.ts';
import { deployed, log, look, slack, watchEdits } from './drift-look.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy } from './shop.ts';

export const DRIFTS: Scenarios = {
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
    expect(page).toContain('**Drift** since 2026-01-01 00:10 in app \\(1 to change\\)');
    expect(page).toContain(`[#${issue?.number}](${issue?.url})`);
    expect(top).toContain('ok, drifted');
    expect(await readDrift(world.ports, REPOSITORY, 'prod')).toBeNull();
    expect((await readDriftHistory(world.ports, REPOSITORY, 'prod', 9)).map(({ what }) => what)).toEqual([
      'gone',
      'found',
    ]);
    expect(world.ports.repository.read('cairn/record', 'environments/prod/drift.md')).toMatch(
      /2026-01-01 00:20 \| drift is gone \|[\s\S]*2026-01-01 00:10 \| drift in app \\\(1 to change\\\) \|/,
    );
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
