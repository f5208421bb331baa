import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { pageLinks } from '../../api/links.ts';
import {
  Conflict,
  ForgeRefused,
  InvalidConfig,
  InvalidInput,
  NotAllowed,
  NotFound,
  Unavailable,
} from '../../core/errors.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { fakePeople } from '../support/fakes/sinks.ts';
import { ADMIN, type TestHost, testHost } from './host.ts';
import { aRun, goodDeployment, REPOSITORY, rolledBack, waitingDeploy } from './story.ts';

let host: TestHost;
beforeEach(() => {
  const whoIs = async (token: string) => (token.startsWith('gh-') ? token.slice(3) : null);
  const people = { ...fakePeople({ alice: 'write', rita: 'read' }), whoIs };
  host = testHost({ ports: memoryPorts({ people }) });
});

function get(path: string, token: string | null = ADMIN) {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return createApp(host).request(`/api/v1${path}`, { headers });
}

function ask(body: unknown, token = ADMIN, headers: Record<string, string> = {}) {
  return createApp(host).request('/api/v1/requests', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

describe('who asks', () => {
  it.each([
    ['no token', null],
    ['a token that nobody knows', 'unknown'],
    ['an empty token', ''],
    ['a part of the admin token', ADMIN.slice(0, -1)],
    ['a longer admin token', `${ADMIN}x`],
  ])('with %s is nobody', async (_, token) => {
    const response = await get('/runs', token);

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('token') });
  });

  it('with the admin token is operator', async () => {
    expect(await (await get('/me')).json()).toEqual({ login: 'operator' });
  });

  it('with a GitHub token is whom GitHub says', async () => {
    expect(await (await get('/me', 'gh-alice')).json()).toEqual({ login: 'alice' });
  });

  it('with a GitHub login called operator is not the operator', async () => {
    expect((await get('/me', 'gh-operator')).status).toBe(401);
  });

  it('without read access sees no repository, run or environment', async () => {
    const { runId } = await waitingDeploy(host.ports);

    expect(await (await get('/repositories', 'gh-mallory')).json()).toEqual({ repositories: [] });
    expect(await (await get('/runs', 'gh-mallory')).json()).toEqual({ runs: [] });
    expect((await get(`/runs/${runId}`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/runs/${runId}/follow`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/runs/${runId}/jobs/plan-3-app/log`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/runs?repository=${REPOSITORY}`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/environments/${REPOSITORY}/prod`, 'gh-mallory')).status).toBe(404);
  });

  it('with read access alone asks for nothing', async () => {
    const response = await ask({ command: 'deploy', environment: 'prod' }, 'gh-rita');

    expect(response.status).toBe(403);
    expect(host.asked).toEqual([]);
  });

  it('is asked about at that moment', async () => {
    let permission: 'write' | 'none' = 'write';
    host.ports.people = {
      ...host.ports.people,
      whoIs: async () => 'alice',
      permission: async () => permission,
    };
    const app = createApp(host);
    const headers = { authorization: 'Bearer of-alice' };
    const before = await (await app.request('/api/v1/repositories', { headers })).json();

    permission = 'none';
    const after = await (await app.request('/api/v1/repositories', { headers })).json();

    expect(before).toEqual({ repositories: [REPOSITORY] });
    expect(after).toEqual({ repositories: [] });
  });
});

describe('environments', () => {
  it('show state, lock, question and latest run', async () => {
    const { runId, commit, digest } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);

    const { environments } = (await (await get('/environments')).json()) as { environments: unknown[] };

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
    const { runId } = await waitingDeploy(host.ports);

    const text = (await (await get('/environments')).text()) + (await (await get(`/runs/${runId}`)).text());

    expect(text).not.toContain('the-task-token');
    expect(text).not.toContain('the-lock-token');
  });

  it('of a repository that cannot be read are a problem, not an error', async () => {
    host.ports.source = {
      ...host.ports.source,
      defaultBranch: async () => Promise.reject(new Unavailable('GitHub is down')),
    };

    const response = await get('/environments');

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      environments: [],
      problems: [{ repository: REPOSITORY, problem: 'GitHub is down' }],
    });
  });

  it('of a record that cannot be read are unknown, with the reason', async () => {
    await waitingDeploy(host.ports);
    const { git } = host.ports;
    const files = [{ path: 'environments.json', content: '{' }];
    const commit = await git.commit(REPOSITORY, {
      parent: null,
      message: 'x',
      files,
      date: '2026-01-01T00:00:00Z',
    });
    await git.createRef(REPOSITORY, 'refs/heads/cairn/record', commit);

    const response = await get(`/environments/${REPOSITORY}/prod`);

    expect(await response.json()).toMatchObject({
      state: 'unknown',
      reason: expect.stringContaining('environments.json'),
    });
  });

  it('that are not there are not found', async () => {
    await waitingDeploy(host.ports);

    expect((await get(`/environments/${REPOSITORY}/qa`)).status).toBe(404);
  });
});

describe('runs', () => {
  it('are listed newest first and by filter', async () => {
    await host.ports.runs.claim(aRun({ id: 'one', environment: 'prod', state: 'succeeded' }));
    await host.ports.runs.claim(aRun({ id: 'two', environment: 'staging' }));
    await host.ports.runs.claim(aRun({ id: 'three', workflow: 'plan', command: 'plan', pull: 4 }));
    const ids = async (query: string) =>
      ((await (await get(`/runs${query}`)).json()) as { runs: { id: string }[] }).runs.map(({ id }) => id);

    expect(await ids('')).toEqual(['three', 'two', 'one']);
    expect(await ids('?environment=staging')).toEqual(['two']);
    expect(await ids('?pull=4&workflow=plan')).toEqual(['three']);
    expect(await ids('?active=true&environment=prod')).toEqual(['three']);
    expect(await ids('?limit=1')).toEqual(['three']);
  });

  it.each([
    '?limit=0',
    '?limit=201',
    '?limit=x',
    '?active=maybe',
    '?workflow=x',
    '?envrionment=prod',
    '?pull=-1',
  ])('with the filter %s are a mistake that is named', async (query) => {
    const response = await get(`/runs${query}`);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(query.slice(1).split('=')[0]);
  });

  it('come with events, report, jobs and history', async () => {
    const { runId } = await rolledBack(host.ports);
    host.histories.set(runId, [{ state: 'ClaimRun', at: '2026-01-01T00:00:00Z', what: 'succeeded' }]);

    const view = await (await get(`/runs/${runId}`)).json();

    expect(view).toMatchObject({
      run: { id: runId, number: 1, state: 'rolled-back' },
      url: `http://cairn.test/runs/${runId}`,
      report: {
        kind: 'deploy',
        state: 'rolled-back',
        failure: { project: 'app', stage: 'apply', logTail: expect.stringContaining('local-exec') },
        revert: { number: 7 },
      },
      jobs: [
        { id: 'plan-3-app', kind: 'plan', project: 'app', status: 'ok' },
        { id: 'plan-3-network', kind: 'plan', project: 'network', status: 'ok' },
        { id: 'apply-5-app', kind: 'apply', project: 'app', status: 'failed' },
      ],
      waiting: null,
      history: [{ state: 'ClaimRun' }],
    });
    expect((view as { events: { kind: string }[] }).events.map(({ kind }) => kind)).toContain(
      'rollback.started',
    );
  });

  it.each(['nope', '..%2F..', '%00', 'a'.repeat(500)])('called %s are not found', async (id) => {
    expect((await get(`/runs/${id}`)).status).toBe(404);
  });
});

describe('a log', () => {
  it('of a job that ended is read in parts, without cutting a character', async () => {
    const { runId } = await rolledBack(host.ports);
    const text = `${'x'.repeat(512 * 1024 - 1)}é and more\n`;
    await host.ports.artifacts.put(`jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-app/out/log.txt`, text);
    const part = async (offset: number) =>
      (await (await get(`/runs/${runId}/jobs/plan-3-app/log?offset=${offset}`)).json()) as {
        text: string;
        next: number;
        ended: boolean;
      };

    const first = await part(0);
    const second = await part(first.next);

    expect(first.ended).toBe(false);
    expect(second).toMatchObject({ text: 'é and more\n', ended: true, next: Buffer.byteLength(text) });
  });

  it('of a project in a folder is found by the address that links give', async () => {
    const { runId } = await waitingDeploy(host.ports);
    const prefix = `jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-infra%2Fapp`;
    await host.ports.artifacts.put(`${prefix}/out/log.txt`, 'Planning\n');
    await host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
    const page = new URL(pageLinks('https://cairn.test/').job('another-run', prefix)).pathname;

    const response = await get(`${page}/log`);

    expect(page).toBe(`/runs/${runId}/jobs/plan-3-infra%252Fapp`);
    expect(await response.json()).toMatchObject({ text: 'Planning\n', ended: true });
  });

  it('is found as well behind a gateway that decodes addresses', async () => {
    const { runId } = await waitingDeploy(host.ports);
    const prefix = `jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-infra%2Fapp%2Eold~0123456789abcdef`;
    await host.ports.artifacts.put(`${prefix}/out/log.txt`, 'Planning\n');
    await host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
    const page = new URL(pageLinks('https://cairn.test/').job('another-run', prefix)).pathname;

    const response = await get(`${decodeURIComponent(page)}/log`);

    expect(await response.json()).toMatchObject({ text: 'Planning\n', ended: true });
  });

  it('of a job that runs goes on from an offset', async () => {
    const { runId } = await waitingDeploy(host.ports);
    const prefix = `jobs/acme/shop/prod/apply/${runId}/apply-9-app`;
    host.ports.jobs.logs.set(prefix, 'Applying é\n');

    const response = await get(`/runs/${runId}/jobs/apply-9-app/log?offset=9`);

    expect(await response.json()).toEqual({ text: 'é\n', next: 12, ended: false });
  });

  it.each(['..', '.', 'a%2Fb', '%2e%2e%2fsecret', 'a%5Cb'])(
    'of a job called %s is not found',
    async (job) => {
      const { runId } = await waitingDeploy(host.ports);

      expect((await get(`/runs/${runId}/jobs/${job}/log`)).status).toBe(404);
    },
  );
});

describe('a request', () => {
  it('is done with the login that was verified and the key that was given', async () => {
    const response = await ask({ command: 'deploy', environment: 'prod', retry: true }, 'gh-alice', {
      'idempotency-key': 'k-1',
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      repository: REPOSITORY,
      started: ['0123456789abcdef0123'],
      urls: { '0123456789abcdef0123': 'http://cairn.test/runs/0123456789abcdef0123' },
    });
    expect(host.asked).toEqual([
      {
        command: 'deploy',
        repository: REPOSITORY,
        environment: 'prod',
        retry: true,
        origin: { source: 'api', login: 'alice', trigger: 'api-alice-k-1' },
      },
    ]);
  });

  it('without a key is one of its own each time', async () => {
    await ask({ command: 'rollback', environment: 'prod' });
    await ask({ command: 'rollback', environment: 'prod' });

    const triggers = host.asked.map(({ origin }) => origin.trigger);
    expect(new Set(triggers).size).toBe(2);
  });

  it('to plan a pull request counts as asked for a commit only if it names one', async () => {
    await ask({ command: 'plan', pull: 4 });
    await ask({ command: 'plan', pull: 4, commit: 'c'.repeat(40) });

    expect(host.asked).toMatchObject([{ asked: false }, { asked: true, commit: 'c'.repeat(40) }]);
  });

  it.each([
    ['no JSON', '{'],
    ['an unknown command', { command: 'closed', pull: 4 }],
    ['an unknown key', { command: 'deploy', environment: 'prod', force: true }],
    [
      'a login of its own',
      { command: 'approve', environment: 'prod', digest: '3f2a91c', origin: { login: 'bob' } },
    ],
    ['a branch', { command: 'deploy', environment: 'prod', branch: 'main' }],
    ['a push', { command: 'push', branch: 'main', before: 'a'.repeat(40), commit: 'b'.repeat(40) }],
    ['a bad commit', { command: 'deploy', environment: 'prod', commit: '--upload-pack=x' }],
    ['a bad environment', { command: 'deploy', environment: '../prod' }],
    ['a bad digest', { command: 'approve', environment: 'prod', digest: 'latest' }],
    ['no environment', { command: 'deploy' }],
  ])('with %s is refused', async (_, body) => {
    const response = await ask(body);

    expect(response.status).toBe(400);
    expect(host.asked).toEqual([]);
  });

  it.each(['', 'with space', 'x'.repeat(151)])('with the key "%s" is refused', async (key) => {
    const response = await ask({ command: 'deploy', environment: 'prod' }, ADMIN, { 'idempotency-key': key });

    expect(response.status).toBe(400);
  });

  it('that is too large is refused', async () => {
    const response = await ask({ command: 'reject', environment: 'prod', reason: 'x'.repeat(70_000) });

    expect(response.status).toBe(413);
  });

  it('for a repository that is not watched is refused', async () => {
    const response = await ask({ command: 'deploy', environment: 'prod', repository: 'evil/twin' });

    expect(response.status).toBe(404);
  });

  it('has to name the repository where several are watched', async () => {
    host.repositories.push('acme/other');

    const response = await ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('acme/other');
  });

  it.each([
    [new InvalidInput('bad'), 400],
    [new InvalidConfig(['cairn.yaml:1:1: bad']), 400],
    [new NotAllowed('no'), 403],
    [new NotFound('none'), 404],
    [new Conflict('taken'), 409],
    [new ForgeRefused('no permission'), 502],
    [new Unavailable('later'), 503],
  ])('that ends in %s says so', async (error, status) => {
    host.request = async () => Promise.reject(error);

    const response = await ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: error.name, message: error.message });
  });

  it('that meets a bug says nothing of its insides', async () => {
    host.request = async () => Promise.reject(new Error('the password is hunter2'));

    const response = await ask({ command: 'deploy', environment: 'prod' });

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(JSON.stringify(host.logged)).not.toContain('hunter2');
    expect(host.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: 'request failed' }),
    );
  });
});
