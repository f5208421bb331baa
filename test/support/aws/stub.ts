import { createServer, type IncomingMessage } from 'node:http';
import { bodyOf, listen } from '../http.ts';

interface Asked {
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
    const one = { operation: operationOf(request), body: (await bodyOf(request)).toString() };
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
  const { url, close } = await listen(server);
  return { endpoint: url, asked, close };
}

function operationOf({ headers, method = '' }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? target) : method;
}
