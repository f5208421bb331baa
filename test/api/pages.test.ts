import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { isLoopbackName, nextPath } from '../../api/pages/session.ts';
import { memoryPorts } from '../support/fakes/index.ts';
import { fakePeople } from '../support/fakes/sinks.ts';
import { changesOf, update } from '../support/plans.ts';
import { ADMIN, type TestHost, testHost } from './host.ts';
import {
  aDocument,
  aPass,
  aRun,
  goodDeployment,
  planned,
  progress,
  putDocument,
  rolledBack,
  waitingDeploy,
} from './story.ts';

const HERE = { host: '127.0.0.1:8474' };

async function open(host: TestHost, path: string, headers: Record<string, string> = HERE) {
  const response = await createApp(host).request(path, { headers });
  return { response, text: await response.text() };
}

function signInWith(
  host: TestHost,
  token: string,
  more: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  return createApp(host).request('/login', {
    method: 'POST',
    body: new URLSearchParams({ token, ...more }),
    headers: { 'sec-fetch-site': 'same-origin', ...headers },
  });
}

describe('the first page', () => {
  it('shows environments, what waits, and recent runs', async () => {
    const host = testHost();
    const { runId, commit } = await waitingDeploy(host.ports);
    await goodDeployment(host.ports, 'staging', commit);

    const { response, text } = await open(host, '/');

    expect(response.status).toBe(200);
    expect(text).toContain('not deployed yet');
    expect(text).toContain('/cairn approve prod 3f2a91c');
    expect(text).toContain(`href="/runs/${runId}"`);
    expect(text).toContain(commit.slice(0, 7));
  });

  it('names what is wrong with a configuration', async () => {
    const host = testHost();
    host.ports.repository.push('main', { 'cairn.yaml': 'environments:\n  prod:\n    brnach: main\n' });

    const { text } = await open(host, '/');

    expect(text).toContain('cairn.yaml:3:5');
  });
});

describe('the page of a run', () => {
  it('that waits shows the question and what answers it', async () => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);

    const { text } = await open(host, `/runs/${runId}`);

    expect(text).toContain('cairn approve prod 3f2a91c --repository acme/shop');
    expect(text).toContain('<span class="add">+2</span>');
    expect(text).toContain('<span class="destroy">1 replaced</span>');
    expect(text).toMatch(/<span class="change">!.*terraform_data/);
    expect(text).toContain(`data-follow="/runs/${runId}/follow"`);
    expect(text).not.toContain('the-task-token');
  });

  it('that was taken back shows failure, log, revert and what happened', async () => {
    const host = testHost();
    const { runId } = await rolledBack(host.ports);

    const { text } = await open(host, `/runs/${runId}`);

    expect(text).toContain('app failed');
    expect(text).toContain('terraform_data.service: Modifying...');
    expect(text).toContain('href="https://github.test/acme/shop/pull/7"');
    expect(text).toContain('prod goes back to the last good commit');
    expect(text).toContain('Approved by @bob');
    expect(text).not.toContain('data-follow');
  });

  it('without a document yet shows the run alone', async () => {
    const host = testHost();
    const run = await host.ports.runs.claim(aRun({ state: 'queued' }));

    const { response, text } = await open(host, `/runs/${run.id}`);

    expect(response.status).toBe(200);
    expect(text).toContain('queued');
  });

  it('makes hostile names and texts harmless', async () => {
    const host = testHost();
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;
    const run = await host.ports.runs.claim(aRun({ title: evil, requester: evil, environment: evil }));
    const job = await planned(
      host.ports,
      run.id,
      'evil',
      changesOf([update(`null_resource.${evil}`, { text: 'a' }, { text: `</pre>${evil}\n- not a removal` })]),
      evil,
    );
    const project = { ...progress(evil).project, dir: evil };
    const doc = aDocument(run.id, aPass([progress(evil, { ...job, project, error: evil, waitsFor: evil })]), {
      environment: evil,
      policyChanges: [evil],
      reported: [evil],
      differences: [evil],
      broken: evil,
      failure: { project: evil, stage: 'apply', message: evil, job: job.planJob },
      revert: { pull: 1, url: 'javascript:alert(3)', branch: evil, left: [evil] },
      pull: {
        number: 1,
        title: evil,
        author: evil,
        url: 'javascript:alert(4)',
        head: '',
        headBranch: evil,
        base: '',
        baseBranch: '',
        fork: false,
      },
    });
    await putDocument(host.ports, doc);
    const event = {
      runId: run.id,
      doc: null,
      run: {},
      at: '2026-01-01T00:00:00Z',
      kind: 'run.started' as const,
    };
    await host.ports.status.emit({ ...event, id: evil, message: evil });
    host.histories.set(run.id, [{ state: evil, at: evil, what: evil }]);

    const pages = await Promise.all(
      ['/', `/runs/${run.id}`, `/runs/${run.id}/jobs/plan-3-evil`].map((path) => open(host, path)),
    );

    for (const { response, text } of pages) {
      expect(response.status).toBe(200);
      expect(text).not.toContain('<script>alert');
      expect(text).not.toContain('<img src=x');
      expect(text).not.toMatch(/href="javascript:/i);
    }
    const shown = pages.map(({ text }) => text.includes('&lt;script&gt;alert(1)'));
    expect(shown).toEqual([true, true, true]);
  });

  it('colours a line by its first column and never by what it says', async () => {
    const host = testHost();
    const run = await host.ports.runs.claim(aRun());
    const text = 'kept\n+ looks added\n- looks removed\n';
    const changes = changesOf([update('terraform_data.x', { text }, { text: `${text}new\n` })]);
    const job = await planned(host.ports, run.id, 'x', changes);
    await putDocument(host.ports, aDocument(run.id, aPass([progress('x', job)])));

    const { text: page } = await open(host, `/runs/${run.id}`);

    expect(page).toMatch(/<span class="add">\+ +new<\/span>/);
    expect(page).not.toMatch(/<span class="(add|destroy)">[^<]*looks/);
    expect(page).toContain('looks removed');
  });

  it('that is not there is a page that says so', async () => {
    const { response, text } = await open(testHost(), '/runs/nope');

    expect(response.status).toBe(404);
    expect(text).toContain('<h1>Not found</h1>');
  });
});

describe('the page of a job', () => {
  it('shows its log, and follows one that runs', async () => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);
    host.ports.jobs.logs.set(`jobs/acme/shop/prod/apply/${runId}/apply-9-app`, 'Applying\n');

    const ended = await open(host, `/runs/${runId}/jobs/plan-3-app`);
    const live = await open(host, `/runs/${runId}/jobs/apply-9-app`);

    expect(ended.text).toContain('Planning app');
    expect(ended.text).not.toContain('data-follow');
    expect(live.text).toContain('Applying');
    expect(live.text).toContain(`data-follow="/runs/${runId}/jobs/apply-9-app/follow"`);
    expect(live.text).toContain('data-offset="9"');
    expect((await open(host, `/runs/${runId}/jobs/plan-3-app/log.txt`)).text).toBe('Planning app\n');
  });
});

describe('what a browser may do with a page', () => {
  it('is its own style and the script with this answer’s nonce', async () => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);

    const first = await open(host, `/runs/${runId}`);
    const second = await open(host, `/runs/${runId}`);

    const nonceOf = ({ response }: typeof first) =>
      /script-src 'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
    expect(nonceOf(first)).toMatch(/^[A-Za-z0-9+/=]{20,}$/);
    expect(nonceOf(first)).not.toBe(nonceOf(second));
    expect(first.text.match(/<script/g)).toHaveLength(1);
    expect(first.text).toContain(`<script nonce="${nonceOf(first)}">`);
    expect(first.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(first.response.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('open pages', () => {
  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example:8474' }],
    [{ host: '127.0.0.1.evil.example' }],
    [{ ...HERE, 'x-forwarded-for': '10.0.0.1' }],
    [{ ...HERE, forwarded: 'for=10.0.0.1' }],
  ])('are not shown to %j', async (headers) => {
    const host = testHost();
    const { runId } = await waitingDeploy(host.ports);

    for (const path of ['/', `/runs/${runId}`, `/runs/${runId}/follow`]) {
      const { response, text } = await open(host, path, headers);
      expect(response.status).toBe(403);
      expect(text).not.toContain('3f2a91c');
    }
  });

  it.each(['localhost', 'localhost:8474', '127.0.0.1:1', '[::1]:8474', 'shop.localhost:3000'])(
    'are shown as %s',
    (name) => {
      expect(isLoopbackName(name)).toBe(true);
    },
  );
});

describe('pages that need a token', () => {
  const closed = () => {
    const whoIs = async (token: string) => (token.startsWith('gh-') ? token.slice(3) : null);
    const people = { ...fakePeople({ rita: 'read' }), whoIs };
    return testHost({ pages: 'token', ports: memoryPorts({ people }) });
  };
  const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

  it('send whoever has no session to the form, and show nothing', async () => {
    const host = closed();
    const { runId } = await waitingDeploy(host.ports);

    const { response, text } = await open(host, `/runs/${runId}`, {});

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/login?next=${encodeURIComponent(`/runs/${runId}`)}`);
    expect(text).not.toContain('prod');
    expect((await open(host, `/runs/${runId}/follow`, {})).response.status).toBe(401);
  });

  it('remember who signed in by a strict cookie that holds no token', async () => {
    const host = closed();
    const { runId } = await waitingDeploy(host.ports);

    const response = await signInWith(host, ADMIN, { next: `/runs/${runId}` });

    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(`/runs/${runId}`);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(ADMIN);
    const page = await open(host, `/runs/${runId}`, { cookie: cookieOf(response) });
    expect(page.response.status).toBe(200);
    expect(page.text).toContain('@operator');
  });

  it('show a person what GitHub lets them read', async () => {
    const host = closed();
    const { runId } = await waitingDeploy(host.ports);
    const rita = cookieOf(await signInWith(host, 'gh-rita'));
    const mallory = cookieOf(await signInWith(host, 'gh-mallory'));

    expect((await open(host, `/runs/${runId}`, { cookie: rita })).response.status).toBe(200);
    expect((await open(host, `/runs/${runId}`, { cookie: mallory })).response.status).toBe(404);
    expect((await open(host, '/', { cookie: mallory })).text).toContain('no repository that you can read');
  });

  it('refuse a token that is none', async () => {
    const response = await signInWith(closed(), 'nonsense');

    expect(response.status).toBe(401);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('refuse a form of another site', async () => {
    const response = await signInWith(closed(), ADMIN, {}, { 'sec-fetch-site': 'cross-site' });

    expect(response.status).toBe(403);
  });

  it('refuse a cookie that was changed, is over, or is of another admin token', async () => {
    const host = closed();
    const cookie = cookieOf(await signInWith(host, 'gh-rita'));
    const [, name = '', until = '', mac = ''] = /^cairn_session=([^.]+)\.([^.]+)\.(.+)$/.exec(cookie) ?? [];
    const operator = Buffer.from('operator').toString('base64url');
    const status = async (value: string) =>
      (await open(host, '/', { cookie: `cairn_session=${value}` })).response.status;

    expect(await status(`${name}.${until}.${mac}`)).toBe(200);
    expect(await status(`${operator}.${until}.${mac}`)).toBe(303);
    expect(await status(`${name}.${Number(until) + 1}.${mac}`)).toBe(303);
    expect(await status(`${name}.${until}.`)).toBe(303);
    expect(await status('..')).toBe(303);
    host.ports.clock.pass(7 * 86_400 + 1);
    expect(await status(`${name}.${until}.${mac}`)).toBe(303);
    const other = { ...closed(), adminToken: 'another admin token' };
    expect((await open(other, '/', { cookie })).response.status).toBe(303);
  });

  it('let a link of another site through to a session, by way of this one', async () => {
    const { response, text } = await open(closed(), '/runs/abc', { 'sec-fetch-site': 'cross-site' });

    expect(response.status).toBe(200);
    expect(text).toContain('<meta http-equiv="refresh" content="0;url=/runs/abc">');
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    undefined,
    '/a b',
  ])('go on to the first page rather than to %s', (next) => {
    expect(nextPath(next)).toBe('/');
  });
});
