import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { JobResult } from '../../../core/jobs/job.ts';
import { buildClaim } from '../../../core/jobs/names.ts';
import { type JobOrder, jobOrder } from '../../../core/jobs/order.ts';
import { buildBundle } from '../../../scripts/build.ts';
import { CREDENTIALS, type Moto, REGION, startMoto } from '../../support/aws/moto.ts';
import { applyJob, filesOf, planJob, tarGz } from '../support.ts';
import { type AwsProxy, startProxy } from './proxy.ts';

export const ARTIFACTS = 'cairn-artifacts-test';
export const STATES = 'cairn-states-test';
const SOURCE = 'sources/acme/infra/c0ffee.tar.gz';

/** Buckets of an emulator, and the executor's bundle. */
export interface Cloud {
  folder: string;
  bundle: string;
  moto: Moto;
  proxy: AwsProxy;
  s3: S3Client;
  text(bucket: string, key: string): Promise<string | null>;
  put(bucket: string, key: string, body: string | Uint8Array): Promise<void>;
  keys(bucket: string, prefix?: string): Promise<string[]>;
  tags(bucket: string, key: string): Promise<Record<string, string>>;
  end(): Promise<void>;
}

export async function createCloud(): Promise<Cloud> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-fargate-'));
  const bundle = await buildBundle('fargate', join(folder, 'fargate.mjs'));
  const moto = await startMoto();
  const proxy = await startProxy(moto.port);
  const s3 = new S3Client({
    endpoint: moto.endpoint,
    region: REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (const Bucket of [ARTIFACTS, STATES]) {
    await s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
  }
  return {
    folder,
    bundle,
    moto,
    proxy,
    s3,
    async text(Bucket, Key) {
      try {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
        return (await Body?.transformToString()) ?? null;
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw error;
      }
    },
    async put(Bucket, Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async keys(Bucket, Prefix = '') {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
      return Contents.map(({ Key = '' }) => Key);
    },
    async tags(Bucket, Key) {
      const { TagSet = [] } = await s3.send(new GetObjectTaggingCommand({ Bucket, Key }));
      return Object.fromEntries(TagSet.map(({ Key: name = '', Value = '' }) => [name, Value]));
    },
    async end() {
      s3.destroy();
      await proxy.close();
      await moto.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Change = Omit<Partial<JobOrder>, 'job'>;
type Stage = JobOrder['identity']['stage'];

/** An order as the steps make it, for a root whose state Cairn keeps unless `change` says otherwise. */
export function orderOf(job: JobOrder['job'], stage: Stage, change: Change = {}): JobOrder {
  const { repository, environment, runId, id } = job;
  const key = `${repository}/${environment}/app`;
  const prefix = `jobs/${repository}/${environment}/${stage}/${runId}/${id}`;
  const claims: Partial<Record<Stage, string>> = {
    apply: `claims/${repository}/${environment}/${runId}/${id}`,
    build: buildClaim(prefix),
  };
  return jobOrder.parse({
    prefix,
    job,
    inputs: { 'source.tar.gz': SOURCE },
    state: { key, write: stage === 'apply', former: null },
    upstream: {},
    secrets: {},
    identity: { repository, environment, stage },
    folder: key,
    claim: claims[stage] ?? null,
    trace: null,
    ...change,
  });
}

export function planOf(n: number, change: Change = {}, job: Parameters<typeof planJob>[0] = {}): JobOrder {
  const plan = planJob({ id: `plan-${n}-app`, ...job });
  // As the steps make it: whose state is kept nowhere has a backend of its own.
  const own =
    change.state === null ? { ...plan, project: { ...plan.project, state: { kind: 'own' as const } } } : plan;
  return orderOf(own, plan.stage, change);
}

/** The apply of a plan that was run. */
export function applyOf(
  n: number,
  planned: Ran,
  change: Change = {},
  job: Parameters<typeof applyJob>[1] = {},
): JobOrder {
  const { order, result } = planned;
  if (result?.status !== 'ok') throw new Error(`the plan left no plan: ${result?.error ?? planned.output}`);
  const plan = order.job.kind === 'plan' ? { project: order.job.project } : {};
  const apply = applyJob(result.planSha256 ?? '', { id: `apply-${n}-app`, ...plan, ...job });
  const inputs = {
    'source.tar.gz': SOURCE,
    'plan.tfplan': `${order.prefix}/out/plan.tfplan`,
    'plan.work.tar.gz': `${order.prefix}/out/plan.work.tar.gz`,
  };
  return orderOf(apply, 'apply', {
    state: order.state && { ...order.state, write: true },
    inputs,
    ...change,
  });
}

export interface Started {
  order: JobOrder;
  child: ChildProcess;
  /** What it wrote to the live log so far. */
  output(): string;
}

export interface Ran {
  order: JobOrder;
  code: number | null;
  /** As it is stored; null if it is not. */
  result: JobResult | null;
  output: string;
}

/** Settings with which terraform's backend works on the emulator. */
export function backendExtra(endpoint: string): string {
  return JSON.stringify({
    endpoints: { s3: endpoint },
    use_path_style: true,
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
    skip_requesting_account_id: true,
    skip_region_validation: true,
    skip_s3_checksum: true,
    max_retries: 1,
  });
}

let started = 0;

/** Starts the job as a job definition does, in folders of its own and one work folder for the project. */
export async function start(
  cloud: Cloud,
  order: JobOrder,
  source: Record<string, string>,
  env: Record<string, string | undefined> = {},
): Promise<Started> {
  await storeOrder(cloud, order, source);
  return launch(cloud, order, env);
}

/** What the steps before a job store. */
export async function storeOrder(
  cloud: Cloud,
  order: JobOrder,
  source: Record<string, string>,
): Promise<void> {
  await cloud.put(ARTIFACTS, SOURCE, await tarGz(filesOf(source)));
  await cloud.put(ARTIFACTS, `${order.prefix}/order.json`, JSON.stringify(order));
}

/** As the job definition and the workflow give them. */
export function variablesOf(cloud: Cloud, order: JobOrder): Record<string, string> {
  return {
    ...CREDENTIALS,
    AWS_ENDPOINT_URL: cloud.proxy.endpoint,
    CAIRN_S3_BACKEND_EXTRA: backendExtra(cloud.proxy.endpoint),
    CAIRN_ARTIFACTS: ARTIFACTS,
    CAIRN_STATES: STATES,
    CAIRN_STAGE: order.identity.stage,
    CAIRN_JOB: order.prefix,
  };
}

export function launch(cloud: Cloud, order: JobOrder, env: Record<string, string | undefined> = {}): Started {
  started += 1;
  const child = spawn(process.execPath, [cloud.bundle], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ...variablesOf(cloud, order),
      CAIRN_JOB_DIR: join(cloud.folder, `job-${started}`),
      CAIRN_WORK_DIR: join(cloud.folder, 'work'),
      CAIRN_BINARIES_DIR: join(cloud.folder, 'binaries'),
      AWS_BATCH_JOB_ID: `batch-${started}`,
      ...env,
    },
  });
  return watched(order, child);
}

/** Collects what a job writes to its live log. */
export function watched(order: JobOrder, child: ChildProcess): Started {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return { order, child, output: () => output };
}

export async function finish(cloud: Cloud, { order, child, output }: Started): Promise<Ran> {
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', (exit) => resolve(exit));
  });
  const stored = await cloud.text(ARTIFACTS, `${order.prefix}/out/result.json`);
  return { order, code, result: stored ? (JSON.parse(stored) as JobResult) : null, output: output() };
}

export async function run(
  cloud: Cloud,
  order: JobOrder,
  source: Record<string, string>,
  env: Record<string, string | undefined> = {},
): Promise<Ran> {
  return finish(cloud, await start(cloud, order, source, env));
}

interface KeptState {
  serial: number;
  lineage: string;
  resources: { name: string }[];
  outputs: Record<string, { value: unknown }>;
}

export async function stateAt(cloud: Cloud, key: string): Promise<KeptState | null> {
  const text = await cloud.text(STATES, key);
  return text === null ? null : (JSON.parse(text) as KeptState);
}

/** The buckets as they were made. */
export async function emptied(cloud: Cloud): Promise<void> {
  cloud.proxy.refuse = () => false;
  for (const bucket of [ARTIFACTS, STATES]) {
    for (const key of await cloud.keys(bucket))
      await cloud.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }
  cloud.proxy.calls.length = 0;
}
