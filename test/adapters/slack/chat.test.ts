import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { slackChat } from '../../../adapters/slack/chat.ts';
import { ForgeRefused, InvalidInput, NotFound, Unavailable } from '../../../core/errors.ts';
import type { Chat } from '../../../core/ports.ts';
import { bodyOf, listen } from '../../support/http.ts';

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  form: Record<string, string>;
}

const message = {
  text: 'Plan for prod',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*hello*' } }],
};

let received: Received[];
let answer: { status: number; headers?: Record<string, string>; body: object };
let chat: Chat;
let close: () => Promise<void>;

beforeEach(async () => {
  received = [];
  answer = { status: 200, body: { ok: true, channel: 'C1', ts: '1700000000.000100' } };
  const server = createServer(async (request, response) => {
    received.push({
      path: request.url ?? '',
      headers: request.headers,
      form: Object.fromEntries(new URLSearchParams((await bodyOf(request)).toString())),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify(answer.body));
  });
  const listening = await listen(server);
  chat = slackChat({ token: 'xoxb-test', apiUrl: `${listening.url}/api` });
  close = listening.close;
});

afterEach(() => close());

describe('answers to clicks', () => {
  let url: string;
  let bodies: unknown[];
  let status: number;
  let end: () => Promise<void>;

  beforeEach(async () => {
    bodies = [];
    status = 200;
    const server = createServer(async (request, response) => {
      bodies.push(JSON.parse((await bodyOf(request)).toString()));
      response.writeHead(status).end('ok');
    });
    ({ url, close: end } = await listen(server));
  });

  afterEach(() => end());

  test('go to whoever clicked alone', async () => {
    await slackChat({ token: 'xoxb-test', respondTo: url }).respond(`${url}/actions/T1/2/3`, 'Not you.');

    expect(bodies).toEqual([{ response_type: 'ephemeral', replace_original: false, text: 'Not you.' }]);
  });

  test('quote what people wrote without a link or a mention of theirs', async () => {
    const own = slackChat({ token: 'xoxb-test', respondTo: url });

    await own.respond(url, 'prod is frozen by bob: <!channel> <https://evil.example|a & b>');

    expect(bodies).toMatchObject([
      { text: 'prod is frozen by bob: &lt;!channel&gt; &lt;https://evil.example|a &amp; b&gt;' },
    ]);
  });

  test.each([
    'http://127.0.0.1:9/x',
    'https://hooks.slack.com.evil.example/x',
    'https://hooks.slack.com@evil.example/x',
    'http://hooks.slack.com/x',
    'file:///etc/passwd',
    'nothing',
  ])("go nowhere but to Slack's own: %s", async (address) => {
    await expect(chat.respond(address, 'x')).rejects.toThrow(InvalidInput);
  });

  test('are tried again where that can help, and not once their address is used up', async () => {
    const own = slackChat({ token: 'xoxb-test', respondTo: url });

    status = 503;
    await expect(own.respond(url, 'x')).rejects.toThrow(Unavailable);
    status = 404;
    await expect(own.respond(url, 'x')).rejects.toThrow(NotFound);
    await end();
    await expect(own.respond(url, 'x')).rejects.toThrow(Unavailable);
  });

  test('are of use where clicks can be checked', async () => {
    expect(await chat.hasButtons()).toBe(false);
    expect(await slackChat({ token: 'xoxb-test', buttons: true }).hasButtons()).toBe(true);
  });
});

describe('slackChat', () => {
  test('posts a message with its token and answers its id', async () => {
    const id = await chat.post('#deploys', message, null);

    expect(id).toBe('C1:1700000000.000100');
    expect(received).toHaveLength(1);
    expect(received[0]?.path).toBe('/api/chat.postMessage');
    expect(received[0]?.headers.authorization).toBe('Bearer xoxb-test');
    expect(received[0]?.form).toMatchObject({
      channel: '#deploys',
      text: 'Plan for prod',
      unfurl_links: 'false',
    });
    expect(JSON.parse(received[0]?.form['blocks'] ?? '')).toEqual(message.blocks);
    expect(received[0]?.form).not.toHaveProperty('thread_ts');
  });

  test('answers in a thread', async () => {
    await chat.post('C1', message, 'C1:1700000000.000001');

    expect(received[0]?.form['thread_ts']).toBe('1700000000.000001');
  });

  test('edits a message in place', async () => {
    await chat.edit('C1:1700000000.000100', message);

    expect(received[0]?.path).toBe('/api/chat.update');
    expect(received[0]?.form).toMatchObject({ channel: 'C1', ts: '1700000000.000100' });
  });

  test.each([
    [{ status: 429, headers: { 'retry-after': '7' }, body: { ok: false } }, Unavailable, /in 7 seconds/],
    [{ status: 503, body: {} }, Unavailable, /503/],
    [{ status: 200, body: { ok: false, error: 'internal_error' } }, Unavailable, /internal_error/],
    [
      { status: 200, body: { ok: false, error: 'invalid_auth' } },
      ForgeRefused,
      /bot token \(invalid_auth\).*chat:write/,
    ],
    [{ status: 200, body: { ok: false, error: 'missing_scope' } }, ForgeRefused, /missing_scope/],
    [{ status: 404, body: {} }, ForgeRefused, /404/],
    [{ status: 200, body: { ok: false, error: 'channel_not_found' } }, NotFound, /#deploys.*invite the bot/],
    [{ status: 200, body: { ok: false, error: 'invalid_blocks' } }, InvalidInput, /invalid_blocks/],
  ])('says who can mend it: %j', async (refusal, kind, text) => {
    answer = refusal;

    const posted = chat.post('#deploys', message, null);

    await expect(posted).rejects.toThrow(kind);
    await expect(posted).rejects.toThrow(text);
    expect(received).toHaveLength(1);
  });

  test('is unavailable when nobody listens', async () => {
    await close();

    await expect(chat.post('C1', message, null)).rejects.toThrow(Unavailable);
  });

  test('refuses what is no id of a message', async () => {
    await expect(chat.edit('nonsense', message)).rejects.toThrow(InvalidInput);
    expect(received).toEqual([]);
  });
});
