import { createHmac } from 'node:crypto';
import allExamples from '@octokit/webhooks-examples';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../api/app.ts';
import { Unavailable } from '../../core/errors.ts';
import { SECRET, sign, testHost } from './host.ts';

/** GitHub's own examples, by event. */
const examples = allExamples as unknown as { name: string; examples: unknown[] }[];

const PUSH = {
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  created: false,
  deleted: false,
  forced: false,
  commits: [],
  head_commit: null,
  repository: { full_name: 'acme/shop', name: 'shop', owner: { login: 'acme' }, default_branch: 'main' },
  pusher: { name: 'alice' },
  sender: { login: 'alice', type: 'User' },
};

type Change = Record<string, string | null>;

function deliver(host: ReturnType<typeof testHost>, body: string, headers: Change = {}) {
  const all: Change = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const sent = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as [string, string]],
  );
  return createApp(host).request('/webhook', { method: 'POST', body, headers: sent });
}

describe('a webhook', () => {
  it('is put on the bus and answered at once', async () => {
    const host = testHost();

    const response = await deliver(host, JSON.stringify(PUSH));

    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1 });
    const [requests] = [...host.accepted.values()];
    expect(requests).toMatchObject([
      { command: 'push', repository: 'acme/shop', branch: 'main', commit: 'b'.repeat(40) },
    ]);
  });

  it('knows its repository as the operator wrote it', async () => {
    const host = testHost({ repositories: ['Acme/Shop'] });

    await deliver(host, JSON.stringify(PUSH));

    expect([...host.accepted.values()].flat()).toMatchObject([{ repository: 'Acme/Shop' }]);
  });

  it('that comes twice is one', async () => {
    const host = testHost();
    await deliver(host, JSON.stringify(PUSH));

    const response = await deliver(host, JSON.stringify(PUSH));

    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ duplicate: true });
    expect(host.accepted.size).toBe(1);
  });

  it.each<[string, Change]>([
    ['no signature', { 'x-hub-signature-256': null }],
    ['an empty signature', { 'x-hub-signature-256': '' }],
    ['another secret', { 'x-hub-signature-256': sign(JSON.stringify(PUSH), 'another secret') }],
    ['another body', { 'x-hub-signature-256': sign('{}') }],
    [
      'sha1 only',
      {
        'x-hub-signature-256': null,
        'x-hub-signature': `sha1=${createHmac('sha1', SECRET).update(JSON.stringify(PUSH)).digest('hex')}`,
      },
    ],
    [
      'sha1 in the place of sha256',
      {
        'x-hub-signature-256': `sha1=${createHmac('sha1', SECRET).update(JSON.stringify(PUSH)).digest('hex')}`,
      },
    ],
  ])('with %s is refused', async (_, headers) => {
    const host = testHost();

    const response = await deliver(host, JSON.stringify(PUSH), headers);

    expect(response.status).toBe(401);
    expect(host.accepted.size).toBe(0);
  });

  it('larger than 25 MB is refused by what it says', async () => {
    const host = testHost();

    const response = await deliver(host, '{}', { 'content-length': String(25 * 1024 * 1024 + 1) });

    expect(response.status).toBe(413);
  });

  it('larger than 25 MB is refused by what it sends, without reading all of it', async () => {
    const host = testHost();
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(chunk);
      },
    });

    const response = await createApp(host).request('/webhook', {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { 'x-hub-signature-256': 'sha256=00' },
    } as RequestInit);

    expect(response.status).toBe(413);
    expect(pulled).toBeLessThan(30);
  });

  it('of exactly 25 MB is read', async () => {
    const host = testHost();
    const text = JSON.stringify(PUSH);
    const body = text + ' '.repeat(25 * 1024 * 1024 - text.length);

    const response = await deliver(host, body);

    expect(response.status).toBe(202);
  });

  it.each([
    ['broken JSON', '{"ref": "refs/heads/main"'],
    ['nothing', ''],
    ['a form', 'payload=%7B%7D'],
  ])('of %s is refused with what to do', async (_, body) => {
    const response = await deliver(testHost(), body);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: 'InvalidInput',
      message: expect.stringContaining('application/json'),
    });
  });

  it.each(['x-github-event', 'x-github-delivery'])('without %s is refused', async (header) => {
    const response = await deliver(testHost(), JSON.stringify(PUSH), { [header]: null });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('missing');
  });

  it.each([
    ['an unknown event', 'never_heard_of', PUSH],
    [
      'a ping',
      'ping',
      { zen: 'Speak like a human.', hook_id: 1, hook: {}, repository: PUSH.repository, sender: PUSH.sender },
    ],
    ['a tag', 'push', { ...PUSH, ref: 'refs/tags/v1' }],
    ['a branch of its own', 'push', { ...PUSH, ref: 'refs/heads/cairn/record' }],
    ['another repository', 'push', { ...PUSH, repository: { ...PUSH.repository, full_name: 'evil/twin' } }],
  ])('of %s is ignored with a reason', async (_, event, payload) => {
    const host = testHost();

    const response = await deliver(host, JSON.stringify(payload), { 'x-github-event': event });

    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ ignored: expect.stringMatching(/\w/) });
    expect(host.accepted.size).toBe(0);
  });

  it.each(['refs/heads/--upload-pack=x', 'refs/heads/../../etc', 'refs/heads/a b', 'refs/heads/$(id)'])(
    'with the ref %s starts nothing that git could take for an option',
    async (ref) => {
      const host = testHost();

      const response = await deliver(host, JSON.stringify({ ...PUSH, ref }));

      expect([202, 400]).toContain(response.status);
      const branches = [...host.accepted.values()]
        .flat()
        .map((request) => 'branch' in request && request.branch);
      expect(branches.filter((branch) => branch !== '$(id)')).toEqual([]);
    },
  );

  it('that cannot be stored is answered so that GitHub shows it as failed', async () => {
    const host = testHost({
      accept: async () => {
        throw new Unavailable('the database of bus did not answer');
      },
    });

    const response = await deliver(host, JSON.stringify(PUSH));

    expect(response.status).toBe(503);
  });

  it('of anything at all gives no crash', async () => {
    const host = testHost();
    const events = fc.constantFrom('push', 'pull_request', 'issue_comment', 'ping', 'check_run');

    await fc.assert(
      fc.asyncProperty(events, fc.jsonValue(), async (event, payload) => {
        const response = await deliver(host, JSON.stringify(payload), { 'x-github-event': event });
        expect([202, 400]).toContain(response.status);
      }),
      { numRuns: 200 },
    );
  });

  it('of every kind that GitHub sends is answered', async () => {
    const host = testHost();
    const statuses: Record<string, number[]> = {};

    for (const { name, examples: payloads } of examples) {
      for (const [index, payload] of payloads.entries()) {
        const delivery = {
          'x-github-event': name,
          'x-github-delivery': `${name.replaceAll('_', '-')}-${index}`,
        };
        const response = await deliver(host, JSON.stringify(payload), delivery);
        statuses[name] = [...(statuses[name] ?? []), response.status];
      }
    }

    const all = Object.values(statuses).flat();
    expect(all.length).toBeGreaterThan(100);
    expect(Object.entries(statuses).filter(([, codes]) => codes.some((code) => code !== 202))).toEqual([]);
    // They are of other repositories than the one that is watched.
    expect(host.accepted.size).toBe(0);
  });

  it('leaves neither body nor secret nor signature in the log', async () => {
    const host = testHost();
    const marked = JSON.stringify({ ...PUSH, pusher: { name: 'marker-in-the-body' } });
    await deliver(host, marked);
    await deliver(host, `${marked}x`, { 'x-hub-signature-256': sign(marked) });
    await deliver(host, `${marked.slice(0, -1)}`);

    const log = JSON.stringify(host.logged);
    expect(host.logged.length).toBeGreaterThan(1);
    expect(log).not.toContain('marker-in-the-body');
    expect(log).not.toContain(SECRET);
    expect(log).not.toContain(sign(marked).slice(7));
  });

  it('is counted', async () => {
    const host = testHost();
    const app = createApp(host);
    const send = (body: string, delivery: string, event = 'push') =>
      app.request('/webhook', {
        method: 'POST',
        body,
        headers: {
          'x-github-event': event,
          'x-github-delivery': delivery,
          'x-hub-signature-256': sign(body),
        },
      });
    await send(JSON.stringify(PUSH), 'one');
    await send(JSON.stringify(PUSH), 'one');
    await send('{}', 'two', 'never_heard_of');
    await send('{', 'three');

    const health = await (await app.request('/healthz')).json();

    expect(health).toEqual({
      ok: true,
      engine: 'running',
      webhooks: { accepted: 1, duplicate: 1, ignored: 1, refused: 1 },
    });
  });
});
