import { Unavailable } from '../errors.ts';
import type { JobResult } from '../jobs/job.ts';
import { jobOrder } from '../jobs/order.ts';
import type { Ports } from '../ports.ts';
import type { RunDocument } from './document.ts';
import { storedResult, withoutResult } from './results.ts';
import { readJson } from './store.ts';

/** What stands in a claim that nobody is to take any more. */
const TAKEN_BACK = JSON.stringify({ job: null, why: 'its run goes on without it' });

/**
 * What an apply left. One that left nothing may wait for a place still, or be at work: its state ended, it did not.
 * So its claim is taken back, after which it can never begin; and one that has begun is stopped and waited for.
 */
export async function readApplied(
  doc: Pick<RunDocument, 'runId'>,
  job: string,
  ports: Pick<Ports, 'artifacts' | 'jobs'>,
): Promise<JobResult> {
  const found = await storedResult(ports, job);
  if (found !== null) return found;
  if (await takeBack(job, ports)) {
    const error =
      'The job never began: it was refused, found no place in time, or could not fetch what it runs in. Nothing was changed.';
    return { ...withoutResult(job), started: false, error };
  }
  const active = await ports.jobs.active(doc.runId);
  if (active.length > 0) {
    await ports.jobs.stop(doc.runId, 'its time in the workflow is over');
    throw new Unavailable(`${active.length} of the run's jobs have not ended yet; they were told to stop.`);
  }
  return (await storedResult(ports, job)) ?? withoutResult(job);
}

/** True if the job has not begun, and from now on cannot. Asking again answers the same. */
async function takeBack(job: string, ports: Pick<Ports, 'artifacts'>): Promise<boolean> {
  const { claim } = jobOrder.parse(await readJson(ports, `${job}/order.json`));
  if (claim === null) return false;
  if (await ports.artifacts.putNew(claim, TAKEN_BACK)) return true;
  return new TextDecoder().decode(await ports.artifacts.get(claim)) === TAKEN_BACK;
}
