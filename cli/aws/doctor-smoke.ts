import { randomBytes } from 'node:crypto';
import {
  DescribeJobsCommand,
  type JobDetail,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { definitionName, jobName, queueName, STANDARD_SIZE } from '../../core/jobs/names.ts';
import type { SmokeLine } from '../../executor/aws/smoke.ts';
import type { InfraConfig } from '../../infra/config/config.ts';
import { placesOf } from '../../infra/config/placed.ts';
import { JOB_LOGS, STAGES, type Stage } from '../../infra/names.ts';
import type { Finding } from '../findings.ts';
import { type OperatorClients, reasonOf } from './clients.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { readStream } from './logs.ts';

const CONTAINER = 'executor';
/** Fargate starts most within one or two minutes; the checks take seconds. */
const WITHIN_MS = 10 * 60_000;
const LOOK_EVERY_MS = 5000;
/** What DescribeJobs takes. */
const AT_ONCE = 100;

/** Only jobs of these. */
export interface OnlyJobs {
  repository?: string[];
  environment?: string;
}

export interface JobsProps {
  config: InfraConfig;
  clients: OperatorClients;
  tools: DoctorTools;
  only: OnlyJobs;
}

interface Identity {
  repository: string;
  environment: string;
  stage: Exclude<Stage, 'build'>;
}

interface Submitted extends Identity {
  jobId: string;
}

/** One job as each identity, on the queue that its stage takes: what it may do, tried from inside. */
export async function checkJobs(props: JobsProps): Promise<Finding[]> {
  const { clients } = props;
  const id = `smoke-${randomBytes(5).toString('hex')}`;
  const wanted = identities(props);
  const asked = await Promise.all(wanted.map((identity) => submit(clients, id, identity)));
  const submitted = asked.filter((one): one is Submitted => 'jobId' in one);
  const refused = asked.filter((one): one is Finding => 'status' in one);
  const ended = await untilEnded(props, submitted);
  const examined = await Promise.all(
    submitted.map((job) => examine(clients, job, ended.get(job.jobId) ?? null)),
  );
  return [...refused, ...examined.flat()];
}

function identities({ config, only }: JobsProps): Identity[] {
  const stages = STAGES.filter((stage) => stage !== 'build');
  return config.repositories
    .filter(({ name }) => !only.repository || only.repository.includes(name))
    .flatMap((repository) =>
      placesOf(repository)
        .filter((environment) => !only.environment || environment.name === only.environment)
        .flatMap((environment) =>
          stages.map((stage) => ({ repository: repository.name, environment: environment.name, stage })),
        ),
    );
}

function nameOf({ repository, environment, stage }: Identity): string {
  return `${repository} ${environment} ${stage}`;
}

async function submit(
  { batch }: OperatorClients,
  id: string,
  identity: Identity,
): Promise<Submitted | Finding> {
  const { repository, environment, stage } = identity;
  const queue = queueName(stage === 'apply' ? 'apply' : 'plan');
  const variables = {
    CAIRN_JOB: 'smoke',
    CAIRN_SMOKE: JSON.stringify({ id, repository, environment }),
  };
  try {
    const { jobId = '' } = await batch.send(
      new SubmitJobCommand({
        jobName: jobName(id, `${environment}-${stage}`),
        jobQueue: queue,
        jobDefinition: definitionName(identity, STANDARD_SIZE),
        timeout: { attemptDurationSeconds: WITHIN_MS / 1000 },
        retryStrategy: { attempts: 1 },
        ecsPropertiesOverride: {
          taskProperties: [
            {
              containers: [
                {
                  name: CONTAINER,
                  environment: Object.entries(variables).map(([name, value]) => ({ name, value })),
                },
              ],
            },
          ],
        },
      }),
    );
    return { ...identity, jobId };
  } catch (error) {
    const help = 'You need batch:SubmitJob; the job definition comes with `cairn aws deploy`.';
    const message = `The queue ${queue} takes no job: ${reasonOf(error)}`;
    return { name: nameOf(identity), status: 'fail', message, help };
  }
}

/** How each job stands when all have ended, or when time is over; then those that have not are told to stop. */
async function untilEnded(
  { clients: { batch }, tools }: JobsProps,
  jobs: Submitted[],
): Promise<Map<string, JobDetail>> {
  const known = new Map<string, JobDetail>();
  const open = () => jobs.filter(({ jobId }) => !isOver(known.get(jobId)));
  try {
    for (let waited = 0; open().length > 0 && waited < WITHIN_MS; waited += LOOK_EVERY_MS) {
      await tools.pause(LOOK_EVERY_MS);
      const ids = open().map(({ jobId }) => jobId);
      for (let first = 0; first < ids.length; first += AT_ONCE) {
        const answer = await batch.send(new DescribeJobsCommand({ jobs: ids.slice(first, first + AT_ONCE) }));
        for (const job of answer.jobs ?? []) if (job.jobId) known.set(job.jobId, job);
      }
    }
  } finally {
    const reason = 'cairn doctor waits no longer';
    for (const { jobId } of open()) {
      await batch.send(new TerminateJobCommand({ jobId, reason })).catch(() => undefined);
    }
  }
  return known;
}

function isOver(job: JobDetail | undefined): boolean {
  return job?.status === 'SUCCEEDED' || job?.status === 'FAILED';
}

async function examine(
  clients: OperatorClients,
  identity: Submitted,
  job: JobDetail | null,
): Promise<Finding[]> {
  const name = nameOf(identity);
  if (!job || !isOver(job)) return [notStarted(name, job)];
  try {
    const lines = await smokeLines(clients, job);
    const bad = lines.filter(({ status }) => status !== 'ok');
    const role = lines.find((line) => line.name === 'role')?.message ?? '';
    if (lines.length === 0) return [silent(name, job)];
    const whole: Finding = {
      name,
      status: 'ok',
      message: `${lines.length - bad.length} of ${lines.length} checks, as ${role.split('/')[1] ?? role}`,
    };
    return [
      whole,
      ...bad.map(
        (line): Finding => ({
          name: `${name}: ${line.name}`,
          status: line.status,
          message: line.message,
          ...(line.help === undefined ? {} : { help: line.help }),
        }),
      ),
    ];
  } catch (error) {
    const help = 'You need logs:GetLogEvents for this.';
    return [{ name, status: 'fail', message: `Its log cannot be read: ${reasonOf(error)}`, help }];
  }
}

function notStarted(name: string, job: JobDetail | null): Finding {
  const minutes = WITHIN_MS / 60_000;
  const status = job?.status ?? 'unknown to Batch';
  return {
    name,
    status: 'fail',
    message: `After ${minutes} minutes the job is ${status}${job?.statusReason ? ` (${job.statusReason})` : ''}.`,
    help:
      status === 'RUNNABLE'
        ? 'Fargate gives it no place: is the compute environment valid (Batch, compute environments, status reason)? Is the quota for Fargate vCPUs of the account large enough?'
        : 'A task that stays in STARTING cannot fetch its image or open its log: jobs need a way out (public_ip, NAT, or endpoints for ECR, S3 and CloudWatch Logs).',
  };
}

function silent(name: string, job: JobDetail): Finding {
  const reason = job.statusReason ?? attemptsOf(job).at(-1)?.statusReason ?? 'no reason is given';
  return {
    name,
    status: 'fail',
    message: `The job ended as ${job.status} and said nothing: ${reason}`,
    help: 'CannotPullContainerError: jobs do not reach ECR, or the image was not built. ResourceInitializationError: they do not reach CloudWatch Logs. Else: Batch shows the task, and its stopped reason.',
  };
}

function attemptsOf(job: JobDetail) {
  return job.attempts ?? [];
}

async function smokeLines(clients: OperatorClients, job: JobDetail): Promise<SmokeLine[]> {
  const stream =
    job.ecsProperties?.taskProperties?.[0]?.containers?.[0]?.logStreamName ??
    attemptsOf(job).at(-1)?.taskProperties?.[0]?.containers?.[0]?.logStreamName ??
    job.container?.logStreamName;
  if (!stream) return [];
  const lines = await readStream(clients, JOB_LOGS, stream);
  return lines.flatMap((line) => {
    try {
      const parsed = JSON.parse(line) as SmokeLine;
      return parsed.smoke === 1 ? [parsed] : [];
    } catch {
      return [];
    }
  });
}
