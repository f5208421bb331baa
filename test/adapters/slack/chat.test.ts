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
