import { JOB_FILES } from '../../core/jobs/files.ts';
import type { PlanJob } from '../../core/jobs/job.ts';
import { segment } from '../../core/jobs/keys.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import { onlyReads } from '../terraform/reads.ts';
import type { Store } from './store.ts';

type StateTarget = PlanJob['project']['state'];

/**
 * Object of a state that Cairn keeps: `<key>/terraform.tfstate`. Terraform puts the state of a named workspace
 * at `<workspace_key_prefix>/<workspace>/<key of the backend>`; all of it stays below `<key>/`, which is what
 * the job's role may touch.
 */
function stateObject(key: string, workspace: string): string {
  const object = `${key}/${JOB_FILES.stateOut}`;
  return workspace === 'default' ? object : `${workspaces(key)}/${workspace}/${object}`;
}

function workspaces(key: string): string {
  return `${key}/workspaces`;
}

/** The state under a key, of whichever workspace: whoever reads another project's state knows only its key. */
export async function readState(states: Store, key: string): Promise<Buffer | null> {
  const newest = (await states.list(`${key}/`)).find((object) =>
    object.key.endsWith(`/${JOB_FILES.stateOut}`),
  );
  return newest ? states.get(newest.key) : null;
}

export interface StatePlace {
  /** What `in/job.json` says. */
  target: StateTarget;
  /** Key that terraform works with: the former one until the first apply under the new one. Null: not kept. */
  key: string | null;
}

/** Where terraform finds the state of the order's project. */
export async function placeState(
  order: JobOrder,
  states: Store,
  options: { region: string; profile: string | null; emulator: Record<string, unknown> },
): Promise<StatePlace> {
  const { state, job } = order;
  if (!state || job.kind === 'verify' || job.kind === 'build') return { target: { kind: 'own' }, key: null };
  const { workspace } = job.project;
  // Listed, not read: of what is not there S3 says to a pull request's role only that it may not know.
  const has = async (key: string) => {
    const object = stateObject(key, workspace);
    return (await states.list(object)).some((found) => found.key === object);
  };
  const former = state.former !== null && !(await has(state.key)) && (await has(state.former));
  const key = former ? (state.former as string) : state.key;
  // What only reads gets a copy: terraform's backend writes a workspace that is new to it.
  if (onlyReads(job)) return { target: { kind: 'file' }, key };
  const extra = {
    // With true and no key named, S3 would use its own in place of the bucket's key of KMS.
    encrypt: false,
    workspace_key_prefix: workspaces(key),
    // The job's own role: terraform's default is the role it assumes in the target account.
    ...(options.profile === null ? {} : { profile: options.profile }),
    ...options.emulator,
  };
  const { region } = options;
  return {
    target: { kind: 's3', bucket: states.bucket, key: stateObject(key, 'default'), region, extra },
    key,
  };
}

/**
 * After an apply has begun: one state has one name. Left under the former one it would be taken for the
 * truth by a way back. Every line can be repeated.
 */
export async function moveFormer(order: JobOrder, states: Store, used: string): Promise<void> {
  const { state, job } = order;
  if (!state?.former || !state.write || (job.kind !== 'apply' && job.kind !== 'terraform')) return;
  const { workspace } = job.project;
  const from = stateObject(state.former, workspace);
  if (used === state.former) {
    const bytes = await states.get(from);
    if (bytes) await states.putNew(stateObject(state.key, workspace), bytes);
  }
  await states.remove(from);
}

/**
 * Object of a state that terraform could not write (`errored.tfstate`), until the next job of the project has
 * pushed it: beside the state, or, for a root with a backend of its own, at a place of its own.
 */
export function erroredObject(order: JobOrder, used: string | null): string {
  if (used !== null) return `${used}/${JOB_FILES.erroredState}`;
  const { repository, environment } = order.identity;
  const place = `${repository}/${environment}/`;
  const project = order.folder.startsWith(place) ? order.folder.slice(place.length) : order.folder;
  return `${place}errored/${segment(project)}.tfstate`;
}
