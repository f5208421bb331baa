import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Slack's Web API, and whoever reads the channel and clicks there. */
export interface FakeSlack {
  apiUrl: string;
  /** Where clicks are answered. */
  responses: string;
  signingSecret: string;
  /** As they stand in the channel. */
  messages: Map<string, { text: string; blocks: string }>;
  /** What those who clicked were told. */
  answers: string[];
  /** Clicks the button of the newest message that has it. Answers Cairn's status. */
  click(cairn: string, click: Click): Promise<number>;
  close(): Promise<void>;
}

interface Click {
  user: string;
  button: string;
  /** A click is known by it: the same again is the same click. */
  at?: string;
  /** Seconds that it was signed ago. */
  age?: number;
  secret?: string;
}

export async function startFakeSlack(): Promise<FakeSlack> {
  const messages: FakeSlack['messages'] = new Map();
  const answers: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    response.setHeader('content-type', 'application/json');
    if (request.url === '/actions/1') {
      answers.push((JSON.parse(body) as { text: string }).text);
      return response.end('ok');
    }
    const form = new URLSearchParams(body);
    const ts = form.get('ts') ?? `1700000000.${String(messages.size).padStart(6, '0')}`;
    messages.set(ts, { text: form.get('text') ?? '', blocks: form.get('blocks') ?? '[]' });
    return response.end(JSON.stringify({ ok: true, channel: 'C1', ts }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signingSecret = '0123456789abcdef0123456789abcdef';

  return {
    apiUrl: `${url}/api/`,
    responses: url,
    signingSecret,
    messages,
    answers,
    async click(cairn, { user, button, at = '1700000100.000001', age = 0, secret = signingSecret }) {
      const [ts, value] = buttonOf(messages, button);
      const payload = {
        type: 'block_actions',
        user: { id: user, team_id: 'T1' },
        container: { type: 'message', message_ts: ts, channel_id: 'C1' },
        response_url: `${url}/actions/1`,
        actions: [{ type: 'button', action_id: button, action_ts: at, value }],
      };
      const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
      const timestamp = String(Math.floor(Date.now() / 1000) - age);
      const hmac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${hmac}`,
      };
      return (await fetch(`${cairn}/slack/actions`, { method: 'POST', headers, body })).status;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function buttonOf(messages: FakeSlack['messages'], button: string): [string, string] {
  type Block = { elements?: { action_id?: string; value?: string }[] };
  for (const [ts, { blocks }] of [...messages].reverse()) {
    const elements = (JSON.parse(blocks) as Block[]).flatMap((block) => block.elements ?? []);
    const value = elements.find((one) => one.action_id === button)?.value;
    if (value !== undefined) return [ts, value];
  }
  throw new Error(`no message in the channel has the button ${button}`);
}
