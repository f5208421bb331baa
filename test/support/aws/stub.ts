import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  /** Such as `PutEvents`; of S3 the method. */
  operation: string;
  body: string;
}

/** `hang` never answers; `cut` closes the connection. */
export type StubAnswer = { status: number; body: unknown } | 'hang' | 'cut';

/** One service of AWS that answers as it is told: for what no emulator ever does. */
export async function startStub(
  answer: (asked: Asked) => StubAnswer,
): Promise<{ endpoint: string; asked: Asked[]; close(): Promise<void> }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const one = { operation: operationOf(request), body: await textOf(request) };
    asked.push(one);
    const said = answer(one);
    if (said === 'hang') return;
    if (said === 'cut') {
      request.socket.destroy();
      return;
    }
    response.writeHead(said.status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(said.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function operationOf({ headers, method = '' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? target) : method;
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
