import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../cli/program.ts';
import { sign, testHost } from './host.ts';

let server: Awaited<ReturnType<typeof listen>>;
beforeEach(async () => {
  server = await listen(testHost());
});
afterEach(() => server.close());

/** Sends `megabytes` of spaces in chunks, with no length said before; answers the status. */
function post(path: string, megabytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const sending = request(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
    });
    let answered = false;
    sending.on('response', (response) => {
      answered = true;
      // It hangs up behind the answer, with much of the body still on its way.
      response.on('error', () => undefined);
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    // The server may hang up while the rest is still being sent.
    sending.on('error', (error) => (answered ? undefined : reject(error)));
    const chunk = Buffer.alloc(1024 * 1024, 0x20);
    for (let sent = 0; sent < megabytes; sent++) sending.write(chunk);
    sending.end();
  });
}

describe('the app behind a real socket', () => {
  it('refuses a body that is too large, and goes on', async () => {
    const statuses = await Promise.all([post('/webhook', 27), post('/webhook', 40)]);
    const health = await fetch(`${server.url}/healthz`);

    expect(statuses).toEqual([413, 413]);
    expect(health.status).toBe(200);
  });

  it('checks the signature over the bytes that were sent', async () => {
    const body = JSON.stringify({ zen: 'naïve – 日本 \u{1f600}', hook_id: 1 });
    const headers = {
      'x-github-event': 'ping',
      'x-github-delivery': 'one',
      'x-hub-signature-256': sign(body),
    };

    const good = await fetch(`${server.url}/webhook`, { method: 'POST', body, headers });
    const bytes = Buffer.concat([Buffer.from(body), Buffer.from([0xff])]);
    const bad = await fetch(`${server.url}/webhook`, { method: 'POST', body: bytes, headers });

    expect(good.status).toBe(202);
    expect(bad.status).toBe(401);
  });
});
