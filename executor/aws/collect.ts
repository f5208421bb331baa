import { PLAN_TAGGING } from '../../adapters/aws/artifacts/retention.ts';
import { JOB_FILES } from '../../core/jobs/files.ts';
import { CARRIED, withProblems } from '../../core/jobs/hosting.ts';
import type { JobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import { PUSHED } from '../files.ts';
import type { JobEnvironment } from './environment.ts';
import { readOut } from './fill.ts';
import { erroredObject, moveFormer, type StatePlace } from './states.ts';
import type { Store } from './store.ts';

/** Hold secrets: the bucket forgets them early. */
const PLAN_FILES: readonly string[] = [JOB_FILES.plan, JOB_FILES.planWork];

interface CollectOptions {
  env: JobEnvironment;
  artifacts: Store;
  states: Store;
}

/**
 * Carries what a job left to the buckets, the state first. Answers the result as it was stored: a file or a state
 * that could not be stored is part of it.
 */
export async function collect(
  order: JobOrder,
  place: StatePlace | null,
  ran: JobResult,
  options: CollectOptions,
): Promise<JobResult> {
  const { env, artifacts, states } = options;
  const problems: string[] = [];
  const attempt = async (work: () => Promise<void>, after = ''): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(`${(error as Error).message}${after}`);
    }
  };
  await attempt(() => carryErrored(order, place, options));
  if (ran.started && place?.key) {
    const { key } = place;
    await attempt(
      () => moveFormer(order, states, key),
      ' The state is still under its former name; deploy again.',
    );
  }
  for (const name of CARRIED) {
    const body = readOut(env, name);
    if (!body) continue;
    const tag = PLAN_FILES.includes(name) ? PLAN_TAGGING : undefined;
    await attempt(async () => {
      if (await artifacts.putNew(`${order.prefix}/out/${name}`, body, tag)) return;
      const there = await artifacts.get(`${order.prefix}/out/${name}`);
      // A try whose answer was lost did write it.
      if (there?.equals(body)) return;
      throw new Error(
        `${order.prefix}/out/${name} is there already, with other content: an attempt before this one was killed while it ` +
          'stored its files. Run it again.',
      );
    });
  }
  const result = withProblems(ran, problems);
  await storeResult(artifacts, order.prefix, result);
  return result;
}

/** Keeps a state that terraform could not write, or forgets one that was pushed. */
export async function carryErrored(
  order: JobOrder,
  place: StatePlace | null,
  { env, artifacts, states }: CollectOptions,
): Promise<void> {
  const object = erroredObject(order, place?.key ?? null);
  if (readOut(env, PUSHED)) await states.remove(object);
  const errored = readOut(env, JOB_FILES.erroredState);
  if (!errored) return;
  try {
    await states.put(object, errored);
  } catch (error) {
    const kept = `${order.prefix}/out/${JOB_FILES.erroredState}`;
    await artifacts.putNew(kept, errored, PLAN_TAGGING);
    throw new Error(
      `${(error as Error).message} The state after this apply is kept as the artifact ${kept}: push it with ` +
        '`terraform state push` before the next deploy.',
      { cause: error },
    );
  }
}

/** Last of all: who sees a result sees all that came before it. */
export async function storeResult(artifacts: Store, prefix: string, result: JobResult): Promise<void> {
  await artifacts.putNew(`${prefix}/out/${JOB_FILES.result}`, JSON.stringify(result));
}
