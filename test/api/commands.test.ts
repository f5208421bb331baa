import { beforeEach, describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { Unavailable } from '../../core/errors.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { fakePeople } from '../support/fakes/sinks.ts';
import { ADMIN, type TestHost, testHost } from './host.ts';
import { goodDeployment, REPOSITORY, waitingDeploy } from './story.ts';
import { aRunOf, COUNTS, drifted, FREEZE, frozen, leaked, ranCommand, stands } from './story-commands.ts';

let host: TestHost;
beforeEach(() => {
  const whoIs = async (token: string) => (token.startsWith('gh-') ? token.slice(3) : null);
  const people = { ...fakePeople({ alice: 'write', rita: 'read' }), whoIs };
  host = testHost({ ports: memoryPorts({ people }) });
});

function get(path: string, token = ADMIN) {
  return createApp(host).request(`/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
}

async function read<T = Record<string, unknown>>(path: string): Promise<T> {
  return (await (await get(path)).json()) as T;
}

function ask(body: unknown, token = ADMIN) {
  return createApp(host).request('/api/v1/requests', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'k' },
  });
}

describe('a request', () => {
  it.each([
    [
      {
        command: 'ephemeral',
        ref: 'feature/x',
        ttl: '8h',
        name: 'demo',
        projects: ['app'],
        email: 'a@example.com',
      },
    ],
    [{ command: 'ephemeral', pull: 7 }],
    [{ command: 'extend', environment: 'eph-demo', ttl: '4h' }],
    [{ command: 'extend', environment: 'eph-demo', at: 'never' }],
    [{ command: 'destroy', environment: 'prod', confirm: 'prod' }],
    [{ command: 'run', environment: 'prod', project: 'app', args: ['state', 'list'] }],
    [{ command: 'drift', environment: 'prod' }],
    [{ command: 'freeze', environment: 'prod', reason: 'sale', until: '2026-12-01T18:00Z' }],
    [{ command: 'unfreeze', environment: 'prod' }],
    [{ command: 'deploy', environment: 'prod', despiteFreeze: true }],
    [{ command: 'rollback', environment: 'prod', despiteFreeze: true }],
  ])('%j is taken as it is, in the name of the caller', async (body) => {
    const response = await ask(body, 'gh-alice');

    const origin = { source: 'api', login: 'alice', trigger: 'api-alice-k' };
    expect(response.status).toBe(200);
    expect(host.asked).toMatchObject([{ ...body, repository: REPOSITORY, origin }]);
  });

  it.each([
    ['of nothing to make one of', { command: 'ephemeral', name: 'demo' }, 'what it is made of'],
    ['of an automatic one', { command: 'ephemeral', ref: 'x', automatic: true }, 'automatic'],
    ['of a ref that is none', { command: 'ephemeral', ref: '--upload-pack=x' }, 'ref'],
    ['of a mail that is none', { command: 'ephemeral', ref: 'x', email: 'nobody' }, 'email'],
    ['of two ends', { command: 'extend', environment: 'eph-x', ttl: '4h', at: 'never' }, 'either'],
    ['of no end', { command: 'extend', environment: 'eph-x' }, 'either'],
    ['of a reason of its own', { command: 'destroy', environment: 'eph-x', reason: 'time' }, 'reason'],
    ['of no words', { command: 'run', environment: 'prod', project: 'app', args: [] }, 'args'],
    ['of a shell line', { command: 'run', environment: 'prod', project: 'app', args: 'state list' }, 'args'],
    ['in no environment', { command: 'run', pull: 7, project: 'app', args: ['output'] }, 'environment'],
    ['of drift nowhere', { command: 'drift', pull: 7 }, 'environment'],
    ['without a reason', { command: 'freeze', environment: 'prod', reason: '' }, 'reason'],
    ['of a warning', { command: 'warn', environment: 'eph-x', endsAt: 'now' }, 'command'],
    ['of single projects', { command: 'deploy', environment: 'prod', projects: ['app'] }, 'projects'],
    [
      'of a replacement past the allowlist',
      { command: 'deploy', environment: 'prod', replace: ['a.b'] },
      'replace',
    ],
    ['answered elsewhere', { command: 'drift', environment: 'prod', origin: { login: 'bob' } }, 'origin'],
  ])('%s is refused by name', async (_, body, named) => {
    const response = await ask(body);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(named);
    expect(host.asked).toEqual([]);
  });

  it('needs write access, whatever is asked', async () => {
    const response = await ask({ command: 'destroy', environment: 'eph-demo' }, 'gh-rita');

    expect(response.status).toBe(403);
    expect(host.asked).toEqual([]);
  });
});

describe('ephemeral environments', () => {
  it('are listed, leaked ones first, then what ends next', async () => {
    await stands(host.ports, 'never', { endsAt: null });
    await stands(host.ports, 'later');
    await stands(host.ports, 'soon', { endsAt: '2026-01-01T00:00:30.000Z' });
    await stands(host.ports, 'over', { endsAt: '2025-12-31T23:00:00.000Z', state: 'destroying' });
    await leaked(host.ports, 'left');

    const { ephemerals } = await read<{ ephemerals: unknown[] }>('/ephemerals');

    expect(ephemerals).toMatchObject([
      {
        environment: 'eph-left',
        state: 'leaked',
        left: { app: ['aws_instance.web[0]', 'aws_eip.web'], network: null },
        helps: 'cairn env down eph-left --repository acme/shop',
      },
      { environment: 'eph-over', endsIn: 'over', state: 'destroying', helps: null },
      { environment: 'eph-soon', endsIn: 'less than a minute' },
      { environment: 'eph-later', endsIn: '5 h 20 min' },
      { environment: 'eph-never', endsIn: 'never' },
    ]);
  });

  it('are told one by one, by either name', async () => {
    await stands(host.ports, 'demo');

    const view = await read(`/ephemerals/${REPOSITORY}/demo`);

    expect(await read(`/ephemerals/${REPOSITORY}/eph-demo`)).toEqual(view);
    expect(view).toEqual({
      repository: REPOSITORY,
      environment: 'eph-demo',
      state: 'ready',
      ref: 'feature/x',
      commit: 'c'.repeat(40),
      pull: 7,
      automatic: false,
      owner: 'alice',
      email: 'alice@example.com',
      createdAt: '2025-12-31T22:00:00.000Z',
      startedAt: '2025-12-31T22:00:00.000Z',
      endsAt: '2026-01-01T05:20:00.000Z',
      endsIn: '5 h 20 min',
      outputs: { 'app.url': 'https://demo.example.com' },
      left: {},
      projects: ['app', 'network'],
      helps: null,
      run: { id: 'eeeeeeeeeeeeeeeeeeee', url: 'http://cairn.test/runs/eeeeeeeeeeeeeeeeeeee' },
    });
  });

  it('tell an address to those who may write alone: whoever may read can be anybody', async () => {
    await stands(host.ports, 'demo');
    const paths = ['/ephemerals', `/ephemerals/${REPOSITORY}/demo`, `/environments/${REPOSITORY}/eph-demo`];

    const [seen, hidden] = await Promise.all(
      ['gh-alice', 'gh-rita'].map((token) =>
        Promise.all(paths.map(async (path) => (await get(path, token)).text())),
      ),
    );

    expect(seen?.every((text) => text.includes('alice@example.com'))).toBe(true);
    expect(hidden?.every((text) => text.includes('"email":null'))).toBe(true);
    expect(hidden?.join('')).not.toContain('alice@example.com');
  });

  it('are environments too', async () => {
    await stands(host.ports, 'demo');

    expect(await read(`/environments/${REPOSITORY}/eph-demo`)).toMatchObject({
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
    await leaked(host.ports, 'left');
    host.ports.source = {
      ...host.ports.source,
      defaultBranch: () => Promise.reject(new Unavailable('GitHub is down')),
    };

    expect(await read('/ephemerals')).toMatchObject({ ephemerals: [{ environment: 'eph-left' }] });
  });

  it('that are not there are not found', async () => {
    expect((await get(`/ephemerals/${REPOSITORY}/demo`)).status).toBe(404);
    expect((await get(`/environments/${REPOSITORY}/eph-demo`)).status).toBe(404);
  });

  it('are for readers only', async () => {
    await stands(host.ports, 'demo');

    expect(await (await get('/ephemerals', 'gh-mallory')).json()).toEqual({ ephemerals: [] });
    expect((await get(`/ephemerals?repository=${REPOSITORY}`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/ephemerals/${REPOSITORY}/demo`, 'gh-mallory')).status).toBe(404);
    expect((await get(`/ephemerals/${REPOSITORY}/demo`, 'gh-rita')).status).toBe(200);
  });
});

describe('an environment', () => {
  it('says that it is frozen, by whom, why and until when', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    await frozen(host.ports, 'staging');

    const { environments } = await read<{ environments: unknown[] }>('/environments');

    expect(environments).toMatchObject([
      { name: 'prod', frozen: null },
      { name: 'staging', state: 'ok', frozen: FREEZE },
    ]);
  });

  it('is no longer frozen once the time has come', async () => {
    await waitingDeploy(host.ports);
    await frozen(host.ports, 'prod', { ...FREEZE, until: '2025-12-31T23:59:59.000Z' });

    expect(await read(`/environments/${REPOSITORY}/prod`)).toMatchObject({ frozen: null });
  });

  it('says how it differs from what was deployed', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);
    await drifted(host.ports, 'staging');

    const view = await read<{ drift: unknown }>(`/environments/${REPOSITORY}/staging`);

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
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'prod', commit);
    await drifted(host.ports, 'prod');

    expect(await read(`/environments/${REPOSITORY}/prod/drift`)).toMatchObject({
      drift: { projects: ['app'], where: 'app (1 to change)' },
      history: [{ what: 'found', where: 'app (1 to change)', unknown: ['network'] }],
    });
    expect((await get(`/environments/${REPOSITORY}/prod/drift?limit=0`)).status).toBe(400);
    expect((await get(`/environments/${REPOSITORY}/none/drift`)).status).toBe(404);
    expect((await get(`/environments/${REPOSITORY}/prod/drift`, 'gh-mallory')).status).toBe(404);
  });

  it('is read by few calls, however many there are', async () => {
    const { commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'prod', commit);
    await goodDeployment(host.ports, 'staging', commit);
    const { source, git } = host.ports;
    const calls: string[] = [];
    host.ports.git = {
      ...git,
      ref: (repository, ref) => {
        calls.push(ref);
        return git.ref(repository, ref);
      },
    };
    host.ports.source = {
      ...source,
      file: (repository, ref, path) => {
        calls.push(path);
        return source.file(repository, ref, path);
      },
    };

    await get('/environments');

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

describe('a run', () => {
  it('of a terraform command shows what it printed, and leads to all of it', async () => {
    const id = await ranCommand(host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });

    expect(await read(`/runs/${id}`)).toMatchObject({
      terraform: {
        project: 'app',
        args: ['state', 'list'],
        writes: false,
        output: 'aws_instance.web[0]\n',
        cut: true,
        ok: true,
        link: expect.stringContaining('read-3-app'),
      },
      ephemeral: null,
      destroy: null,
      drift: null,
      jobs: [{ id: 'read-3-app', kind: 'read', project: 'app', status: 'ok' }],
    });
    expect(await read(`/runs/${id}/output`)).toEqual({
      text: 'aws_instance.web[0]\naws_eip.web\n',
      next: 32,
      ended: true,
    });
    expect(await read(`/runs/${id}/output?offset=20`)).toMatchObject({ text: 'aws_eip.web\n' });
    expect((await get(`/runs/${id}/output`, 'gh-mallory')).status).toBe(404);
  });

  it('of something else printed nothing', async () => {
    const { runId } = await waitingDeploy(host.ports);

    expect(await read(`/runs/${runId}/output`)).toEqual({ text: '', next: 0, ended: true });
  });

  it('of a destroy shows what is left', async () => {
    const left = { app: ['aws_eip.web'], network: null };
    const destroy = { attempt: 3, gone: [], begun: true, listed: { app: 'jobs/x' }, left };
    const id = await aRunOf(host.ports, 'destroy', { destroy }, { environment: 'eph-x', state: 'failed' });

    expect(await read(`/runs/${id}`)).toMatchObject({ destroy: { attempt: 3, left } });
    expect(JSON.stringify(await read(`/runs/${id}`))).not.toContain('jobs/x');
  });

  it('of an ephemeral environment shows its outputs and end, one of a comparison its drift', async () => {
    const ephemeral = {
      ref: 'feature/x',
      owner: 'alice',
      email: null,
      endsAt: '2026-01-01T05:20:00.000Z',
      outputs: { 'app.url': 'https://demo.example.com' },
      existed: false,
      destroyedBy: null,
    };
    const drift = {
      at: '2025-12-31T21:00:00.000Z',
      since: '2025-12-31T21:00:00.000Z',
      notes: ['No issue was opened: issues are switched off.'],
      drifted: { app: { digest: 'a'.repeat(64), counts: COUNTS } },
      unknown: ['network'],
      digest: 'a'.repeat(64),
      known: false,
      gone: false,
      issue: null,
      reconciledBy: null,
    };
    const made = await aRunOf(host.ports, 'ephemeral', { ephemeral }, { id: 'made', environment: 'eph-x' });
    const compared = await aRunOf(
      host.ports,
      'drift',
      { drift: { ...drift, basis: 'x', reconcile: false }, frozen: FREEZE },
      { id: 'compared' },
    );

    const { email: _, ...shown } = ephemeral;
    const view = await read(`/runs/${made}`);
    expect(view).toMatchObject({ terraform: null });
    expect(view['ephemeral']).toEqual(shown);
    expect(await read(`/runs/${compared}`)).toMatchObject({ drift, frozen: FREEZE });
  });

  it('of each workflow can be asked for', async () => {
    await ranCommand(host.ports, '');
    const ids = async (workflow: string) =>
      (await read<{ runs: { id: string }[] }>(`/runs?workflow=${workflow}`)).runs.length;

    expect(await ids('run')).toBe(1);
    for (const other of ['plan', 'deploy', 'ephemeral', 'destroy', 'extend', 'drift'])
      expect(await ids(other)).toBe(0);
    expect((await get('/runs?workflow=warn')).status).toBe(400);
  });
});
