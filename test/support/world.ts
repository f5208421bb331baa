import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateKey } from '../../core/jobs/keys.ts';
import type { Ports } from '../../core/ports.ts';
import { readRecord } from '../../core/record/read.ts';
import type { EnvironmentRecord } from '../../core/record/schema.ts';
import { ENDED, type Run, type RunState } from '../../core/requests/run.ts';
import { type Forge, startForge } from '../../local/forge/forge.ts';
import { type Files, type RealClone, realClone } from './real-clone.ts';
import { type RealPerson, realPerson } from './real-person.ts';

export const REPOSITORY = 'acme/infra';

/** What a host is given: a forge with a repository, an App on it, and a folder that is removed at the end. */
export interface Ground {
  dir: string;
  forge: Forge;
  app: { appId: number; privateKey: string };
  /** What deliveries are signed with. */
  webhookSecret: string;
}

/** Cairn as a test sees it, whoever hosts it: one process on this machine, or AWS. */
export interface Hosted {
  /** Address of its webhook, its API and its pages. */
  readonly url: string;
  readonly ports: Ports;
  /** Lines of what it logged. */
  told: string[];
  /** Whether the run's execution has not ended. */
  running(run: Run): Promise<boolean>;
  /** States that the run's execution entered, in order. */
  steps(run: Run): Promise<string[]>;
  /** A state that Cairn keeps, as terraform wrote it. */
  state(key: string): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

interface RunQuery {
  commit?: string;
  pull?: number;
  workflow?: Run['workflow'];
  command?: Run['command'];
  environment?: string;
}

interface Asked {
  status: number;
  body: Record<string, unknown>;
}

interface TerraformState {
  serial: number;
  lineage: string;
  outputs: Record<string, { value: unknown }>;
  resources: { type: string; name: string; instances: { attributes: Record<string, unknown> }[] }[];
}

/** A forge and a Cairn on it, real git and real terraform. alice is admin, bob may write, carol only read. */
export interface World extends Ground {
  hosted: Hosted;
  alice: RealPerson;
  bob: RealPerson;
  carol: RealPerson;
  clone: RealClone;
  /** File that roots append to when they are applied: what really happened. */
  log: string;
  /** Its lines. */
  applied(): Promise<string[]>;
  /** By bob's clone, or by a clone of somebody else. */
  push(files: Files, options?: { branch?: string; from?: string; message?: string }): Promise<string>;
  until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T>;
  /** The newest run that fits, once it is in one of these states (any, if none is given). */
  run(query: RunQuery, states?: readonly RunState[]): Promise<Run>;
  runs(query?: RunQuery): Promise<Run[]>;
  /** The run has ended, and everybody was told. */
  ended(query: RunQuery): Promise<Run>;
  /** The run waits for a person. Throws if it ends instead. Answers the digest that is asked about. */
  waiting(query: RunQuery, not?: string): Promise<string>;
  /** Waits until the run asks, and answers as that person by the API. Answers the digest. */
  approve(query: RunQuery, who?: RealPerson): Promise<string>;
  /** Approves as often as it asks, until it has ended. */
  deploy(query: RunQuery): Promise<Run>;
  ask(body: Record<string, unknown>, token: string, headers?: Record<string, string>): Promise<Asked>;
  record(environment?: string): Promise<EnvironmentRecord | null>;
  /** The state that Cairn keeps for a project, as terraform wrote it; null if there is none. */
  state(project: string, environment?: string): Promise<TerraformState | null>;
  close(): Promise<void>;
}

interface WorldOptions {
  host(ground: Ground): Promise<Hosted>;
  /** False: the forge tells Cairn nothing. */
  hook?: boolean;
  /** How long anything may take before a test says that it never came, in ms. */
  patience?: number;
}

export async function startWorld({ host, hook = true, patience = 60_000 }: WorldOptions): Promise<World> {
  // Jobs of other users pass through it.
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-e2e-'));
  await chmod(dir, 0o711);
  const out = path.join(dir, 'out');
  await mkdir(out);
  await chmod(out, 0o1777);
  // Each place's jobs are a user of their own, and all say there what they did.
  await writeFile(path.join(out, 'applied.log'), '');
  await chmod(path.join(out, 'applied.log'), 0o666);
  const forge = await startForge({ dir: path.join(dir, 'forge') });
  await forge.addRepository(REPOSITORY);
  const person = (login: string, permission: 'admin' | 'write' | 'read') => {
    const token = `${login}-${randomBytes(8).toString('hex')}`;
    forge.addUser(login, token, { [REPOSITORY]: permission });
    return realPerson(forge.apiUrl, REPOSITORY, login, token);
  };
  const [alice, bob, carol] = [person('alice', 'admin'), person('bob', 'write'), person('carol', 'read')];
  const webhookSecret = randomBytes(32).toString('hex');
  const ground: Ground = { dir, forge, app: await forge.addApp('cairn'), webhookSecret };
  const hosted = await host(ground);
  if (hook) forge.addHook(REPOSITORY, { url: `${hosted.url}/webhook`, secret: webhookSecret });
  const clone = await realClone(dir, `${forge.url}/${REPOSITORY}.git`, bob);

  async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const end = Date.now() + patience;
    for (;;) {
      const value = await look();
      if (value !== undefined) return value;
      if (Date.now() > end) {
        const runs = (await world.runs()).map((r) => `  run ${r.number} ${r.command} ${r.state}: ${r.title}`);
        const log = hosted.told.filter((line) => !/^info|"level":"INFO"/.test(line)).slice(-15);
        throw new Error(`Waited in vain for ${what}.\n${runs.join('\n')}\n${log.join('\n')}`);
      }
      await sleep(25);
    }
  }

  const world: World = {
    ...ground,
    hosted,
    alice,
    bob,
    carol,
    clone,
    log: path.join(out, 'applied.log'),
    applied: async () =>
      (await readFile(world.log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    push: (files, how) => clone.push(files, how),
    until,
    async runs({ commit, command, ...query } = {}) {
      const all = await hosted.ports.runs.list({ repository: REPOSITORY, limit: 100, ...query });
      return all.filter(
        (run) =>
          // The look at the heads saw a push before its webhook was read: the first run deploys it.
          !/^run \d+ takes care of/.test(run.title) &&
          (commit === undefined || run.commit === commit) &&
          (command === undefined || run.command === command),
      );
    },
    run: (query, states) =>
      until(`a run of ${JSON.stringify(query)} that is ${states?.join(' or ') ?? 'there'}`, async () => {
        const [run] = await world.runs(query);
        return run && (!states || states.includes(run.state)) ? run : undefined;
      }),
    async ended(query) {
      const run = await world.run(query, ENDED);
      await until(`the end of run ${run.number}`, async () =>
        (await hosted.running(run)) ? undefined : true,
      );
      return run;
    },
    waiting: (query, not) =>
      until(`run ${JSON.stringify(query)} to ask for approval`, async () => {
        const [run] = await world.runs(query);
        if (!run) return undefined;
        if (ENDED.includes(run.state)) throw new Error(`run ${run.number} ended ${run.state}: ${run.title}`);
        const wait = await hosted.ports.approvals.get(REPOSITORY, run.environment);
        return wait?.runId === run.id && wait.digest !== not && run.state === 'waiting'
          ? wait.digest
          : undefined;
      }),
    async approve(query, who = alice) {
      const digest = await world.waiting(query);
      const [run] = await world.runs(query);
      const answer = await world.ask(
        { command: 'approve', environment: run?.environment ?? '', digest },
        who.token,
      );
      if (answer.status !== 200) throw new Error(`approve was answered ${JSON.stringify(answer)}`);
      return digest;
    },
    async deploy(query) {
      for (let answered: string | undefined; ; ) {
        const run = await world.run(query, ['waiting', ...ENDED]);
        if (run.state !== 'waiting') return world.ended(query);
        const wait = await hosted.ports.approvals.get(REPOSITORY, run.environment);
        if (!wait || wait.runId !== run.id || wait.token === answered) {
          await sleep(25);
          continue;
        }
        answered = wait.token;
        await world.approve(query);
      }
    },
    async ask(body, token, headers = {}) {
      const answer = await fetch(`${hosted.url}/api/v1/requests`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ repository: REPOSITORY, ...body }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    record: (environment = 'prod') => readRecord(hosted.ports, REPOSITORY, environment),
    async state(project, environment = 'prod') {
      const bytes = await hosted.state(stateKey({ repository: REPOSITORY, environment }, project));
      return bytes === null ? null : (JSON.parse(Buffer.from(bytes).toString('utf8')) as TerraformState);
    },
    async close() {
      // Jobs outlive a server on purpose; those of a test must not outlive the test.
      const { jobs } = hosted.ports;
      const runs = await world.runs();
      await Promise.all(runs.map((run) => jobs.stop(run.id, 'the test is over')));
      await until('the last job to end', async () => {
        const active = await Promise.all(runs.map((run) => jobs.active(run.id)));
        return active.flat().length === 0 ? true : undefined;
      }).catch(() => undefined);
      await hosted.close();
      await forge.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return world;
}
