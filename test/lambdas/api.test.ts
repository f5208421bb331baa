import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { pageLinks } from '../../api/links.ts';
import { Unavailable } from '../../core/errors.ts';
import { make } from '../../lambdas/api.ts';
import {
  ADMIN,
  claimRun,
  contextOf,
  hostOf,
  type MemoryHostPorts,
  memoryHostPorts,
  type RecordedTelemetry,
  recordedTelemetry,
  SLACK_SIGNING,
} from './support.ts';

const CONFIG = 'environments:\n  prod:\n    branch: main\n    approval: { approvers: [alice] }\n';

let ports: MemoryHostPorts;
let telemetry: RecordedTelemetry;
let head: string;

beforeEach(() => {
  ports = memoryHostPorts({ links: pageLinks('https://cairn.example') });
  ports.people.whoIs = async (token) => (token === 'gh-alice' ? 'alice' : null);
  telemetry = recordedTelemetry();
  head = ports.repository.push('main', { 'cairn.yaml': CONFIG, 'app/main.tf': 'a = 1\n' });
});

/** A form as Slack sends it; `ü` is more than one byte. */
function click(value: Record<string, string>): string {
  const payload = {
    type: 'block_actions',
    user: { id: 'U1ALICE', name: 'Jürgen' },
    container: { message_ts: '1767225600.000100', channel_id: 'C1' },
    actions: [{ action_id: 'cairn:extend', action_ts: '1767225601.000200', value: JSON.stringify(value) }],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

interface Asked {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
  cookies?: string[];
}

function eventOf(method: string, url: string, { token, body, headers = {}, cookies }: Asked) {
  const [path = '/', query = ''] = url.split('?');
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies ? { cookies } : {}),
    headers: {
      host: 'cairn.example',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'cairn.example',
      domainPrefix: 'api',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      requestId: 'request',
      routeKey: '$default',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    ...(body === undefined
      ? {}
      : {
          body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)).toString('base64'),
        }),
    isBase64Encoded: body !== undefined,
  };
  return event;
}

function ask(method: string, url: string, asked: Asked = {}): Promise<APIGatewayProxyStructuredResultV2> {
  return make(hostOf(ports), telemetry)(eventOf(method, url, asked), contextOf());
}

function textOf({ body = '', isBase64Encoded }: APIGatewayProxyStructuredResultV2): string {
  return isBase64Encoded ? Buffer.from(body, 'base64').toString() : body;
}

function json(answer: APIGatewayProxyStructuredResultV2): unknown {
  return JSON.parse(textOf(answer));
}

async function claimed(): Promise<string> {
  const { id } = await claimRun(ports, head);
  await ports.status.emit({
    id: 'run.started',
    runId: id,
    at: '2026-01-01T00:00:00.000Z',
    kind: 'run.started',
    message: 'Deploy to prod',
    doc: null,
    run: {},
  });
  return id;
}

describe('the API', () => {
  it('says how it is', async () => {
    const answer = await ask('GET', '/healthz');

    expect(answer.statusCode).toBe(200);
    expect(json(answer)).toMatchObject({ ok: true, binaries: ['terraform 1.11.4'], isolated: true });
  });

  it.each([undefined, 'wrong', 'gh-nobody'])('needs a token (%s)', async (token) => {
    const answer = await ask('GET', '/api/v1/runs', token === undefined ? {} : { token });

    expect(answer.statusCode).toBe(401);
  });

  it('does what somebody with write access asks, at once and once', async () => {
    const asked: Asked = {
      token: 'gh-alice',
      body: { command: 'deploy', environment: 'prod' },
      headers: { 'idempotency-key': 'k1' },
    };

    const first = await ask('POST', '/api/v1/requests', asked);
    const second = await ask('POST', '/api/v1/requests', asked);

    expect(first.statusCode).toBe(200);
    expect(json(second)).toEqual(json(first));
    expect(ports.workflows.executions).toMatchObject([
      { workflow: 'deploy', input: { request: { commit: head, origin: { source: 'api', login: 'alice' } } } },
    ]);
  });

  it('tells the caller what cannot be done', async () => {
    const answer = await ask('POST', '/api/v1/requests', {
      token: ADMIN,
      body: { command: 'deploy', environment: 'nowhere' },
    });

    expect(answer.statusCode).toBe(404);
    expect(json(answer)).toMatchObject({ error: 'NotFound' });
  });

  it('shows an environment, a run with what Cairn told of it, and their lists', async () => {
    const id = await claimed();

    const run = await ask('GET', `/api/v1/runs/${id}`, { token: ADMIN });
    const others = await Promise.all(
      [
        '/api/v1/runs',
        '/api/v1/environments',
        '/api/v1/environments/acme/shop/prod',
        '/api/v1/repositories',
      ].map((url) => ask('GET', url, { token: 'gh-alice' })),
    );

    expect(run.statusCode).toBe(200);
    expect(json(run)).toMatchObject({ history: [{ state: 'run.started', what: 'Deploy to prod' }] });
    expect(others.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200]);
  });

  it('ends a stream of events while somebody still waits for it', async () => {
    const id = await claimed();
    const started = performance.now();

    const answer = await ask('GET', `/api/v1/runs/${id}/follow`, { token: ADMIN });

    expect(answer.statusCode).toBe(200);
    expect(textOf(answer)).toContain('event: status');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('shows pages to who signed in, and to nobody else', async () => {
    await claimed();
    const stranger = await ask('GET', '/');
    const signedIn = await ask('POST', '/login', {
      body: new URLSearchParams({ token: ADMIN }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: 'https://cairn.example',
      },
    });
    const cookie = signedIn.cookies?.[0]?.split(';')[0] ?? '';

    const page = await ask('GET', '/', { cookies: [cookie] });

    expect(stranger.statusCode).not.toBe(200);
    expect(cookie).toMatch(/^cairn_session=/);
    expect(signedIn.cookies?.[0]).toContain('Secure');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('acme/shop');
  });

  it('takes no webhook, whatever its signature', async () => {
    const answer = await ask('POST', '/webhook', {
      body: '{}',
      headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
    });

    expect(answer.statusCode).toBe(401);
  });

  it.each([
    ['as API Gateway hands over a form', true],
    ['as text', false],
  ])('takes a click of Slack by its own bytes and headers, %s', async (_, isBase64Encoded) => {
    ports.repository.push('main', {
      'cairn.yaml': `${CONFIG}notifications: { slack: { channel: C1, users: { U1ALICE: alice } } }\n`,
    });
    const body = click({ repository: 'acme/shop', environment: 'eph-x' });
    const timestamp = String(Math.floor(ports.clock.now().getTime() / 1000));
    const headersOf = (secret: string) => ({
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`,
    });
    const post = (secret: string) => {
      const event = eventOf('POST', '/slack/actions', { body, headers: headersOf(secret) });
      return make(hostOf(ports), telemetry)(
        { ...event, ...(isBase64Encoded ? {} : { body, isBase64Encoded }) },
        contextOf(),
      );
    };

    const forged = await post('another secret');
    const taken = await post(SLACK_SIGNING);

    expect([forged.statusCode, taken.statusCode]).toEqual([401, 200]);
    expect(ports.published.map(({ request }) => request)).toMatchObject([
      { command: 'extend', environment: 'eph-x', origin: { source: 'slack', login: 'alice' } },
    ]);
  });

  it('counts what is its own fault', async () => {
    ports.people.permission = async () => {
      throw new Unavailable('GitHub is away');
    };

    const answer = await ask('GET', '/api/v1/runs', { token: 'gh-alice' });

    expect(answer.statusCode).toBe(503);
    expect(telemetry.counted).toEqual(['HttpErrors function=Api']);
  });
});
