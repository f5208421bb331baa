import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';

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

interface MotoOptions {
  /** Port of a proxy that gets what the Step Functions interpreter calls. */
  callsThrough?: number;
  port?: number;
}

export async function startMoto({ callsThrough, port: asked = 0 }: MotoOptions = {}): Promise<Moto> {
  const proxied = callsThrough === undefined ? {} : { MOTO_PORT: String(callsThrough) };
  const env = { ...process.env, ...CREDENTIALS, ...proxied };
  const script = path.join(import.meta.dirname, 'moto_server.py');
  const server = spawn(pythonOfMoto(), [script, String(asked)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    const port = await listening(server);
    const endpoint = `http://127.0.0.1:${port}`;
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
  } catch (error) {
    await end(server);
    throw error;
  }
}

/** By default moto's executions end at once, without running anything. */
async function configure(endpoint: string): Promise<void> {
  const body = JSON.stringify({ stepfunctions: { execute_state_machine: true } });
  const answer = await fetch(`${endpoint}/moto-api/config`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`moto cannot be configured: ${answer.status}`);
}

/** The port that it says it listens on. */
function listening(server: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let told = '';
    const late = setTimeout(() => reject(new Error(`moto did not start in time: ${told}`)), 55_000);
    server.stderr?.on('data', (chunk) => {
      told = (told + String(chunk)).slice(-4000);
    });
    server.stdout?.once('data', (line) => {
      clearTimeout(late);
      resolve(Number(line));
    });
    server.once('error', reject);
    server.once('exit', () => {
      clearTimeout(late);
      reject(new Error(`moto did not start: ${told}`));
    });
  });
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
}
