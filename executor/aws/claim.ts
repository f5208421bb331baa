import { setTimeout as sleep } from 'node:timers/promises';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { type JobResult, jobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import type { Stop } from '../stop.ts';
import { type Store, StoreRefused } from './store.ts';

/** Milliseconds between two looks for the result of the job that holds the claim. */
const LOOK_EVERY = 2000;

/** `mine`: from now or from before. `same`: a job that was submitted for this very order holds it. */
type Claimed = 'mine' | 'same' | 'other';

/** An apply or a build happens once: its first job writes the claim, any other finds it there. */
export async function claim(order: JobOrder, artifacts: Store, me: string): Promise<Claimed> {
  if (order.claim === null) return 'mine';
  const body = JSON.stringify({ job: me, prefix: order.prefix });
  if (await artifacts.putNew(order.claim, body)) return 'mine';
  const held = JSON.parse((await artifacts.get(order.claim))?.toString('utf8') ?? '{}') as Record<
    string,
    unknown
  >;
  if (held['job'] === me) return 'mine';
  return held['prefix'] === order.prefix ? 'same' : 'other';
}

/** The result that is stored for an order, null if there is none. */
export async function storedResult(artifacts: Store, prefix: string): Promise<JobResult | null> {
  try {
    const bytes = await artifacts.get(`${prefix}/out/${JOB_FILES.result}`);
    return bytes ? jobResult.parse(JSON.parse(bytes.toString('utf8'))) : null;
  } catch (error) {
    // S3 says so of what is not there, too, to a role that may not list.
    if (error instanceof StoreRefused) return null;
    throw error;
  }
}

/**
 * A request that seems to be refused may have been taken, and is made again (SubmitJob has no client token). So one
 * order may be submitted twice, and the workflow waits for the second job. Were that to end at once, the run would go
 * on while the first one applies.
 */
export async function followOther(order: JobOrder, artifacts: Store, stop: Stop): Promise<JobResult | null> {
  const end = Date.now() + order.job.timeout * 1000;
  while (!stop.reason && Date.now() < end) {
    const result = await storedResult(artifacts, order.prefix);
    if (result) return result;
    await sleep(LOOK_EVERY);
  }
  return null;
}
