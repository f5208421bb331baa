import { describe, expect, it } from 'vitest';
import { aPass, goodDeployment, progress, waitingDeploy } from '../api/story.ts';
import { COUNTS, drifted } from '../api/story-commands.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn drift', () => {
  const NONE = {
    basis: '',
    reconcile: false,
    at: '2026-01-01T00:00:00.000Z',
    since: null,
    drifted: {},
    unknown: [],
    digest: null,
    known: false,
    gone: false,
    issue: null,
    notes: [],
    reconciledBy: null,
  };
  const deploy = aPass([progress('app'), progress('network', { error: '\nError: no credentials\n\nmore' })]);

  it('exits with 0 where all is in sync', async () => {
    await on.becomes('drift', { drift: NONE, deploy, outcome: 'in-sync' });

    const { code, out } = await on.cairn.run(['drift', 'prod']);

    expect(code).toBe(0);
    expect(out).toMatch(/^app +in-sync +-$/m);
    expect(on.host.asked).toMatchObject([{ command: 'drift', environment: 'prod' }]);
  });

  it('exits with 2 and a table where something drifted', async () => {
    const drift = {
      ...NONE,
      drifted: { app: { digest: 'a'.repeat(64), counts: COUNTS } },
      unknown: ['network'],
      issue: { number: 9, url: 'https://github.test/acme/shop/issues/9' },
    };
    await on.becomes('drift', { drift, deploy, outcome: 'drifted' });

    const { code, out } = await on.cairn.run(['drift', 'prod']);

    expect(code).toBe(2);
    expect(out).toMatch(/^PROJECT +STATE +DIFFERENCE$/m);
    expect(out).toMatch(/^app +drifted +1 to change$/m);
    expect(out).toMatch(/^network +unknown +- +Error: no credentials$/m);
    expect(out).toContain('https://github.test/acme/shop/issues/9');
  });

  it('exits with 1 where it is not known', async () => {
    await on.becomes('drift', { drift: { ...NONE, unknown: ['network'] }, deploy, outcome: 'in-sync' });

    expect(await on.cairn.run(['drift', 'prod'])).toMatchObject({ code: 1 });
  });

  it('exits with 1 where the run failed', async () => {
    await on.becomes('drift', { outcome: 'failed' }, { state: 'failed', title: 'no such commit' });

    expect(await on.cairn.run(['drift', 'prod'])).toMatchObject({ code: 1, out: '' });
  });

  it('shows what was found before, and asks for nothing', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'prod', commit);
    const none = await on.cairn.run(['drift', 'prod', '--history']);
    await drifted(on.host.ports, 'prod');

    const { code, out } = await on.cairn.run(['drift', 'prod', '--history']);

    expect(none.out).toBe('Nothing was ever found to differ in prod.\n');
    expect(code).toBe(0);
    expect(out).toMatch(/^2025-12-31 21:00 +drift in app \(1 to change\) +network +dddddddddddddddddddd$/m);
    expect(on.host.asked).toEqual([]);
  });
});
