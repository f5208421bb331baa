import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSource } from '../../adapters/archive.ts';
import { openDatabase } from '../../adapters/local/database.ts';
import type { Job, JobResult } from '../../core/jobs/job.ts';
import { type JobOrder, jobOrder } from '../../core/jobs/order.ts';
import type { Changes, ResourceChange } from '../../core/plans/plan.ts';
import { summarize } from '../../core/plans/summary.ts';
import type { Request } from '../../core/requests/request.ts';
import type { Run } from '../../core/requests/run.ts';
import { ENDED } from '../../core/requests/run.ts';
import { readJson } from '../../core/runs/store.ts';
import { STEPS } from '../../core/steps/index.ts';
import {
  createEngine,
  type Engine,
  lambdaTask,
  TaskFailed,
  type TaskHandler,
} from '../../local/engine/index.ts';
import { loadWorkflows, workflowsOf } from '../../local/workflows.ts';
import { type MemoryPorts, memoryPorts } from './fakes/index.ts';

/**
 * The real steps and the real workflows on the real engine; the repository and terraform are in memory. A
 * project's `model.json` says what applying it does:
 * - `value`: what it stands at afterwards; `$network` in it is what network stands at when the job runs;
 * - `unknown`: its plan says `(known after apply)`; `plan: "fail"`, `apply: "fail"`;
 * - a value with `sick` in it makes the environment's check fail.
 */
export interface Model {
  value: string;
  unknown?: boolean;
  plan?: 'fail';
  apply?: 'fail';
}

export interface World {
  ports: MemoryPorts;
  engine: Engine;
  /** Project -> what it stands at. */
  state: Map<string, string>;
  /** Every job that ran: `plan network`, `apply data`, `verify`. */
  jobs: string[];
  push(files: Record<string, string | null>, options?: { branch?: string; author?: string }): Promise<string>;
  request(request: Request): Promise<Record<string, unknown>>;
  /** Waits until no run of the repository is under way but those that wait for a person or a lock. */
  settled(): Promise<Run[]>;
  approve(login?: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export const REPOSITORY = 'acme/shop';

export function project(dir: string, model: Model): Record<string, string> {
  return { [`${dir}/main.tf`]: `# ${dir}\n`, [`${dir}/model.json`]: JSON.stringify(model) };
}

export function createWorld(): World {
  const dir = mkdtempSync(path.join(tmpdir(), 'cairn-world-'));
  const ports = memoryPorts();
  const state = new Map<string, string>();
  const jobs: string[] = [];
  const functions = Object.fromEntries(
    Object.entries(STEPS).map(([name, step]) => [name, (payload: unknown) => step.run(payload, ports)]),
  );
  const job: TaskHandler = async (parameters) => {
    const text = JSON.stringify(parameters);
    const prefix = /"CAIRN_JOB"[^}]*"Value":"([^"]+)"/.exec(text)?.[1] ?? '';
    const order = jobOrder.parse(await readJson(ports, `${prefix}/order.json`));
    jobs.push(nameOf(order.job));
    const result = await runJob(order, ports, state);
    await ports.artifacts.put(`${prefix}/out/result.json`, JSON.stringify(result));
    if (result.status !== 'ok') throw new TaskFailed('States.TaskFailed', '{}');
    return { Status: 'SUCCEEDED' };
  };
  const engine = createEngine({
    db: openDatabase(path.join(dir, 'engine.db')),
    workflows: loadWorkflows(),
    tasks: {
      'arn:aws:states:::lambda:invoke': lambdaTask(functions),
      'arn:aws:states:::batch:submitJob.sync': job,
      'arn:aws:states:::codebuild:startBuild.sync': job,
    },
  });
  Object.assign(ports.workflows, workflowsOf(engine));
  engine.resume();

  let pushes = 0;
  return {
    ports,
    engine,
    state,
    jobs,
    async push(files, { branch = 'main', author = 'bob' } = {}) {
      const before = ports.repository.refs.get(`refs/heads/${branch}`) ?? '0'.repeat(40);
      const commit = ports.repository.push(branch, files, { author });
      pushes += 1;
      const origin = { source: 'webhook' as const, login: author, trigger: `${before}..${commit}/${pushes}` };
      await STEPS.RouteRequest.run(
        { command: 'push', repository: REPOSITORY, branch, before, commit, origin },
        ports,
      );
      return commit;
    },
    request: (request) => STEPS.RouteRequest.run(request, ports),
    settled: () => settled(ports, engine),
    async approve(login = 'alice') {
      const waiting = await ports.approvals.get(REPOSITORY, 'prod');
      const origin = { source: 'api' as const, login, trigger: `approve-${waiting?.digest}` };
      const digest = waiting?.digest ?? '0000000';
      return STEPS.RouteRequest.run(
        { command: 'approve', repository: REPOSITORY, environment: 'prod', digest, origin },
        ports,
      );
    },
    async close() {
      await engine.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function nameOf(job: Job): string {
  return 'project' in job ? `${job.kind} ${job.project.name}` : job.kind;
}

async function settled(ports: MemoryPorts, engine: Engine): Promise<Run[]> {
  const until = Date.now() + 20_000;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const runs = await ports.runs.list({ repository: REPOSITORY, limit: 100 });
    const busy = engine.list({ status: 'running' }).filter(({ workflow, name }) => {
      const run = runs.find(({ id }) => id === name);
      const last = engine.history(workflow, name).at(-1);
      const parked = last?.kind === 'entered' && /RequestApproval|ClaimLock/.test(last.state);
      return !(parked && (run?.state === 'waiting' || run?.state === 'queued'));
    });
    if (busy.length === 0) return runs;
    if (Date.now() > until) {
      const last = busy.map(({ workflow, name }) => engine.history(workflow, name).at(-1));
      throw new Error(`still running after 20 s: ${JSON.stringify(last)}`);
    }
  }
}

export function ended(runs: Run[]): Run[] {
  return runs.filter((run) => ENDED.includes(run.state));
}

/** What the executor and terraform do, by the project's `model.json`. */
export async function runJob(
  order: JobOrder,
  ports: Pick<MemoryPorts, 'artifacts'>,
  state: Map<string, string>,
): Promise<JobResult> {
  const { job } = order;
  const base = { version: 1 as const, id: job.id, started: false };
  if (job.kind === 'build') return { ...base, status: 'ok', outputs: { image: 'built' } };
  if (job.kind === 'verify') {
    const sick = [...state.values()].some((value) => value.includes('sick'));
    return sick ? { ...base, status: 'failed', error: 'the check answered 500' } : { ...base, status: 'ok' };
  }
  const { name, dir } = job.project;
  const tree = await readSource(await ports.artifacts.get(order.inputs['source.tar.gz'] ?? ''));
  const model = JSON.parse(tree.read(`${dir}/model.json`)) as Model;
  const wanted = model.value.replace('$network', state.get('network') ?? 'none');
  if (job.kind === 'plan') {
    if (model.plan === 'fail') return { ...base, status: 'failed', error: `${name}: Invalid reference` };
    const changes = changesOf(state.get(name), job.destroy ? undefined : wanted, model.unknown ?? false);
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
  if (model.apply === 'fail') {
    state.set(name, `half ${wanted}`);
    return { ...base, status: 'failed', started: true, error: `${name}: local-exec failed` };
  }
  const planned = new TextDecoder().decode(await ports.artifacts.get(order.inputs['plan.tfplan'] ?? ''));
  if (planned === '') state.delete(name);
  else state.set(name, model.unknown ? wanted : planned);
  return { ...base, status: 'ok', started: true, outputs: {} };
}

function changesOf(before: string | undefined, after: string | undefined, unknown: boolean): Changes {
  const none = { terraform: '1.11.4', drift: [], outputs: {} };
  if (before === after) return { ...none, resources: [] };
  const change: ResourceChange = {
    address: 'terraform_data.it',
    mode: 'managed',
    type: 'terraform_data',
    name: 'it',
    change: {
      actions: before === undefined ? ['create'] : after === undefined ? ['delete'] : ['update'],
      before: before === undefined ? null : { input: before },
      after: after === undefined ? null : unknown ? {} : { input: after },
      ...(unknown && after !== undefined ? { after_unknown: { input: true } } : {}),
    },
  };
  return { ...none, resources: [change] };
}
