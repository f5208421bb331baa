import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { asking } from './asking.ts';
import { ADMIN } from './host.ts';
import { REPOSITORY, waitingDeploy } from './story.ts';

const on = asking();

describe('who asks', () => {
  it.each([
    ['no token', null],
    ['a token that nobody knows', 'unknown'],
    ['an empty token', ''],
    ['a part of the admin token', ADMIN.slice(0, -1)],
    ['a longer admin token', `${ADMIN}x`],
  ])('with %s is nobody', async (_, token) => {
    const response = await on.get('/runs', token);

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('token') });
  });

  it('with the admin token is operator', async () => {
    expect(await (await on.get('/me')).json()).toEqual({ login: 'operator' });
  });

  it('with a GitHub token is whom GitHub says', async () => {
    expect(await (await on.get('/me', 'gh-alice')).json()).toEqual({ login: 'alice' });
  });

  it('with a GitHub login called operator is not the operator', async () => {
    expect((await on.get('/me', 'gh-operator')).status).toBe(401);
  });

  it('without read access sees no repository, run or environment', async () => {
    const { runId } = await waitingDeploy(on.host.ports);

    expect(await (await on.get('/repositories', 'gh-mallory')).json()).toEqual({ repositories: [] });
    expect(await (await on.get('/runs', 'gh-mallory')).json()).toEqual({ runs: [] });
    expect((await on.get(`/runs/${runId}`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/runs/${runId}/follow`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/runs/${runId}/jobs/plan-3-app/log`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/runs?repository=${REPOSITORY}`, 'gh-mallory')).status).toBe(404);
    expect((await on.get(`/environments/${REPOSITORY}/prod`, 'gh-mallory')).status).toBe(404);
  });

  it('with read access alone asks for nothing', async () => {
    const response = await on.ask({ command: 'deploy', environment: 'prod' }, 'gh-rita');

    expect(response.status).toBe(403);
    expect(on.host.asked).toEqual([]);
  });

  it('is asked about at that moment', async () => {
    let permission: 'write' | 'none' = 'write';
    on.host.ports.people = {
      ...on.host.ports.people,
      whoIs: async () => 'alice',
      permission: async () => permission,
    };
    const app = createApp(on.host);
    const headers = { authorization: 'Bearer of-alice' };
    const before = await (await app.request('/api/v1/repositories', { headers })).json();

    permission = 'none';
    const after = await (await app.request('/api/v1/repositories', { headers })).json();

    expect(before).toEqual({ repositories: [REPOSITORY] });
    expect(after).toEqual({ repositories: [] });
  });
});
