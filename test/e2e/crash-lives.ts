import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase } from '../../adapters/local/database.ts';
import { localStores } from '../../adapters/local/stores.ts';
import { type JobOrder, jobOrder } from '../../core/jobs/order.ts';
import type { Artifacts, Lock, Ports } from '../../core/ports.ts';
import { tellGithub } from '../../core/reports/github/sink-github.ts';
import { tellSlack } from '../../core/reports/slack/sink-slack.ts';
import { type Request, requestKey } from '../../core/requests/request.ts';
import type { Run } from '../../core/requests/run.ts';
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
import { type MemoryPorts, memoryPorts } from '../support/fakes/index.ts';
import { memoryArtifacts } from '../support/fakes/stores.ts';
import { nameOf, REPOSITORY, runJob } from '../support/memory-world.ts';
import { gated, NEVER, whileAlive } from './crash-gate.ts';

/** What outlives a server: the forge, the artifacts, the jobs that run, and what terraform stands at. */
export interface Outside {
  ports: MemoryPorts;
  artifacts: Artifacts;
  state: Map<string, string>;
  /** Jobs that really ran: `apply network`. */
  ran: string[];
  /** Calls of steps whose outcome was on the disk before. */
  repeated: string[];
  /** By key, as a process is found again by its folder. */
  jobs: Map<string, Promise<unknown>>;
  dir: string;
  remove(): void;
}

export type Boundary = 'commit' | 'effect';

/** One life of a server on what an earlier one left. */
export interface Life {
  engine: Engine;
  ports: Ports;
  /** Boundaries that it passed. */
  passed: Record<Boundary, number>;
  /** Resolves when it is killed. */
  dead: Promise<void>;
  alive(): boolean;
  deliver(id: string, request: Request): Promise<void>;
  runs(): Promise<Run[]>;
  locks(): Promise<Lock[]>;
  /** Nothing is under way but what waits for a person. */
  settled(): Promise<void>;
  end(): Promise<void>;
}

const log = () => undefined;
const workflows = loadWorkflows();

export function makeOutside(): Outside {
  // In memory where that can be: a process that dies needs no disk that is in sync, and there are many stories.
  const dir = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cairn-lives-'));
  const artifacts = memoryArtifacts();
  const outside: Outside = {
    ports: memoryPorts({ artifacts, clock: { now: () => new Date(), pass: () => undefined } }),
    artifacts,
    state: new Map(),
    ran: [],
    repeated: [],
    jobs: new Map(),
    dir,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  return outside;
}

/**
 * The server's real parts: stores, queues and engine on one database, steps, workflows, sinks. `killAt` ends it
 * right after that commit of the engine, or right after that effect on the forge and the stores, before its
 * answer arrives. From then on nothing of it does anything: no call leaves it, nothing is written.
 */
export function live(outside: Outside, killAt: Partial<Record<Boundary, number>> = {}): Life {
  const passed = { commit: 0, effect: 0 };
  let alive = true;
  let died: () => void = () => undefined;
  const dead = new Promise<void>((resolve) => {
    died = resolve;
  });
  function pass(boundary: Boundary): void {
    passed[boundary] += 1;
    if (!alive || passed[boundary] !== killAt[boundary]) return;
    alive = false;
    died();
  }
  const gate = <T extends object>(port: T, effects: readonly string[] = []): T =>
    gated(
      port,
      effects,
      () => alive,
      () => pass('effect'),
    );

  const raw = openDatabase(path.join(outside.dir, 'cairn.db'));
  const db = whileAlive(raw, () => alive);
  const clock = outside.ports.clock;
  const stores = localStores({
    db,
    dir: outside.dir,
    sinks: {
      github: (event) => (alive ? tellGithub(event, ports) : NEVER),
      slack: (event) => (alive ? tellSlack(event, ports) : NEVER),
    },
    clock,
    log,
  });
  const functions = Object.fromEntries(
    Object.entries(STEPS).map(([name, step]) => [
      name,
      (payload: unknown) => (alive ? step.run(payload, ports) : NEVER),
    ]),
  );
  const watched =
    (handler: TaskHandler): TaskHandler =>
    async (parameters, context) => {
      if (!alive) return NEVER;
      if (isFinished(engine, context.workflow, context.execution, context.key))
        outside.repeated.push(context.key);
      const answer = await handler(parameters, context);
      return alive ? answer : NEVER;
    };
  const job = watched(async (parameters, context) => {
    const prefix = /"CAIRN_JOB"[^}]*"Value":"([^"]+)"/.exec(JSON.stringify(parameters))?.[1] ?? '';
    const order = jobOrder.parse(await readJson(outside, `${prefix}/order.json`));
    const known = outside.jobs.get(context.key) ?? runOutside(outside, order, context.key);
    outside.jobs.set(context.key, known);
    if ((await known) !== 'ok') throw new TaskFailed('States.TaskFailed', '{}');
    return { Status: 'SUCCEEDED' };
  });
  const engine: Engine = createEngine({
    db,
    workflows,
    tasks: {
      'arn:aws:states:::lambda:invoke': watched(lambdaTask(functions)),
      'arn:aws:states:::batch:submitJob.sync': job,
      'arn:aws:states:::codebuild:startBuild.sync': job,
    },
    onEnd: async ({ name, status }) => {
      if (!alive) return NEVER;
      if (status !== 'succeeded') await STEPS.ReleaseDeadRun.run({ runId: name, reason: status }, ports);
    },
    onCheckpoint() {
      pass('commit');
      if (!alive) throw new Error('killed');
    },
  });

  const { repository: _, emitted: __, ...forge } = outside.ports;
  const ports: Ports = {
    ...forge,
    artifacts: gate(outside.artifacts),
    pulls: gate(outside.ports.pulls, ['open', 'edit']),
    reports: gate(outside.ports.reports, [
      'createComment',
      'editComment',
      'check',
      'createDeployment',
      'deploymentStatus',
      'react',
    ]),
    git: gate(outside.ports.git, ['commit', 'createRef', 'moveRef']),
    chat: gate(outside.ports.chat, ['post']),
    source: gate(outside.ports.source),
    runs: gate(stores.runs, ['claim']),
    status: gate(stores.status, ['emit']),
    locks: gate(stores.locks, ['claim', 'release']),
    approvals: gate(stores.approvals, ['put', 'remove']),
    sent: gate(stores.sent, ['put']),
    schedules: gate(outside.ports.schedules, ['put', 'remove']),
    ephemerals: gate(outside.ports.ephemerals, ['claim', 'update']),
    keys: stores.keys,
    workflows: gate(workflowsOf(engine), ['start', 'succeed']),
  };
  engine.resume();
  stores.outbox.start();
  const consumer = stores.bus.consume(async (request) => {
    await (alive ? STEPS.RouteRequest.run(request, ports) : NEVER);
  });

  return {
    engine,
    ports,
    passed,
    dead,
    alive: () => alive,
    async deliver(id, request) {
      await stores.bus.claimDelivery(id, [{ request, key: requestKey(request) }]);
    },
    runs: () => stores.runs.list({ repository: REPOSITORY, limit: 100 }),
    locks: () => stores.locks.held(),
    async settled() {
      const end = Date.now() + 60_000;
      while (alive && !(await isQuiet(db, engine, () => alive))) {
        if (Date.now() > end) throw new Error(`not settled: ${describe(engine)}`);
        await sleep(2);
      }
    },
    async end() {
      alive = false;
      died();
      void consumer.stop();
      void stores.outbox.stop();
      await engine.close(0);
      raw.close();
    },
  };
}

async function runOutside(outside: Outside, order: JobOrder, key: string): Promise<string> {
  // As local/jobs does it: an apply belongs to who wrote its claim first.
  if (order.claim !== null && !(await outside.artifacts.putNew(order.claim, key))) {
    const owner = new TextDecoder().decode(await outside.artifacts.get(order.claim));
    if (owner !== key) return 'duplicate';
  }
  outside.ran.push(nameOf(order.job));
  // The claim is this one's: it is not to be taken a second time.
  const result = await runJob({ ...order, claim: null }, outside, outside.state);
  if (result === null) return 'nothing';
  await outside.artifacts.put(`${order.prefix}/out/result.json`, JSON.stringify(result));
  return result.status;
}

/** Whether this visit of the state has left it before: `deploy/ID/PLACE#VISIT.ATTEMPT`. */
function isFinished(engine: Engine, workflow: string, execution: string, key: string): boolean {
  const [, place = '', visit = ''] = /^[^/]+\/[^/]+\/(.*)#(\d+)\.\d+$/.exec(key) ?? [];
  const left = engine
    .history(workflow, execution)
    .filter(({ kind, state }) => kind === 'exited' && state === place);
  return left.length >= Number(visit);
}

async function isQuiet(db: Database, engine: Engine, isAlive: () => boolean): Promise<boolean> {
  if (!isAlive()) return false;
  const letters = db.prepare('select count(*) as n from queue').get<{ n: number }>()?.n ?? 0;
  if (letters > 0) return false;
  return engine.list({ status: 'running' }).every(({ workflow, name }) => {
    const last = engine.history(workflow, name).at(-1);
    return last?.kind === 'entered' && WAITING.includes(last.state ?? '') && isParked(db);
  });
}

/** For a person, or for the end of a freeze. */
const WAITING = ['RequestApproval', 'WaitForThaw'];

function isParked(db: Database): boolean {
  return (
    (db.prepare(`select count(*) as n from engine_frames where status = 'parked'`).get<{ n: number }>()?.n ??
      0) > 0
  );
}

function describe(engine: Engine): string {
  return engine
    .list({ status: 'running' })
    .map(
      ({ workflow, name }) => `${workflow} ${name}: ${JSON.stringify(engine.history(workflow, name).at(-1))}`,
    )
    .join('; ');
}
