import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../core/errors.ts';
import { asking } from './asking.ts';
import { goodDeployment, REPOSITORY, waitingDeploy } from './story.ts';
import { drifted, FREEZE, frozen } from './story-commands.ts';

const on = asking();

describe('environments', () => {
  it('show state, lock, question and latest run', async () => {
    const { runId, commit, digest } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);

    const { environments } = (await (await on.get('/environments')).json()) as { environments: unknown[] };

    expect(environments).toMatchObject([
      {
        repository: REPOSITORY,
        name: 'prod',
        branch: 'main',
        state: 'none',
        lock: { runId, command: 'deploy', waiting: 0 },
        waiting: { runId, digest, command: '/cairn approve prod 3f2a91c' },
        latestRun: { id: runId, state: 'waiting' },
      },
      {
        name: 'staging',
        state: 'ok',
        lastGood: commit,
        last: { outcome: 'deployed' },
        lock: null,
        waiting: null,
      },
    ]);
  });

  it('never show a task token', async () => {
    const { runId } = await waitingDeploy(on.host.ports);

    const text =
      (await (await on.get('/environments')).text()) + (await (await on.get(`/runs/${runId}`)).text());

    expect(text).not.toContain('the-task-token');
    expect(text).not.toContain('the-lock-token');
  });

  it('of a repository that cannot be read are a problem, not an error', async () => {
    on.host.ports.source = {
      ...on.host.ports.source,
      defaultBranch: async () => Promise.reject(new Unavailable('GitHub is down')),
    };

    const response = await on.get('/environments');

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      environments: [],
      problems: [{ repository: REPOSITORY, problem: 'GitHub is down' }],
    });
  });

  it('of a record that cannot be read are unknown, with the reason', async () => {
    await waitingDeploy(on.host.ports);
    const { git } = on.host.ports;
    const files = [{ path: 'environments.json', content: '{' }];
    const commit = await git.commit(REPOSITORY, {
      parent: null,
      message: 'x',
      files,
      date: '2026-01-01T00:00:00Z',
    });
    await git.createRef(REPOSITORY, 'refs/heads/cairn/record', commit);

    const response = await on.get(`/environments/${REPOSITORY}/prod`);

    expect(await response.json()).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('environments.json'),
    });
  });

  it('that are not there are not found', async () => {
    await waitingDeploy(on.host.ports);

    expect((await on.get(`/environments/${REPOSITORY}/qa`)).status).toBe(404);
  });
});

describe('an environment', () => {
  it('says that it is frozen, by whom, why and until when', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);
    await frozen(on.host.ports, 'staging');

    const { environments } = await on.read<{ environments: unknown[] }>('/environments');

    expect(environments).toMatchObject([
      { name: 'prod', frozen: null },
      { name: 'staging', state: 'ok', frozen: FREEZE },
    ]);
  });

  it('is no longer frozen once the time has come', async () => {
    await waitingDeploy(on.host.ports);
    await frozen(on.host.ports, 'prod', { ...FREEZE, until: '2025-12-31T23:59:59.000Z' });

    expect(await on.read(`/environments/${REPOSITORY}/prod`)).toMatchObject({ frozen: null });
  });

  it('says how it differs from what was deployed', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'staging', commit);
    await drifted(on.host.ports, 'staging');

    const view = await on.read<{ drift: unknown }>(`/environments/${REPOSITORY}/staging`);

    expect(view.drift).toEqual({
      since: '2025-12-31T21:00:00.000Z',
      at: '2025-12-31T21:00:00.000Z',
      where: expect.stringMatching(/^app \(.*1.*\)$/),
      projects: ['app'],
      unknown: { network: '2025-12-31T21:00:00.000Z' },
      issue: { number: 9, url: 'https://github.test/acme/shop/issues/9' },
      reconciledBy: null,
    });
  });

  it('tells the history of its drift, newest first', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'prod', commit);
    await drifted(on.host.ports, 'prod');

    expect(await on.read(`/environments/${REPOSITORY}/prod/drift`)).toMatchObject({
      drift: { projects: ['app'], where: 'app (1 to change)' },
      history: [{ what: 'found', where: 'app (1 to change)', unknown: ['network'] }],
    });
    expect((await on.get(`/environments/${REPOSITORY}/prod/drift?limit=0`)).status).toBe(400);
    expect((await on.get(`/environments/${REPOSITORY}/none/drift`)).status).toBe(404);
    expect((await on.get(`/environments/${REPOSITORY}/prod/drift`, 'gh-mallory')).status).toBe(404);
  });

  it('is read by few calls, however many there are', async () => {
    const { commit } = await waitingDeploy(on.host.ports);
    await goodDeployment(on.host.ports, 'prod', commit);
    await goodDeployment(on.host.ports, 'staging', commit);
    const { source, git } = on.host.ports;
    const calls: string[] = [];
    on.host.ports.git = {
      ...git,
      ref: (repository, ref) => {
        calls.push(ref);
        return git.ref(repository, ref);
      },
    };
    on.host.ports.source = {
      ...source,
      file: (repository, ref, path) => {
        calls.push(path);
        return source.file(repository, ref, path);
      },
    };

    await on.get('/environments');

    // The configuration, the record's head and index, and of each environment its state and its drift.
    expect(calls.toSorted()).toEqual([
      'cairn.yaml',
      'environments.json',
      'environments/prod/drift.json',
      'environments/prod/state.json',
      'environments/staging/drift.json',
      'environments/staging/state.json',
      'refs/heads/cairn/record',
    ]);
  });
});
