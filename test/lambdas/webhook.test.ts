import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { Misconfigured, Unavailable } from '../../core/errors.ts';
import { make } from '../../lambdas/webhook.ts';
import {
  contextOf,
  hostOf,
  type MemoryHostPorts,
  memoryHostPorts,
  type RecordedTelemetry,
  recordedTelemetry,
  WEBHOOK_SECRET,
} from './support.ts';

const PUSH = {
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  deleted: false,
  repository: { full_name: 'acme/shop' },
  sender: { login: 'alice', type: 'User' },
  // Outside ASCII, so that bytes and characters are not the same.
  head_commit: { message: 'Prüfe 👍 – fertig' },
};

let ports: MemoryHostPorts;
let telemetry: RecordedTelemetry;

beforeEach(() => {
  ports = memoryHostPorts();
  telemetry = recordedTelemetry();
});

function sign(body: string | Buffer, secret = WEBHOOK_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

interface Delivery {
  body?: string | Buffer;
  base64?: boolean;
  headers?: Record<string, string>;
}

function eventOf({ body = JSON.stringify(PUSH), base64 = false, headers = {} }: Delivery) {
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: 'POST /webhook',
    rawPath: '/webhook',
    rawQueryString: '',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-hub-signature-256': sign(body),
      ...headers,
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      domainName: 'api.example',
      domainPrefix: 'api',
      http: {
        method: 'POST',
        path: '/webhook',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.1',
        userAgent: 'GitHub',
      },
      requestId: 'request',
      routeKey: 'POST /webhook',
      stage: '$default',
      time: '01/Jan/2026:00:00:00 +0000',
      timeEpoch: 1_767_225_600_000,
    },
    body: base64 ? Buffer.from(body).toString('base64') : body.toString(),
    isBase64Encoded: base64,
  };
  return event;
}

async function deliver(delivery: Delivery = {}) {
  const answer = await make(hostOf(ports), telemetry)(eventOf(delivery), contextOf());
  return { status: answer.statusCode, body: JSON.parse(answer.body ?? '{}') as unknown };
}

describe('the webhook', () => {
  it.each([false, true])('is put on the bus, then marked as done (base64: %s)', async (base64) => {
    const answer = await deliver({ base64 });

    expect(answer).toEqual({ status: 202, body: { accepted: 1 } });
    expect(ports.published).toMatchObject([
      {
        key: `push/acme/shop/${PUSH.before}..${PUSH.after}`,
        request: { command: 'push', repository: 'acme/shop', branch: 'main', commit: PUSH.after },
      },
    ]);
    expect([...ports.done]).toEqual(['72d3162e-cc78-11e3-81ab-4c9367dc0958']);
    expect(telemetry.counted).toEqual(['Webhooks outcome=accepted']);
  });

  it('does a delivery once', async () => {
    await deliver();

    const answer = await deliver();

    expect(answer).toEqual({ status: 202, body: { duplicate: true } });
    expect(ports.published).toHaveLength(1);
    expect(telemetry.counted.at(-1)).toBe('Webhooks outcome=duplicate');
  });

  it('is asked for again if the bus did not take it', async () => {
    ports.bus.publish = async () => {
      throw new Unavailable('the bus is away');
    };

    const answer = await deliver();

    expect(answer.status).toBe(503);
    expect(ports.done.size).toBe(0);
    expect(telemetry.counted).toEqual(['HttpErrors function=Webhook', 'Webhooks outcome=refused']);
  });

  it('is taken again if it could not be marked: nothing is lost', async () => {
    ports.deliveries.markDone = async () => {
      throw new Unavailable('the table is away');
    };

    const answer = await deliver();

    expect(answer.status).toBe(503);
    expect(ports.published).toHaveLength(1);
  });

  it.each<[string, Delivery]>([
    ['another secret', { headers: { 'x-hub-signature-256': sign(JSON.stringify(PUSH), 'x'.repeat(32)) } }],
    ['a signature of other text', { headers: { 'x-hub-signature-256': sign('{}') } }],
    ['no signature', { headers: { 'x-hub-signature-256': '' } }],
    ['a SHA-1', { headers: { 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=0' } }],
    ['a signature of the base64', { base64: true, headers: { 'x-hub-signature-256': sign(encoded()) } }],
    [
      'one changed byte',
      { body: `${JSON.stringify(PUSH)} `, headers: { 'x-hub-signature-256': sign(plain()) } },
    ],
  ])('is refused with %s', async (_, delivery) => {
    const answer = await deliver(delivery);

    expect(answer.status).toBe(401);
    expect(ports.published).toEqual([]);
    expect(ports.done.size).toBe(0);
    expect(telemetry.counted).toEqual(['Webhooks outcome=refused']);
  });

  it('of bytes that are no text is refused, whatever their signature', async () => {
    const answer = await deliver({ body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), base64: true });

    expect(answer.status).toBe(401);
  });

  it('says of what asks for nothing why', async () => {
    const answer = await deliver({ headers: { 'x-github-event': 'ping' } });

    expect(answer).toEqual({ status: 202, body: { ignored: 'a ping: the webhook is set up' } });
    expect(telemetry.counted).toEqual(['Webhooks outcome=ignored']);
  });

  it('never answers itself: an App is a bot', async () => {
    const body = JSON.stringify({
      action: 'created',
      issue: { number: 1, pull_request: {} },
      comment: { id: 1, body: '/cairn plan', user: { login: 'cairn[bot]', type: 'Bot' } },
      repository: { full_name: 'acme/shop' },
    });

    const answer = await deliver({ body, headers: { 'x-github-event': 'issue_comment' } });

    expect(answer.body).toEqual({ ignored: 'a comment by the bot cairn[bot]' });
  });

  it('logs the delivery, and neither body nor secret nor signature', async () => {
    await deliver();
    await deliver({ headers: { 'x-hub-signature-256': sign('{}') } });

    const text = JSON.stringify([telemetry.logged, telemetry.begun]);
    expect(telemetry.begun[0]).toEqual({ deliveryId: '72d3162e-cc78-11e3-81ab-4c9367dc0958' });
    expect(telemetry.logged.map(({ level }) => level)).toEqual(['info', 'warn']);
    expect(text).not.toContain('fertig');
    expect(text).not.toContain('sha256=');
    expect(text).not.toContain(WEBHOOK_SECRET);
  });

  it('takes a secret that was changed from its next delivery on', async () => {
    const next = 'another secret of more than 32 characters';
    ports.webhookSecret.get = async () => next;

    const old = await deliver();
    const fresh = await deliver({ headers: { 'x-hub-signature-256': sign(plain(), next) } });

    expect([old.status, fresh.status]).toEqual([401, 202]);
  });

  it.each([
    ['too short', async () => 'short'],
    [
      'not there',
      async (): Promise<string> => {
        throw new Misconfigured('There is no secret cairn/webhook');
      },
    ],
  ])('takes nothing while its secret is %s', async (_, get) => {
    ports.webhookSecret.get = get;

    const answer = await deliver();

    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|characters/);
    expect(JSON.stringify(telemetry.logged)).toMatch(/secret/);
    expect(ports.published).toEqual([]);
  });

  it('holds no more than its three ports: nothing else is reached', async () => {
    const { bus, deliveries, webhookSecret } = ports;
    const bare = { bus, deliveries, webhookSecret } as unknown as MemoryHostPorts;

    const answer = await make(hostOf(bare), telemetry)(eventOf({}), contextOf());

    expect(answer.statusCode).toBe(202);
  });
});

function plain(): string {
  return JSON.stringify(PUSH);
}

function encoded(): string {
  return Buffer.from(plain()).toString('base64');
}
