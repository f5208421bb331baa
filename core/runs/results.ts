import { JOB_FILES } from '../jobs/files.ts';
import { type JobResult, jobResult } from '../jobs/job.ts';
import type { Changes, PlanSummary } from '../plans/plan.ts';
import type { Ports } from '../ports.ts';
import { readJson } from './store.ts';

/** What a job left, or a result that says it left nothing. */
export async function readResult(ports: Pick<Ports, 'artifacts'>, job: string): Promise<JobResult> {
  return (await storedResult(ports, job)) ?? withoutResult(job);
}

/** Null if it left none. */
export async function storedResult(ports: Pick<Ports, 'artifacts'>, job: string): Promise<JobResult | null> {
  const key = `${job}/out/${JOB_FILES.result}`;
  return (await ports.artifacts.has(key)) ? jobResult.parse(await readJson(ports, key)) : null;
}

export function readChanges(ports: Pick<Ports, 'artifacts'>, job: string): Promise<Changes> {
  return readJson<Changes>(ports, `${job}/out/${JOB_FILES.changes}`);
}

export function readSummary(ports: Pick<Ports, 'artifacts'>, job: string): Promise<PlanSummary> {
  return readJson<PlanSummary>(ports, `${job}/out/${JOB_FILES.summary}`);
}

/** The last lines of a job's log, for people; empty if it left none. */
export async function logTail(ports: Pick<Ports, 'artifacts'>, job: string, lines = 20): Promise<string> {
  const key = `${job}/out/${JOB_FILES.log}`;
  if (!(await ports.artifacts.has(key))) return '';
  const text = new TextDecoder().decode(await ports.artifacts.get(key));
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

export function withoutResult(job: string): JobResult {
  return {
    version: 1,
    id: job,
    status: 'failed',
    // Nobody knows how far it came: treat it as if it had begun to change the world.
    started: true,
    error: 'The job ended without a result: it was killed, ran out of memory, or never started. See its log.',
  };
}
