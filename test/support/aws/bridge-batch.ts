import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type {
  JobDetail,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
  TaskContainerProperties,
} from '@aws-sdk/client-batch';
import { ClientException, definitionsOf, environmentOf, refuseBadSubmit } from './bridge-definitions.ts';
import { ACCOUNT, REGION } from './moto.ts';

/** What is to be run: a job of one container, as Batch on Fargate would start it. */
export interface SubmittedJob {
  id: string;
  name: string;
  queue: string;
  definition: string;
  container: TaskContainerProperties;
  /** The definition's environment, what the submit overrides, and what Batch and ECS add. */
  environment: Record<string, string>;
}

export interface JobProcess {
  /** Its exit code; null if a signal ended it. */
  exit: Promise<number | null>;
  /** What it writes: its log in CloudWatch. */
  output?: Readable;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface BatchOptions {
  runJob(job: SubmittedJob): JobProcess | Promise<JobProcess>;
  queues: readonly string[];
  /** `any`: a definition that nobody registered is one container `executor` without environment. */
  definitions: 'registered' | 'any';
  /** Jobs at the same time; the others are RUNNABLE. */
  concurrency: number;
  /** Entries of a page of ListJobs: Batch answers at most 100 with a filter. */
  pageSize: number;
  /** What the container is told besides; called with the job's id. */
  variables(id: string): Record<string, string>;
  /** Takes what a job writes; resolves when all of it is kept. */
  keepLog(id: string, container: TaskContainerProperties, output: Readable): Promise<void>;
}

interface Kept {
  detail: JobDetail;
  submitted: SubmittedJob;
  process: JobProcess | null;
  /** Of TerminateJob; what the job's status then says. */
  reason: string | null;
  timers: NodeJS.Timeout[];
}

/** Why a container ended, in ECS's words. */
const EXITED = 'Essential container in task exited';
const OUT_OF_TIME = 'Job attempt duration exceeded timeout';

/** AWS Batch on this machine: job definitions, jobs, queues that never block one another. */
export function createBatch(options: BatchOptions) {
  const jobs = new Map<string, Kept>();
  const definitions = definitionsOf(options.definitions);

  function submit(request: SubmitJobRequest) {
    const definition = definitions.find(String(request.jobDefinition));
    const task = refuseBadSubmit(request, definition, options.queues);
    const id = randomUUID();
    const container = task.containers?.[0] as TaskContainerProperties;
    const environment = {
      ...environmentOf(request, container),
      ...options.variables(id),
      AWS_BATCH_JOB_ID: id,
      AWS_BATCH_JQ_NAME: String(request.jobQueue),
      AWS_BATCH_JOB_ATTEMPT: '1',
    };
    const submitted: SubmittedJob = {
      id,
      name: String(request.jobName),
      queue: String(request.jobQueue),
      definition: definition.name,
      container,
      environment,
    };
    const shown = Object.entries(environment).map(([name, value]) => ({ name, value }));
    const detail: JobDetail = {
      jobArn: arn(`job/${id}`),
      jobName: submitted.name,
      jobId: id,
      jobQueue: arn(`job-queue/${submitted.queue}`),
      status: 'SUBMITTED',
      attempts: [],
      createdAt: Date.now(),
      startedAt: 0,
      dependsOn: [],
      jobDefinition: definition.arn,
      parameters: {},
      tags: {},
      platformCapabilities: ['FARGATE'],
      eksAttempts: [],
      ecsProperties: { taskProperties: [{ ...task, containers: [{ ...container, environment: shown }] }] },
      isCancelled: false,
      isTerminated: false,
    };
    jobs.set(id, { detail, submitted, process: null, reason: null, timers: [] });
    detail.status = 'RUNNABLE';
    startNext();
    return { jobArn: detail.jobArn, jobName: detail.jobName, jobId: id };
  }

  function startNext(): void {
    const all = [...jobs.values()];
    const running = all.filter(({ detail }) => detail.status === 'STARTING' || detail.status === 'RUNNING');
    const next = all.find(({ detail }) => detail.status === 'RUNNABLE');
    if (!next || running.length >= options.concurrency) return;
    next.detail.status = 'STARTING';
    run(next).finally(startNext);
    startNext();
  }

  async function run(job: Kept): Promise<void> {
    const { detail, submitted } = job;
    const code = await attempt(job).catch((error: unknown) => {
      // Where the image cannot be started there is no exit code.
      job.reason ??= `CannotStartContainerError: ${String(error)}`;
      return null;
    });
    for (const timer of job.timers) clearTimeout(timer);
    detail.stoppedAt = Date.now();
    const container = detail.ecsProperties?.taskProperties?.[0]?.containers?.[0];
    const exitCode = code ?? (job.process ? 137 : undefined);
    if (container && exitCode !== undefined) container.exitCode = exitCode;
    detail.statusReason = job.reason ?? EXITED;
    detail.attempts = [
      {
        startedAt: detail.startedAt,
        stoppedAt: detail.stoppedAt,
        statusReason: detail.statusReason,
        taskProperties: [
          {
            containers: [{ name: submitted.container.name, ...(exitCode === undefined ? {} : { exitCode }) }],
          },
        ],
      },
    ];
    detail.status = code === 0 && job.reason === null ? 'SUCCEEDED' : 'FAILED';
  }

  async function attempt(job: Kept): Promise<number | null> {
    const { detail, submitted } = job;
    job.process = await options.runJob(submitted);
    detail.startedAt = Date.now();
    detail.status = 'RUNNING';
    const { output, exit } = job.process;
    const kept = output ? options.keepLog(submitted.id, submitted.container, output) : null;
    const longest = definitions.find(submitted.definition).timeout;
    if (longest !== null) job.timers.push(setTimeout(() => end(job, OUT_OF_TIME), longest * 1000).unref());
    if (job.reason !== null) end(job, job.reason);
    const code = await exit;
    await kept;
    return code;
  }

  /** SIGTERM, and after the container's `stopTimeout` SIGKILL, as ECS does. */
  function end(job: Kept, reason: string): void {
    job.reason = reason;
    job.process?.kill('SIGTERM');
    const grace = (job.submitted.container.stopTimeout ?? 30) * 1000;
    job.timers.push(setTimeout(() => job.process?.kill('SIGKILL'), grace).unref());
  }

  function terminate({ jobId, reason }: { jobId: string; reason: string }) {
    const job = jobs.get(jobId);
    if (!job || job.detail.stoppedAt !== undefined) return {};
    job.detail.isTerminated = true;
    if (job.detail.status === 'RUNNABLE') {
      Object.assign(job.detail, { status: 'FAILED', statusReason: reason, stoppedAt: Date.now() });
    } else if (job.process) end(job, reason);
    else job.reason = reason;
    return {};
  }

  function list(request: {
    jobQueue?: string;
    jobStatus?: string;
    filters?: { name: string; values: string[] }[];
    nextToken?: string;
  }) {
    const [filter] = request.filters ?? [];
    if (filter && filter.name !== 'JOB_NAME') throw new ClientException(`no filter ${filter.name} here`);
    const wanted = filter?.values[0]?.toLowerCase() ?? '*';
    const found = [...jobs.values()]
      .map(({ detail, submitted }) => ({ detail, submitted }))
      .filter(({ submitted }) => submitted.queue === request.jobQueue)
      .filter(({ detail }) => filter || detail.status === (request.jobStatus ?? 'RUNNING'))
      .filter(({ submitted: { name } }) =>
        wanted.endsWith('*')
          ? name.toLowerCase().startsWith(wanted.slice(0, -1))
          : name.toLowerCase() === wanted,
      )
      .reverse();
    const from = Number(request.nextToken ?? 0);
    const page = found.slice(from, from + options.pageSize);
    const next = from + options.pageSize;
    return {
      jobSummaryList: page.map(({ detail }) => ({
        jobArn: detail.jobArn,
        jobId: detail.jobId,
        jobName: detail.jobName,
        createdAt: detail.createdAt,
        status: detail.status,
        statusReason: detail.statusReason,
        startedAt: detail.startedAt,
        stoppedAt: detail.stoppedAt,
        jobDefinition: detail.jobDefinition,
      })),
      ...(next < found.length ? { nextToken: String(next) } : {}),
    };
  }

  const operations: Record<string, (request: never) => unknown> = {
    registerjobdefinition: (request: RegisterJobDefinitionRequest) => definitions.register(request),
    submitjob: submit,
    describejobs: ({ jobs: ids }: { jobs: string[] }) => ({
      jobs: ids.flatMap((id) => jobs.get(id)?.detail ?? []),
    }),
    listjobs: list,
    terminatejob: terminate,
  };

  return {
    operations,
    details: () => [...jobs.values()].map(({ detail }) => detail),
    container: (id: string) => jobs.get(id)?.submitted.container ?? null,
    /** Ends what still runs, without a word. */
    async close(): Promise<void> {
      const ends = [...jobs.values()].map(async ({ process, timers }) => {
        for (const timer of timers) clearTimeout(timer);
        process?.kill('SIGKILL');
        await process?.exit.catch(() => null);
      });
      await Promise.all(ends);
    },
  };
}

function arn(resource: string): string {
  return `arn:aws:batch:${REGION}:${ACCOUNT}:${resource}`;
}
