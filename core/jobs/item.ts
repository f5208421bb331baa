import { definitionName, jobName, queueName } from './names.ts';
import type { JobOrder } from './order.ts';

/** What a Map item or a `.sync` state needs to submit a job; names, never ARNs. */
export interface JobItem {
  /** Artifact prefix of the order. */
  job: string;
  /** Name in the job list. */
  name: string;
  queue: ReturnType<typeof queueName>;
  /** Name of the job definition, or of the build's project. */
  definition: string;
}

export function itemOf(order: JobOrder): JobItem {
  return {
    job: order.prefix,
    name: jobName(order.job.runId, order.job.id),
    queue: queueName(order.identity.stage === 'apply' ? 'apply' : 'plan'),
    definition: definitionName(order.identity, order.size),
  };
}
