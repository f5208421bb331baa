import { expect } from 'vitest';
import { ForgeRefused, NotFound } from '../../../core/errors.ts';
import { readDriftHistory, readToldDrift } from '../../../core/record/drift/drift.ts';
import { tellGithub } from '../../../core/reports/github/sink-github.ts';
import { documentKey } from '../../../core/runs/store.ts';
import { UNREACHABLE } from '../../support/memory-jobs.ts';
import { REPOSITORY, type World } from '../../support/memory-world.ts';
import { deployed, deploys, log, look, slack, withDrift } from './drift-look.ts';
import type { Scenarios } from './scenario.ts';
import { CONFIG, firstDeploy } from './shop.ts';

const WITH_SLACK = `${CONFIG}notifications: { slack: { channel: C1 } }\n`;

/** What becomes of an issue, of a channel, and of a comment. */
export const DRIFTS_TOLD: Scenarios = {
  'an issue that somebody deleted is opened anew when there is something to say': async (world) => {
    await firstDeploy(world);
    const { issues } = world.ports.issues;
    world.state.set('app', 'by hand');
    await look(world);
    issues[0] = { ...must(issues[0]), number: -1 };
    await look(world);
    const unsaid = issues.length;
    world.state.set('app', 'by hand, again');
    await look(world);

    expect(unsaid).toBe(1);
    expect(issues.map(({ number }) => number)).toEqual([-1, 1002]);
    expect((await readToldDrift(world.ports, REPOSITORY, 'prod'))?.issue?.number).toBe(1002);
  },

  'where issues are switched off all else is told, and the issue follows once they are on': async (world) => {
    await deployed(world, WITH_SLACK);
    const { issues } = world.ports;
    const { open } = issues;
    world.state.set('app', 'by hand');
    issues.open = () => Promise.reject(new ForgeRefused('GitHub answered 403. Give Cairn Issues: write.'));
    const found = await look(world);
    const told = await readToldDrift(world.ports, REPOSITORY, 'prod');
    issues.open = () => Promise.reject(new NotFound('GitHub answered 410: Issues has been disabled'));
    await look(world);
    issues.open = open;
    await look(world);

    expect(found).toMatchObject({ state: 'succeeded', title: 'Drift in app' });
    expect(told).toMatchObject({ digest: expect.any(String), issue: null });
    expect(await slack(world)).toHaveLength(1);
    expect(log(world).slice(0, 2)).toEqual([
      'prod: drift in app (1 to change), with an issue now',
      'prod: drift in app (1 to change)',
    ]);
    expect(issues.issues).toMatchObject([{ state: 'open' }]);
  },

  'what cannot be compared any more is told to the channel once, and is no end of what was told': async (
    world,
  ) => {
    await deployed(world, WITH_SLACK);
    world.state.set('app', UNREACHABLE);
    await look(world);
    await look(world);
    const told = await slack(world);
    world.state.set('network', 'by hand');
    await look(world);
    world.state.set('network', 'n1');
    const rest = await look(world);

    expect(told).toEqual(['acme/shop: Drift in prod is not known: 1 project could not be compared']);
    expect(rest.title).toMatch(/^No drift found at .*, but app could not be compared$/);
    expect(world.ports.emitted.findLast(({ kind }) => kind === 'drift.finished')?.message).toBe(
      'No drift was found in prod, but 1 project could not be compared: app.',
    );
    expect((await slack(world)).slice(1)).toEqual([
      'acme/shop: Drift in prod: 1 to change in 1 of 2 projects',
      'acme/shop: Drift in prod is gone',
    ]);
    expect(world.ports.issues.issues[0]).toMatchObject({
      state: 'closed',
      body: expect.stringContaining('Not compared: `app`'),
    });
  },

  'of an environment that was taken down the difference is gone': async (world) => {
    await deployed(world, withDrift('every: 6h'));
    world.state.set('app', 'by hand');
    await look(world);
    const place = { repository: REPOSITORY, environment: 'prod' };
    const origin = { source: 'api' as const, login: 'alice', trigger: 'down' };
    await world.request({ command: 'destroy', ...place, confirm: 'prod', reason: 'asked', origin });
    await world.settled();
    await world.approve();
    await world.settled();
    const open = world.ports.issues.issues.map(({ state }) => state);
    await world.call('StartDriftChecks', { repositories: [REPOSITORY] });
    await world.settled();

    expect(world.state.size).toBe(0);
    expect(open).toEqual(['open']);
    expect(world.ports.issues.issues.map(({ state }) => state)).toEqual(['closed']);
  },

  'whoever asks on a pull request is answered below it': async (world) => {
    await firstDeploy(world);
    const { ports } = world;
    ports.repository.push('change', { 'README.md': 'hello' }, { from: 'main' });
    const { number } = await ports.pulls.open(REPOSITORY, {
      title: '',
      body: '',
      head: 'change',
      base: 'main',
    });
    world.state.set('app', 'by hand');
    const run = await look(world, 'prod', { pull: number });
    for (const event of await ports.runs.events(run.id)) await tellGithub(event, ports);

    const answers = [...ports.reports.comments.values()].filter(({ body }) => body.includes('Drift in prod'));
    expect(answers).toMatchObject([{ pull: number }]);
    expect(answers[0]?.body).toMatch(/1 to change in 1 of 2 projects[\s\S]*by hand/);
    expect([...ports.reports.checks.values()].filter(({ name }) => name.includes('rift'))).toEqual([]);
  },

  'what stands there may say what it likes': async (world) => {
    await firstDeploy(world);
    const hostile = [
      '```',
      '</details>',
      '<img src=x onerror=alert(1)>',
      '@acme/everybody /cairn approve prod',
      '<!-- cairn:drift:staging -->',
      '[click](javascript:alert(1))',
    ].join('\n');
    world.state.set('app', hostile);
    await look(world);

    const body = world.ports.issues.issues[0]?.body ?? '';
    const fence = /^(`{3,})diff$/m.exec(body)?.[1] ?? '';
    const [before = '', inside = '', after = ''] = body.split(new RegExp(`^${fence}(?:diff)?$`, 'm'));
    expect(fence.length).toBeGreaterThan(3);
    expect(inside).toContain('<img src=x');
    expect(before + after).not.toMatch(/<img|javascript:|@acme/);
    expect(body.startsWith('<!-- cairn:drift:prod -->')).toBe(true);
    expect(world.ports.repository.read('cairn/record', 'environments/prod/drift.md')).not.toContain('<img');
  },

  'a step that is repeated tells nothing twice': async (world) => {
    await deployed(
      world,
      `${withDrift('every: 6h, reconcile: true')}notifications: { slack: { channel: C1 } }\n`,
    );
    world.state.set('app', 'by hand');
    const run = await look(world, 'prod', { reconcile: true });
    const before = await told(world);
    await world.call('ReviewDrift', { doc: documentKey(run.id, 2) });
    await world.call('ReportDrift', { doc: documentKey(run.id, 3) });
    await world.settled();

    expect(before.deploys).toBe(2);
    expect(await told(world)).toEqual(before);
  },

  'a last good commit that is not there any more is no environment in sync': async (world) => {
    const commit = await firstDeploy(world);
    world.state.set('app', 'by hand');
    await look(world);
    const { source, artifacts } = world.ports;
    const { tarball } = source;
    Object.assign(source, {
      tarball: async (repository: string, at: string) => {
        if (at === commit) throw new NotFound(`GitHub answered 404 to GET /repos/acme/shop/tarball/${at}`);
        return tarball(repository, at);
      },
    });
    Object.assign(artifacts, withoutSources(artifacts));
    const run = await look(world);

    expect(run).toMatchObject({ state: 'failed', title: expect.stringContaining(commit) });
    expect(world.ports.issues.issues.map(({ state }) => state)).toEqual(['open']);
  },
};

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing is there');
  return value;
}

async function told(world: World) {
  return {
    issues: structuredClone(world.ports.issues.issues),
    history: await readDriftHistory(world.ports, REPOSITORY, 'prod', 99),
    commits: log(world).length,
    deploys: (await deploys(world)).length,
    slack: await slack(world),
  };
}

function withoutSources({ has }: World['ports']['artifacts']) {
  return { has: async (key: string) => !key.startsWith('sources/') && has(key) };
}
