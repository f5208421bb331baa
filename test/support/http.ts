import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Listening {
  /** `http://127.0.0.1:PORT` */
  url: string;
  port: number;
  /** Also while somebody still waits for an answer. */
  close(): Promise<void>;
}

/** On 127.0.0.1, at a port that the system gives. */
export async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
