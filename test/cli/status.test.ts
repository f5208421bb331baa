import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../core/errors.ts';
import { ADMIN } from '../api/host.ts';
import { goodDeployment, waitingDeploy } from '../api/story.ts';
import { drifted, frozen, leaked, stands } from '../api/story-commands.ts';
import { talk } from './talk.ts';

const on = talk();

describe('cairn status', () => {
  it('shows environments and what is waited for', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);

    const { code, out } = await on.cairn.run(['status']);

    expect(code).toBe(0);
    expect(out).toMatch(/^prod +none +- +1 waiting +approval of 3f2a91c$/m);
    expect(out).toMatch(new RegExp(`^staging +ok +${commit.slice(0, 7)} +- +-$`, 'm'));
    expect(out).toContain('cairn approve prod 3f2a91c');
    expect(out).not.toContain('\u001b');
  });

  it('answers JSON', async () => {
    await waitingDeploy(on.host.ports);

    const { out } = await on.cairn.run(['status', '--json']);

    expect(JSON.parse(out)).toMatchObject({
      environments: [{ name: 'prod' }, { name: 'staging' }],
      problems: [],
    });
  });

  it('has colours on a terminal, unless NO_COLOR says otherwise', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);
    const env = { CAIRN_SERVER: on.url, CAIRN_TOKEN: ADMIN };

    const coloured = await on.cairn.run(['status'], { outIsTerminal: true, env });
    const bare = await on.cairn.run(['status'], { outIsTerminal: true, env: { ...env, NO_COLOR: '1' } });

    expect(coloured.out).toContain('\u001b[32mok\u001b[0m');
    expect(bare.out).not.toContain('\u001b');
  });

  it('is bad if an environment cannot be told', async () => {
    on.host.ports.source = {
      ...on.host.ports.source,
      defaultBranch: () => Promise.reject(new Unavailable('GitHub is down')),
    };

    const { code, err } = await on.cairn.run(['status']);

    expect(code).toBe(1);
    expect(err).toContain('GitHub is down');
  });

  it('shows what is frozen and what drifted', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);
    await frozen(on.host.ports, 'staging');
    await drifted(on.host.ports, 'staging');

    const { code, out } = await on.cairn.run(['status']);

    expect(code).toBe(0);
    expect(out).toMatch(/^staging +ok, frozen, drifted +/m);
    expect(out).toContain('staging is frozen by bob until 2026-01-02 00:00 UTC: the sale of the year');
    expect(out).toMatch(/staging differs from what was deployed: app \(1 to change\).*issues\/9/);
    expect(out).toContain('staging: network could not be compared');
  });

  it('shows ephemeral environments, few of many', async () => {
    await waitingDeploy(on.host.ports);
    for (let index = 0; index < 14; index++) await stands(on.host.ports, `e${index + 10}`);

    const { code, out } = await on.cairn.run(['status']);

    expect(code).toBe(0);
    expect(out.match(/^eph-/gm)).toHaveLength(10);
    expect(out).toContain('and 4 more: cairn env list');
  });

  it('is bad, and loud, if one leaked', async () => {
    await waitingDeploy(on.host.ports);
    await leaked(on.host.ports, 'old');

    const { code, out } = await on.cairn.run(['status']);

    expect(code).toBe(1);
    expect(out).toContain('eph-old was not destroyed wholly. Left, running and costing:');
    expect(JSON.parse((await on.cairn.run(['status', '--json'])).out)).toMatchObject({
      environments: [{ name: 'prod' }, { name: 'staging' }],
      ephemerals: [{ environment: 'eph-old' }],
    });
  });
});
