import {
  type BatchClient,
  type JobSummary,
  ListJobsCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { queueName } from '../../../core/jobs/names.ts';
import type { Artifacts, Jobs } from '../../../core/ports.ts';
import { reach } from '../clients/errors.ts';
import { readLog } from './log.ts';

/** Jobs that are told to stop at the same time: TerminateJob takes some 50 a second of an account. */
const AT_ONCE = 10;

export interface BatchJobsOptions {
  batch: BatchClient;
  logs: CloudWatchLogsClient;
  /** Where a job says which log stream is its own. */
  artifacts: Pick<Artifacts, 'get' | 'list'>;
  /** Log group that jobs write to: no other is read, whatever a job says. */
  logGroup: string;
  /** The queues that jobs are looked for in. */
  queues?: readonly string[];
}

/**
 * Jobs on AWS Batch, found by their name `<runId>-<job id>`. Builds run elsewhere (CodeBuild) and are not
 * among them: they touch no state, and Step Functions stops them with their execution.
 */
export function batchJobs(options: BatchJobsOptions): Jobs {
  const { batch, logs, artifacts, logGroup, queues = [queueName('plan'), queueName('apply')] } = options;

  async function listed(runId: string): Promise<JobSummary[]> {
    const all = await Promise.all(queues.map((queue) => ofQueue(batch, queue, `${runId}-`)));
    return all.flat();
  }

  return {
    async active(runId) {
      return (await listed(runId)).map(({ jobName = '' }) => jobName);
    },

    async stop(runId, reason) {
      const jobs = await listed(runId);
      for (let first = 0; first < jobs.length; first += AT_ONCE) {
        await Promise.all(
          jobs.slice(first, first + AT_ONCE).map(({ jobId }) => {
            const command = new TerminateJobCommand({ jobId, reason: reason.slice(0, 1024) });
            return reach(`job ${jobId}`, () => batch.send(command));
          }),
        );
      }
    },

    log: (prefix, offset) => readLog(logs, artifacts, logGroup, prefix, offset),
  };
}

/** Those of a queue that have not ended. With this filter Batch answers every status. */
async function ofQueue(batch: BatchClient, jobQueue: string, start: string): Promise<JobSummary[]> {
  const found: JobSummary[] = [];
  let nextToken: string | undefined;
  do {
    const filters = [{ name: 'JOB_NAME', values: [`${start}*`] }];
    const command = new ListJobsCommand({ jobQueue, filters, ...(nextToken ? { nextToken } : {}) });
    const page = await reach(`queue ${jobQueue}`, () => batch.send(command));
    found.push(...(page.jobSummaryList ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return found.filter(
    ({ jobName, status }) => jobName?.startsWith(start) && status !== 'SUCCEEDED' && status !== 'FAILED',
  );
}
