import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobOrder } from '../../../core/jobs/order.ts';
import { startOf } from '../../../local/jobs/process-id.ts';
import { readState } from '../../../local/jobs/states.ts';
import { buildJob, until } from '../../executor/support.ts';
import { applyOrder, createHost, type Host, orderOf, planOrder, putSource } from './support.ts';

const SERVER = join(dirname(fileURLToPath(import.meta.url)), 'server.ts');

let host: Host;
/** Where jobs, which may be other users, leave a line each time they really do something, and may wait for one. */
let marks: string;
beforeAll(async () => {
  host = await createHost();
  marks = mkdtempSync(join(tmpdir(), 'cairn-marks-'));
  chmodSync(marks, 0o777);
});
afterAll(async () => {
  await host.end();
  rmSync(marks, { recursive: true, force: true });
});

function serve(order: JobOrder, key: string): ChildProcess {
  const file = join(host.folder, `${key}.json`);
  writeFileSync(file, JSON.stringify(order));
  return spawn(process.execPath, ['--import', 'tsx', SERVER, host.folder, file, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function kill(server: ChildProcess): Promise<void> {
  expect(server.exitCode).toBeNull();
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await gone;
}

/** In the script of a job: until the test lets it go on. */
const held = (name: string) => `until [ -e ${marks}/${name}-go ]; do sleep 0.05; done`;
const letGo = (name: string) => writeFileSync(join(marks, `${name}-go`), '');

const jobsOnDisk = (): string[] => readdirSync(join(host.jobs.root, 'jobs'));

async function planned(file: string, wait: string): Promise<JobOrder> {
  const source = await putSource(
    host.artifacts,
    {
      'main.tf': `resource "terraform_data" "slow" {
        provisioner "local-exec" { command = "echo did >> ${marks}/${file}; ${wait}" }
      }`,
    },
    `${file}.tar.gz`,
  );
  const state = { key: `acme/infra/prod/${file}`, write: true };
  const plan = planOrder({
    inputs: { 'source.tar.gz': source },
    folder: file,
    state: { ...state, former: null },
  });
  const result = await host.jobs.run(plan, `${file}/plan`);
  return applyOrder(plan, result.planSha256 ?? '', {
    folder: file,
    state: { ...state, former: null },
    claim: `claims/${file}`,
  });
}

it('finds an apply of the server that was killed, waits for it, and applies once', async () => {
  const order = await planned('survive', held('survive'));
  const server = serve(order, 'survive');
  await until('the apply', () => existsSync(join(marks, 'survive')));
  await kill(server);
  const jobs = await host.again();
  const active = await jobs.port.active('run-1');
  letGo('survive');

  const result = await jobs.run(order, 'survive');

  expect(active).toEqual([order.prefix]);
  expect(result).toMatchObject({ status: 'ok', started: true });
  expect(readFileSync(join(marks, 'survive'), 'utf8')).toBe('did\n');
  expect(await readState(jobs.states, 'acme/infra/prod/survive')).not.toBeNull();
  expect(jobsOnDisk()).toEqual([]);
});

it('collects what ended while no server was there, and who was started before it could be noted', async () => {
  const order = await planned('meanwhile', held('meanwhile'));
  const server = serve(order, 'meanwhile');
  await until('the apply', () => existsSync(join(marks, 'meanwhile')));
  await kill(server);
  const [folder = ''] = jobsOnDisk();
  const attempt = join(host.jobs.root, 'jobs', folder, '1');
  rmSync(join(attempt, 'process.json'));
  letGo('meanwhile');
  await until('its end', () => existsSync(join(attempt, 'out/result.json')));

  const jobs = await host.again();
  const result = await jobs.run(order, 'meanwhile');

  expect(result).toMatchObject({ status: 'ok' });
  expect(readFileSync(join(marks, 'meanwhile'), 'utf8')).toBe('did\n');
});

it('holds the folder of a job it found', async () => {
  const order = await planned('held', held('held'));
  const server = serve(order, 'held');
  await until('the apply', () => existsSync(join(marks, 'held')));
  await kill(server);
  const jobs = await host.again();
  const next = orderOf(buildJob(['sh', '-c', `cp ${marks}/held ${marks}/seen; echo next >> ${marks}/held`]), {
    state: null,
    folder: 'held',
  });

  const both = Promise.all([jobs.run(next, 'held/next'), jobs.run(order, 'held')]);
  await until('the next one to wait', async () => (await jobs.port.active('run-1')).length === 2);
  const seen = existsSync(join(marks, 'seen'));
  letGo('held');
  const [, first] = await both;

  expect(seen).toBe(false);
  expect(first.status).toBe('ok');
  expect(await readState(jobs.states, 'acme/infra/prod/held')).not.toBeNull();
});

it('tells of an apply whose process is gone, and keeps the state it had written', async () => {
  const order = await planned('gone', 'sleep 30');
  const server = serve(order, 'gone');
  await until('the apply', () => existsSync(join(marks, 'gone')));
  await kill(server);
  const [folder = ''] = jobsOnDisk();
  const attempt = join(host.jobs.root, 'jobs', folder, '1');
  const { pid } = JSON.parse(readFileSync(join(attempt, 'process.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until('its end', () => startOf(pid) === null);

  const jobs = await host.again();
  const result = await jobs.run(order, 'gone');

  expect(result).toMatchObject({ status: 'failed', started: true });
  expect(result.error).toMatch(/ended without a result[\s\S]*terraform apply had begun/);
});

it('begins anew where the server was killed before it started anything', async () => {
  const source = await putSource(host.artifacts, { 'a.txt': 'a' });
  const order = orderOf(buildJob(['sh', '-c', `${held('anew')}; echo did >> ${marks}/anew`]), {
    inputs: { 'source.tar.gz': source },
    state: null,
    folder: 'anew',
  });
  const server = serve(order, 'anew');
  await until('its folder', () => jobsOnDisk().length > 0);
  await kill(server);
  const jobs = await host.again();
  letGo('anew');

  const result = await jobs.run(order, 'anew');

  expect(result.status).toBe('ok');
  expect(readFileSync(join(marks, 'anew'), 'utf8')).toBe('did\n');
});
