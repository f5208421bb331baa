import { thawSlot } from '../../core/environments/thaw.ts';
import { jobOrder } from '../../core/jobs/order.ts';
import type { Request } from '../../core/requests/request.ts';
import type { Run } from '../../core/requests/run.ts';
import { readJson } from '../../core/runs/store.ts';
import { STEPS } from '../../core/steps/index.ts';
import { type MemoryPorts, memoryPorts } from './fakes/index.ts';
import { localEngine, type OpenEngine, type WorldEngine } from './memory-engine.ts';
import { nameOf, runJob } from './memory-jobs.ts';

export { type Model, nameOf, project, runJob } from './memory-jobs.ts';

/**
 * The real steps and the real workflows on a real engine; the repository and terraform are in memory, see
 * memory-jobs.ts.
 */
export interface World {
  ports: MemoryPorts;
  /** Project -> what it stands at. */
  state: Map<string, string>;
  /** Every job that ran: `plan network`, `apply data`, `verify`. */
  jobs: string[];
  /** Every step and job of every run, in the order in which the engine asked for them. */
  trace: { run: string; what: string }[];
  push(files: Record<string, string | null>, options?: { branch?: string; author?: string }): Promise<string>;
  request(request: Request): Promise<Record<string, unknown>>;
  /** Calls a step as a host does. */
  call(step: StepName, payload: unknown): Promise<Record<string, unknown>>;
  /** Waits until no run of the repository is under way but those that wait for a person or a lock. */
  settled(): Promise<Run[]>;
  /** Lets time pass, and puts on the bus what was scheduled for it. */
  pass(seconds: number): Promise<void>;
  approve(login?: string, environment?: string): Promise<Record<string, unknown>>;
  /** What the execution of a run was started with. */
  inputOf(run: string): unknown;
  close(): Promise<void>;
}

export const REPOSITORY = 'acme/shop';

type StepName = keyof typeof STEPS;

interface WorldOptions {
  /** That of one machine, if it is not said. */
  engine?: OpenEngine;
  /** Hands out the ports of one call of a step. */
  touch?(step: StepName, ports: MemoryPorts): MemoryPorts;
}

export function createWorld({ engine: open = localEngine, touch }: WorldOptions = {}): World {
  const ports = memoryPorts();
  const state = new Map<string, string>();
  const jobs: string[] = [];
  const trace: World['trace'] = [];
  let underWay = 0;

  async function busy<T>(work: () => Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  }

  const call = (name: StepName, payload: unknown) =>
    STEPS[name].run(payload, touch ? touch(name, ports) : ports);

  const step = (name: StepName) => (payload: unknown) =>
    busy(() => {
      trace.push({ run: runOf(payload), what: name });
      return call(name, payload);
    });

  async function job(prefix: string): Promise<boolean> {
    const order = jobOrder.parse(await readJson(ports, `${prefix}/order.json`));
    jobs.push(nameOf(order.job));
    trace.push({ run: order.job.runId, what: nameOf(order.job) });
    const result = await runJob(order, ports, state);
    if (result === null) return false;
    await ports.artifacts.put(`${prefix}/out/result.json`, JSON.stringify(result));
    return result.status === 'ok';
  }

  const steps = (Object.keys(STEPS) as StepName[]).map((name) => [name, step(name)]);
  const engine = open({ steps: Object.fromEntries(steps), job: (prefix) => busy(() => job(prefix)) });
  const { started, answered } = watchWorkflows(ports, engine);
  const idle = () => underWay === 0;

  let pushes = 0;
  return {
    ports,
    state,
    jobs,
    trace,
    async push(files, { branch = 'main', author = 'bob' } = {}) {
      const before = ports.repository.refs.get(`refs/heads/${branch}`) ?? '0'.repeat(40);
      const commit = ports.repository.push(branch, files, { author });
      pushes += 1;
      const origin = { source: 'webhook' as const, login: author, trigger: `${before}..${commit}/${pushes}` };
      await call('RouteRequest', { command: 'push', repository: REPOSITORY, branch, before, commit, origin });
      return commit;
    },
    request: (request) => call('RouteRequest', request),
    call,
    settled: () => settled({ ports, engine, started, answered, idle }),
    async pass(seconds) {
      ports.clock.pass(seconds);
      for (const request of ports.schedules.due(ports.clock.now())) await call('RouteRequest', request);
    },
    async approve(login = 'alice', environment = 'prod') {
      const waiting = await ports.approvals.get(REPOSITORY, environment);
      const origin = { source: 'api' as const, login, trigger: `approve-${waiting?.digest}` };
      const digest = waiting?.digest ?? '0000000';
      return call('RouteRequest', {
        command: 'approve',
        repository: REPOSITORY,
        environment,
        digest,
        origin,
      });
    },
    inputOf: (run) => started.get(run)?.input,
    async close() {
      for (const [run, { workflow }] of started)
        await engine.workflows.stop(workflow, run, 'the test is over');
      await until(async () => idle(), engine.pause, 'a step or job is under way');
      await engine.close();
    },
  };
}

interface Started {
  workflow: string;
  input: unknown;
}

/** Puts the engine behind the port, and keeps what was asked of it. */
function watchWorkflows(ports: MemoryPorts, { workflows }: WorldEngine) {
  const started = new Map<string, Started>();
  const answered = new Set<string>();
  Object.assign(ports.workflows, workflows, {
    async start(workflow: string, name: string, input: unknown) {
      const how = await workflows.start(workflow, name, input);
      if (!started.has(name)) started.set(name, { workflow, input });
      return how;
    },
    async succeed(token: string, output: unknown) {
      await workflows.succeed(token, output);
      answered.add(token);
    },
  });
  return { started, answered };
}

interface Settling {
  ports: MemoryPorts;
  engine: WorldEngine;
  started: ReadonlyMap<string, Started>;
  answered: ReadonlySet<string>;
  idle(): boolean;
}

async function settled({ ports, engine, started, answered, idle }: Settling): Promise<Run[]> {
  const over = new Set<string>();

  async function isBusy(id: string, { workflow }: Started): Promise<boolean> {
    if (over.has(id)) return false;
    const token = await tokenOf(id, ports);
    if (token !== null && !answered.has(token)) return false;
    if ((await engine.workflows.status(workflow, id)) === 'running') return true;
    over.add(id);
    return false;
  }

  const done = async () => {
    if (!idle()) return false;
    for (const [id, one] of started) if (await isBusy(id, one)) return false;
    return idle();
  };
  await until(done, engine.pause, 'a run is under way');
  return ports.runs.list({ repository: REPOSITORY, limit: 100 });
}

/** The token that a run waits with, for a person or for the lock. */
async function tokenOf(id: string, ports: MemoryPorts): Promise<string | null> {
  const run = await ports.runs.get(id);
  if (run?.state === 'waiting') {
    for (const slot of [run.environment, thawSlot(run.environment)]) {
      const wait = await ports.approvals.get(REPOSITORY, slot);
      if (wait?.runId === id) return wait.token;
    }
    return null;
  }
  if (run?.state !== 'queued') return null;
  const lock = await ports.locks.get(REPOSITORY, run.environment);
  return lock?.waiting.find(({ runId }) => runId === id)?.token ?? null;
}

async function until(look: () => Promise<boolean>, pause: number, still: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`${still}, also after 60 s`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Its own id or its document's key stands in what every step is given. */
function runOf(payload: unknown): string {
  const text = JSON.stringify(payload);
  return /"runId":"([^"]+)"/.exec(text)?.[1] ?? /"runs\/([^/"]+)\//.exec(text)?.[1] ?? '';
}
