import { once } from 'node:events';
import { appendFileSync, createWriteStream, readFileSync } from 'node:fs';
import { jsonLog } from '../../local/log.ts';
import { startServer } from '../../local/server.ts';
import type { ChildOrder } from './child-server-process.ts';

/**
 * A server in a process of its own, which kills itself right after its `killAt`th durable commit. It writes
 * every commit into `<data>.commits`, and its log into `<data>.log`. SIGTERM ends it as `cairn serve` ends.
 */
const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ChildOrder;
const log = createWriteStream(`${order.options.data}.log`, { flags: 'a' });
const asked = once(process, 'SIGTERM');

const server = await startServer({
  ...order.options,
  log: jsonLog((line) => void log.write(line)),
  onCheckpoint(number, what) {
    appendFileSync(`${order.options.data}.commits`, `${what}\n`);
    if (number === order.killAt) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(`ready ${server.adminToken}\n`);
await asked;
await server.close();
