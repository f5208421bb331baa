import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, type Header, pack } from 'tar-stream';
import type { ApplyJob, BuildJob, JobResult, PlanJob, TerraformJob, VerifyJob } from '../../core/jobs/job.ts';
import type { Changes } from '../../core/plans/plan.ts';
import { buildBundle } from '../../scripts/build.ts';

export const HASH_KEY = 'ab'.repeat(32);

export interface Bench {
  folder: string;
  executor: string;
  end(): Promise<void>;
}

/** A temporary folder with a fresh bundle of the executor in it. */
export async function createBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-executor-'));
  const executor = await buildBundle('executor', join(folder, 'executor.mjs'));
  return { folder, executor, end: () => rm(folder, { recursive: true, force: true }) };
}

type Entry = Partial<Header> & { name: string; body?: string };

export async function tarGz(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { body, ...header } of entries) archive.entry(header, body ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

export async function untar(bytes: Buffer): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const archive = extract();
  archive.end(gunzipSync(bytes));
  for await (const entry of archive) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found[entry.header.name] = Buffer.concat(chunks).toString('utf8');
  }
  return found;
}

export const filesOf = (files: Record<string, string>): Entry[] =>
  Object.entries(files).map(([name, body]) => ({ name, body }));

const common = {
  version: 1 as const,
  runId: 'run-1',
  repository: 'acme/infra',
  environment: 'prod',
  timeout: 60,
};

export function planJob(change: Partial<PlanJob> = {}): PlanJob {
  return {
    ...common,
    id: 'plan-1',
    secrets: [],
    kind: 'plan',
    stage: 'deploy-plan',
    unlock: null,
    project: {
      name: 'app',
      dir: '.',
      workspace: 'default',
      state: { kind: 'file' },
      variables: {},
      upstream: {},
    },
    destroy: false,
    hashKey: HASH_KEY,
    ...change,
  };
}

export function applyJob(planSha256: string, change: Partial<ApplyJob> = {}): ApplyJob {
  const { project } = planJob();
  return {
    ...common,
    id: 'apply-1',
    secrets: [],
    kind: 'apply',
    project,
    planSha256,
    shown: null,
    fence: 1,
    ...change,
  };
}

export function verifyJob(check: VerifyJob['check'], change: Partial<VerifyJob> = {}): VerifyJob {
  return {
    ...common,
    id: 'verify-1',
    secrets: [],
    kind: 'verify',
    check,
    attempts: 1,
    interval: 0,
    ...change,
  };
}

export function buildJob(command: string[], change: Partial<BuildJob> = {}): BuildJob {
  return {
    ...common,
    id: 'build-1',
    secrets: [],
    kind: 'build',
    command,
    dir: '.',
    variables: {},
    ...change,
  };
}

export function commandJob(line: string, change: Partial<TerraformJob> = {}): TerraformJob {
  const { project } = planJob();
  return {
    ...common,
    id: 'read-1',
    secrets: [],
    kind: 'terraform',
    project,
    args: line.split(' '),
    writes: false,
    fence: 0,
    ...change,
  };
}

interface Prepared {
  dir: string;
  work: string;
}

let jobs = 0;

/** A job's folder as the host fills it. `inputs` are further files of in/. */
export async function prepare(
  bench: Bench,
  job: unknown,
  source: Record<string, string> | Buffer | null,
  inputs: Record<string, string | Buffer> = {},
  work = join(bench.folder, `work-${jobs + 1}`),
): Promise<Prepared> {
  jobs += 1;
  const dir = join(bench.folder, `job-${jobs}`);
  await mkdir(join(dir, 'in'), { recursive: true });
  await mkdir(join(dir, 'out'));
  await writeFile(join(dir, 'in/job.json'), typeof job === 'string' ? job : JSON.stringify(job));
  if (source) {
    const archive = Buffer.isBuffer(source) ? source : await tarGz(filesOf(source));
    await writeFile(join(dir, 'in/source.tar.gz'), archive);
  }
  for (const [name, body] of Object.entries(inputs)) await writeFile(join(dir, 'in', name), body);
  return { dir, work };
}

export function start(bench: Bench, { dir, work }: Prepared, env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [bench.executor, dir, work], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
}

export interface Ran {
  code: number | null;
  result: JobResult;
  log: string;
  dir: string;
  work: string;
}

export async function finish(child: ChildProcess, { dir, work }: Prepared): Promise<Ran> {
  const code = await new Promise<number | null>((resolve) => {
    child.once('exit', (exit) => resolve(exit));
  });
  const result = JSON.parse(await readFile(join(dir, 'out/result.json'), 'utf8')) as JobResult;
  const log = await readFile(join(dir, 'out/log.txt'), 'utf8');
  return { code, result, log, dir, work };
}

export async function run(bench: Bench, prepared: Prepared, env: Record<string, string> = {}): Promise<Ran> {
  return finish(start(bench, prepared, env), prepared);
}

export async function out(ran: Prepared, name: string): Promise<Buffer> {
  return readFile(join(ran.dir, 'out', name));
}

export async function changesOf(ran: Ran): Promise<Changes> {
  if (ran.result.status !== 'ok') throw new Error(`the plan ${ran.result.status}: ${ran.result.error}`);
  return JSON.parse((await out(ran, 'changes.json')).toString('utf8')) as Changes;
}

/** What an apply gets of the plan before it. */
export async function planInputs(planned: Ran): Promise<Record<string, Buffer>> {
  return {
    'plan.tfplan': await out(planned, 'plan.tfplan'),
    'plan.work.tar.gz': await out(planned, 'plan.work.tar.gz'),
  };
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  within = 60_000,
): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${within} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const there = (path: string): boolean => existsSync(path);
