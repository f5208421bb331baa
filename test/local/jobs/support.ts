import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileArtifacts } from '../../../adapters/local/artifacts.ts';
import type { Job } from '../../../core/jobs/job.ts';
import { type JobOrder, jobOrder } from '../../../core/jobs/order.ts';
import type { Artifacts } from '../../../core/ports.ts';
import { createLocalJobs, type LocalJobs } from '../../../local/jobs/index.ts';
import type { LocalJobsOptions } from '../../../local/jobs/options.ts';
import { buildBundle } from '../../../scripts/build.ts';
import { applyJob, filesOf, planJob, tarGz } from '../../executor/support.ts';

const TERRAFORM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'terraform'))
  .find((path) => existsSync(path)) as string;

export interface Host {
  folder: string;
  dataDir: string;
  artifacts: Artifacts;
  jobs: LocalJobs;
  executor: string;
  again(more?: Partial<LocalJobsOptions>): Promise<LocalJobs>;
  end(): Promise<void>;
}

export function optionsOf(folder: string, more: Partial<LocalJobsOptions> = {}): LocalJobsOptions {
  const dataDir = join(folder, 'data');
  return {
    dataDir,
    artifacts: fileArtifacts(join(dataDir, 'artifacts')),
    secrets: async (reference) => `value of ${reference}`,
    executor: join(folder, 'executor.mjs'),
    concurrency: 2,
    binaries: [{ path: TERRAFORM, version: '1.11.4' }],
    providerMirror: null,
    log: () => undefined,
    ...more,
  };
}

/** A host with a data folder of its own and a fresh executor. */
export async function createHost(more: Partial<LocalJobsOptions> = {}): Promise<Host> {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-jobs-'));
  const dataDir = join(folder, 'data');
  await mkdir(dataDir);
  const executor = await buildBundle('executor', join(folder, 'executor.mjs'));
  const options = optionsOf(folder, more);
  const jobs = await createLocalJobs(options);
  return {
    folder,
    dataDir,
    artifacts: options.artifacts,
    jobs,
    executor,
    again: (other = {}) => createLocalJobs({ ...options, ...other }),
    async end() {
      jobs.close();
      await rm(folder, { recursive: true, force: true });
      // Where the temporary folder is closed to other users, jobs live elsewhere.
      await rm(jobs.root, { recursive: true, force: true });
    },
  };
}

export async function putSource(artifacts: Artifacts, files: Record<string, string>, key = 'source.tar.gz') {
  await artifacts.put(key, await tarGz(filesOf(files)));
  return key;
}

let orders = 0;

export function orderOf(job: Job, more: Partial<JobOrder> = {}): JobOrder {
  orders += 1;
  const stage = job.kind === 'plan' ? job.stage : job.kind;
  return jobOrder.parse({
    prefix: `jobs/${job.repository}/${job.environment}/${stage}/${job.runId}/${job.id}-${orders}`,
    job,
    inputs: { 'source.tar.gz': 'source.tar.gz' },
    state: { key: 'acme/infra/prod/app', write: job.kind === 'apply' },
    upstream: {},
    secrets: {},
    identity: { repository: job.repository, environment: job.environment, stage },
    folder: 'acme/infra/prod/app',
    claim: null,
    ...more,
  });
}

export const planOrder = (more: Partial<JobOrder> = {}, job: Parameters<typeof planJob>[0] = {}) =>
  orderOf(planJob(job), more);

/** The order that applies what `planned` planned. */
export function applyOrder(planned: JobOrder, planSha256: string, more: Partial<JobOrder> = {}): JobOrder {
  return orderOf(applyJob(planSha256), {
    inputs: {
      ...planned.inputs,
      'plan.tfplan': `${planned.prefix}/out/plan.tfplan`,
      'plan.work.tar.gz': `${planned.prefix}/out/plan.work.tar.gz`,
    },
    ...more,
  });
}

export async function textOf(artifacts: Artifacts, key: string): Promise<string> {
  return Buffer.from(await artifacts.get(key)).toString('utf8');
}
