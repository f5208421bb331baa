import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort } from '../../../local/demo/free-port.ts';

test('is none that a connection which goes out could be given, and can be listened on', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, freePort));
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  server.close();

  expect(Math.min(...ports)).toBeGreaterThanOrEqual(1024);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
