import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** AWS on 127.0.0.1: moto's server, with our corrections. */
export interface Moto {
  port: number;
  /** `http://127.0.0.1:PORT` */
  endpoint: string;
  /** Everything that it holds is gone. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';

/** What every AWS client needs beside an endpoint; moto believes anything. */
export const CREDENTIALS = {
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

/** Why tests on moto are skipped, null if they run: for the title of their group. */
export const NO_MOTO = missing();

function missing(): string | null {
  try {
    const python = pythonOfMoto();
    execFileSync(python, ['-c', 'import moto.server, boto3'], { stdio: 'ignore', timeout: 60_000 });
    return null;
  } catch {
    return 'moto_server is not on the PATH';
  }
}

/** The interpreter that `moto_server` was installed for. */
function pythonOfMoto(): string {
  const script = execFileSync('sh', ['-c', 'command -v moto_server'], { encoding: 'utf8' }).trim();
  const first = execFileSync('head', ['-n', '1', script], { encoding: 'utf8' }).trim();
  return first.startsWith('#!') && first.includes('python') ? first.slice(2).trim() : 'python3';
}

/** `callsThrough`: port of a proxy that gets what the Step Functions interpreter calls. */
export async function startMoto(options: { callsThrough?: number; port?: number } = {}): Promise<Moto> {
  const port = options.port ?? (await freePort());
  const env = {
    ...process.env,
    ...CREDENTIALS,
    ...(options.callsThrough === undefined ? {} : { MOTO_PORT: String(options.callsThrough) }),
  };
  const script = path.join(import.meta.dirname, 'moto_server.py');
  const server = spawn(pythonOfMoto(), [script, String(port)], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  server.stderr.on('data', (chunk) => {
    told = (told + String(chunk)).slice(-4000);
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, server, () => told);
  await configure(endpoint);
  return {
    port,
    endpoint,
    async reset() {
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
      await configure(endpoint);
    },
    close: () => end(server),
  };
}

/** By default moto's executions end at once, without running anything. */
async function configure(endpoint: string): Promise<void> {
  const body = JSON.stringify({ stepfunctions: { execute_state_machine: true } });
  const answer = await fetch(`${endpoint}/moto-api/config`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`moto cannot be configured: ${answer.status}`);
}

async function answering(endpoint: string, server: ChildProcess, told: () => string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    if (server.exitCode !== null) break;
    const answer = await fetch(`${endpoint}/moto-api/data.json`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`moto did not start: ${told()}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
