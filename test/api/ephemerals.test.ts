import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../core/errors.ts';
import { asking } from './asking.ts';
import { REPOSITORY } from './story.ts';
import { anEphemeral, leaked, stands } from './story-commands.ts';

const on = asking();

describe('ephemeral environments', () => {
  it('are listed, leaked ones first, then what ends next', async () => {
    await stands(on.host.ports, 'never', { endsAt: null });
    await stands(on.host.ports, 'later');
    await stands(on.host.ports, 'soon', { endsAt: '2026-01-01T00:00:30.000Z' });
    await stands(on.host.ports, 'over', { endsAt: '2025-12-31T23:00:00.000Z', state: 'destroying' });
    await leaked(on.host.ports, 'left');

    const { ephemerals } = await on.read<{ ephemerals: unknown[] }>('/ephemerals');

    expect(ephemerals).toMatchObject([
      {
        environment: 'eph-left',
        state: 'leaked',
        left: { app: ['aws_instance.web[0]', 'aws_eip.web'], network: null },
        endsIn: '-',
        helps: 'cairn env down eph-left --repository acme/shop',
      },
      { environment: 'eph-over', endsIn: 'now', state: 'destroying', helps: null },
      { environment: 'eph-soon', endsIn: 'less than a minute' },
      { environment: 'eph-later', endsIn: '5 h 20 min' },
      { environment: 'eph-never', endsIn: 'never' },
    ]);
  });

  it('that leaked tell of no address of what is gone', async () => {
    const outputs = { 'app.url': 'https://app.example.com', 'web.v2.url': 'https://web.example.com' };
    await stands(on.host.ports, 'some', { state: 'leaked', outputs, left: { 'web.v2': ['aws_eip.web'] } });
    await stands(on.host.ports, 'unknown', { state: 'leaked', outputs, left: {} });

    const { ephemerals } = await on.read<{ ephemerals: { outputs: unknown }[] }>('/ephemerals');

    expect(ephemerals.map((one) => one.outputs)).toEqual([
      { 'web.v2.url': 'https://web.example.com' },
      outputs,
    ]);
  });

  it('are told one by one, by either name', async () => {
    await stands(on.host.ports, 'demo');

    const view = await on.read(`/ephemerals/${REPOSITORY}/demo`);

    expect(await on.read(`/ephemerals/${REPOSITORY}/eph-demo`)).toEqual(view);
    const { projects, applied, runId, ...shown } = anEphemeral('demo');
    expect(view).toEqual({
      ...shown,
      endsIn: '5 h 20 min',
      projects,
      helps: null,
      run: { id: runId, url: `http://cairn.test/runs/${runId}` },
    });
    expect([applied, view]).toMatchObject([{}, { environment: 'eph-demo', state: 'ready', pull: 7 }]);
  });

  it('tell an address to those who may write alone: whoever may read can be anybody', async () => {
    await stands(on.host.ports, 'demo');
    const paths = ['/ephemerals', `/ephemerals/${REPOSITORY}/demo`, `/environments/${REPOSITORY}/eph-demo`];

    const [seen, hidden] = await Promise.all(
      ['gh-alice', 'gh-rita'].map((token) =>
        Promise.all(paths.map(async (path) => (await on.get(path, token)).text())),
      ),
    );

    expect(seen?.every((text) => text.includes('alice@example.com'))).toBe(true);
    expect(hidden?.every((text) => text.includes('"email":null'))).toBe(true);
    expect(hidden?.join('')).not.toContain('alice@example.com');
  });

  it('are environments too', async () => {
    await stands(on.host.ports, 'demo');

    expect(await on.read(`/environments/${REPOSITORY}/eph-demo`)).toMatchObject({
      name: 'eph-demo',
      branch: 'feature/x',
      state: 'ready',
      lastGood: 'c'.repeat(40),
      lock: null,
      frozen: null,
      drift: null,
      ephemeral: { endsIn: '5 h 20 min' },
    });
  });

  it('are known while the forge is away', async () => {
    await leaked(on.host.ports, 'left');
    on.host.ports.source = {
      ...on.host.ports.source,
      defaultBranch: () => Promise.reject(new Unavailable('GitHub is down')),
    };

    expect(await on.read('/ephemerals')).toMatchObject({ ephemerals: [{ environment: 'eph-left' }] });
  });

  it('that are not there are not found', async () => {
    expect((await on.get(`/ephemerals/${REPOSITORY}/demo`)).status).toBe(404);
    expect((await on.get(`/environments/${REPOSITORY}/eph-demo`)).status).toBe(404);
  });

  it('are for readers only', async () => {
    await stands(on.host.ports, 'demo');

    expect(await (await on.get('/ephemerals', 'gh-mallory')).json()).toEqual({ ephemerals: [] });
    expect((await on.get(`/ephemerals?repository=${REPOSITORY}`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/ephemerals/${REPOSITORY}/demo`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/ephemerals/${REPOSITORY}/demo`, 'gh-rita')).status).toBe(200);
  });
});
