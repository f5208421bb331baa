import { readSource } from '../../adapters/archive.ts';
import { isEphemeral } from '../../core/ephemeral/name.ts';
import type { Job, JobResult } from '../../core/jobs/job.ts';
import type { JobOrder } from '../../core/jobs/order.ts';
import type { Changes, ResourceChange } from '../../core/plans/plan.ts';
import { summarize } from '../../core/plans/summary.ts';
import type { MemoryPorts } from './fakes/index.ts';

/**
 * What terraform does in memory. A project's `model.json` says what applying it does:
 * - `value`: what it stands at afterwards; `$network` in it is what network stands at when the job runs;
 * - `unknown`: its plan says `(known after apply)`; `plan: "fail"`, `apply: "fail"`;
 * - `apply: "unborn"`: its job never begins; `apply: "killed"`: it ends in the middle, without a word;
 * - `destroy: n`: the first n destroys of it fail, with what it stands at left behind;
 * - `outputs`: what it says afterwards, `$environment` in them is the environment's name;
 * - of a command of terraform, an address `x.none` fails it, `x.unborn` and `x.killed` are as `apply` has them;
 * - a value with `sick` in it makes the environment's check fail.
 */
export interface Model {
  value: string;
  unknown?: boolean;
  plan?: 'fail';
  apply?: 'fail' | 'unborn' | 'killed';
  destroy?: number;
  outputs?: Record<string, string>;
}

/** What stands there cannot be read: every plan fails. */
export const UNREACHABLE = 'unreachable';

/** Where a project of an environment stands in a world's state: ephemeral ones have states of their own. */
export function stateName(environment: string, project: string): string {
  return isEphemeral(environment) ? `${environment}/${project}` : project;
}

export function project(dir: string, model: Model): Record<string, string> {
  return { [`${dir}/main.tf`]: `# ${dir}\n`, [`${dir}/model.json`]: JSON.stringify(model) };
}

export function nameOf(job: Job): string {
  return 'project' in job ? `${job.kind} ${job.project.name}` : job.kind;
}

/** What the executor and terraform do, by the project's `model.json`; null for a job that leaves no result. */
export async function runJob(
  order: JobOrder,
  ports: Pick<MemoryPorts, 'artifacts'>,
  state: Map<string, string>,
): Promise<JobResult | null> {
  const { job } = order;
  const base = { version: 1 as const, id: job.id, started: false };
  if (job.kind === 'build') return { ...base, status: 'ok', outputs: { image: 'built' } };
  if (job.kind === 'verify') {
    const sick = [...state.values()].some((value) => value.includes('sick'));
    return sick ? { ...base, status: 'failed', error: 'the check answered 500' } : { ...base, status: 'ok' };
  }
  const { name: project, dir } = job.project;
  const name = stateName(job.environment, project);
  if (job.kind === 'terraform') {
    const line = job.args.join(' ');
    if (line.includes('.unborn')) return null;
    if (order.claim !== null && !(await ports.artifacts.putNew(order.claim, job.id))) {
      return { ...base, status: 'duplicate', error: `${project}: another job has its claim` };
    }
    if (line.includes('.killed')) return null;
    const text = state.has(name) ? 'terraform_data.it\n' : '';
    await ports.artifacts.put(`${order.prefix}/out/output.txt`, line === 'state list' ? text : `${line}\n`);
    if (line.includes('.none')) {
      return {
        ...base,
        status: 'failed',
        started: job.writes,
        error: `terraform ${line} failed: no such thing`,
      };
    }
    return { ...base, status: 'ok', started: job.writes };
  }
  const tree = await readSource(await ports.artifacts.get(order.inputs['source.tar.gz'] ?? ''));
  const model = JSON.parse(tree.read(`${dir}/model.json`)) as Model;
  const wanted = model.value.replace('$network', state.get(stateName(job.environment, 'network')) ?? 'none');
  if (job.kind === 'plan') {
    if (model.plan === 'fail') return { ...base, status: 'failed', error: `${project}: Invalid reference` };
    if (state.get(name) === UNREACHABLE)
      return { ...base, status: 'failed', error: `${project}: the provider did not answer` };
    const changes = changesOf(
      state.get(name),
      job.destroy ? undefined : wanted,
      model.unknown ?? false,
      job.replace !== undefined && job.replace.length > 0,
    );
    await ports.artifacts.put(`${order.prefix}/out/changes.json`, JSON.stringify(changes));
    await ports.artifacts.put(`${order.prefix}/out/summary.json`, JSON.stringify(summarize(changes)));
    await ports.artifacts.put(`${order.prefix}/out/plan.tfplan`, job.destroy ? '' : wanted);
    const empty = changes.resources.length === 0;
    return {
      ...base,
      status: 'ok',
      empty,
      planSha256: 'a'.repeat(64),
      terraform: { binary: 'terraform', version: '1.11.4' },
    };
  }
  if (model.apply === 'unborn') return null;
  if (order.claim !== null && !(await ports.artifacts.putNew(order.claim, job.id))) {
    return { ...base, status: 'duplicate', error: `${project}: another job has its claim` };
  }
  if (model.apply === 'killed') return null;
  if (model.apply === 'fail') {
    state.set(name, `half ${wanted}`);
    return { ...base, status: 'failed', started: true, error: `${project}: local-exec failed` };
  }
  const planned = new TextDecoder().decode(await ports.artifacts.get(order.inputs['plan.tfplan'] ?? ''));
  if (planned === '') {
    const failures = Number(state.get(`${name}: destroys that failed`) ?? 0);
    if (failures < (model.destroy ?? 0)) {
      state.set(`${name}: destroys that failed`, String(failures + 1));
      return { ...base, status: 'failed', started: true, error: `${project}: DependencyViolation` };
    }
    state.delete(name);
  } else state.set(name, model.unknown ? wanted : planned);
  return { ...base, status: 'ok', started: true, outputs: outputsOf(model, job.environment) };
}

function outputsOf({ outputs = {} }: Model, environment: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [key, value.replace('$environment', environment)]),
  );
}

function changesOf(
  before: string | undefined,
  after: string | undefined,
  unknown: boolean,
  replaced: boolean,
): Changes {
  const none = { terraform: '1.11.4', drift: [], outputs: {} };
  if (before === after && !replaced) return { ...none, resources: [] };
  const change: ResourceChange = {
    address: 'terraform_data.it',
    mode: 'managed',
    type: 'terraform_data',
    name: 'it',
    change: {
      actions: replaced
        ? ['delete', 'create']
        : before === undefined
          ? ['create']
          : after === undefined
            ? ['delete']
            : ['update'],
      before: before === undefined ? null : { input: before },
      after: after === undefined ? null : unknown ? {} : { input: after },
      ...(unknown && after !== undefined ? { after_unknown: { input: true } } : {}),
    },
  };
  return { ...none, resources: [change] };
}
