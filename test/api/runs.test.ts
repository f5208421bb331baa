import { describe, expect, it } from 'vitest';
import { pageLinks } from '../../api/links.ts';
import { asking } from './asking.ts';
import { aRun, rolledBack, waitingDeploy } from './story.ts';
import { aRunOf, COUNTS, EPHEMERAL_PART, FREEZE, ranCommand } from './story-commands.ts';

const on = asking();

describe('runs', () => {
  it('are listed newest first and by filter', async () => {
    await on.host.ports.runs.claim(aRun({ id: 'one', environment: 'prod', state: 'succeeded' }));
    await on.host.ports.runs.claim(aRun({ id: 'two', environment: 'staging' }));
    await on.host.ports.runs.claim(aRun({ id: 'three', workflow: 'plan', command: 'plan', pull: 4 }));
    const ids = async (query: string) =>
      ((await (await on.get(`/runs${query}`)).json()) as { runs: { id: string }[] }).runs.map(({ id }) => id);

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
    const response = await on.get(`/runs${query}`);

    expect(response.status).toBe(400);
    expect(await response.text()).toContain(query.slice(1).split('=')[0]);
  });

  it('come with events, report, jobs and history', async () => {
    const { runId } = await rolledBack(on.host.ports);
    on.host.histories.set(runId, [{ state: 'ClaimRun', at: '2026-01-01T00:00:00Z', what: 'succeeded' }]);

    const view = await (await on.get(`/runs/${runId}`)).json();

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
    expect((await on.get(`/runs/${id}`)).status).toBe(404);
  });
});

describe('a log', () => {
  it('of a job that ended is read in parts, without cutting a character', async () => {
    const { runId } = await rolledBack(on.host.ports);
    const text = `${'x'.repeat(512 * 1024 - 1)}é and more\n`;
    await on.host.ports.artifacts.put(
      `jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-app/out/log.txt`,
      text,
    );
    const part = async (offset: number) =>
      (await (await on.get(`/runs/${runId}/jobs/plan-3-app/log?offset=${offset}`)).json()) as {
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
    const { runId } = await waitingDeploy(on.host.ports);
    const prefix = `jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-infra%2Fapp`;
    await on.host.ports.artifacts.put(`${prefix}/out/log.txt`, 'Planning\n');
    await on.host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
    const page = new URL(pageLinks('https://cairn.test/').job('another-run', prefix)).pathname;

    const response = await on.get(`${page}/log`);

    expect(page).toBe(`/runs/${runId}/jobs/plan-3-infra%252Fapp`);
    expect(await response.json()).toMatchObject({ text: 'Planning\n', ended: true });
  });

  it('is found as well behind a gateway that decodes addresses', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    const prefix = `jobs/acme/shop/prod/deploy-plan/${runId}/plan-3-infra%2Fapp%2Eold~0123456789abcdef`;
    await on.host.ports.artifacts.put(`${prefix}/out/log.txt`, 'Planning\n');
    await on.host.ports.artifacts.put(`${prefix}/out/result.json`, '{}');
    const page = new URL(pageLinks('https://cairn.test/').job('another-run', prefix)).pathname;

    const response = await on.get(`${decodeURIComponent(page)}/log`);

    expect(await response.json()).toMatchObject({ text: 'Planning\n', ended: true });
  });

  it('of a job that runs goes on from an offset', async () => {
    const { runId } = await waitingDeploy(on.host.ports);
    const prefix = `jobs/acme/shop/prod/apply/${runId}/apply-9-app`;
    on.host.ports.jobs.logs.set(prefix, 'Applying é\n');

    const response = await on.get(`/runs/${runId}/jobs/apply-9-app/log?offset=9`);

    expect(await response.json()).toEqual({ text: 'é\n', next: 12, ended: false });
  });

  it.each(['..', '.', 'a%2Fb', '%2e%2e%2fsecret', 'a%5Cb'])(
    'of a job called %s is not found',
    async (job) => {
      const { runId } = await waitingDeploy(on.host.ports);

      expect((await on.get(`/runs/${runId}/jobs/${job}/log`)).status).toBe(404);
    },
  );
});

describe('a run', () => {
  it('of a terraform command shows what it printed, and leads to all of it', async () => {
    const id = await ranCommand(on.host.ports, 'aws_instance.web[0]\naws_eip.web\n', { cut: true });

    expect(await on.read(`/runs/${id}`)).toMatchObject({
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
    expect(await on.read(`/runs/${id}/output`)).toEqual({
      text: 'aws_instance.web[0]\naws_eip.web\n',
      next: 32,
      ended: true,
    });
    expect(await on.read(`/runs/${id}/output?offset=20`)).toMatchObject({ text: 'aws_eip.web\n' });
    expect((await on.get(`/runs/${id}/output`, 'gh-mallory')).status).toBe(404);
  });

  it('of something else printed nothing', async () => {
    const { runId } = await waitingDeploy(on.host.ports);

    expect(await on.read(`/runs/${runId}/output`)).toEqual({ text: '', next: 0, ended: true });
  });

  it('of a destroy shows what is left', async () => {
    const left = { app: ['aws_eip.web'], network: null };
    const destroy = { attempt: 3, gone: [], begun: true, listed: { app: 'jobs/x' }, left };
    const id = await aRunOf(on.host.ports, 'destroy', { destroy }, { environment: 'eph-x', state: 'failed' });

    expect(await on.read(`/runs/${id}`)).toMatchObject({ destroy: { attempt: 3, left } });
    expect(JSON.stringify(await on.read(`/runs/${id}`))).not.toContain('jobs/x');
  });

  it('of an ephemeral environment shows its outputs and end, one of a comparison its drift', async () => {
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
    const made = await aRunOf(
      on.host.ports,
      'ephemeral',
      { ephemeral: EPHEMERAL_PART },
      { id: 'made', environment: 'eph-x' },
    );
    const compared = await aRunOf(
      on.host.ports,
      'drift',
      { drift: { ...drift, basis: 'x', reconcile: false }, frozen: FREEZE },
      { id: 'compared' },
    );

    const { email: _, ...shown } = EPHEMERAL_PART;
    const view = await on.read(`/runs/${made}`);
    expect(view).toMatchObject({ terraform: null });
    expect(view['ephemeral']).toEqual(shown);
    expect(await on.read(`/runs/${compared}`)).toMatchObject({ drift, frozen: FREEZE });
  });

  it('of each workflow can be asked for', async () => {
    await ranCommand(on.host.ports, '');
    const ids = async (workflow: string) =>
      (await on.read<{ runs: { id: string }[] }>(`/runs?workflow=${workflow}`)).runs.length;

    expect(await ids('run')).toBe(1);
    for (const other of ['plan', 'deploy', 'ephemeral', 'destroy', 'extend', 'drift'])
      expect(await ids(other)).toBe(0);
    expect((await on.get('/runs?workflow=warn')).status).toBe(400);
  });
});
