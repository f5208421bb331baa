import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until.ts';

export interface Received {
  event: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  payload: Record<string, never>;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** Status of the next answers; 200 once it is used up. */
  answers: number[];
  /** The first delivery that fits, waiting for it. */
  wait(fits: (delivery: Received) => boolean): Promise<Received>;
  close(): Promise<void>;
}

/** Where webhooks arrive. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const event = String(request.headers['x-github-event']);
      received.push({ event, headers: request.headers, body, payload: JSON.parse(body.toString('utf8')) });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    received,
    answers,
    wait: (fits) =>
      until(
        () => `a delivery; there were: ${received.map(({ event }) => event).join(', ')}`,
        () => received.find(fits),
      ),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
