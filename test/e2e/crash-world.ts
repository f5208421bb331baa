import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openDatabase } from '../../adapters/local/database.ts';
import { ENDED, type Run } from '../../core/requests/run.ts';
import { type Checkout, cloneOf } from '../../local/demo/checkout.ts';
import { freePort } from '../../local/demo/free-port.ts';
import { newcomer, type Person } from '../../local/demo/people.ts';
import { type Forge, startForge } from '../../local/forge/forge.ts';
import type { ForgeState, RepositoryRow } from '../../local/forge/state.ts';
import { type ChildServer, startChild } from '../support/child-server-process.ts';

export const REPOSITORY = 'acme/shop';

/** What a version of the two projects does when it is applied. */
export interface Version {
  name: string;
  /** The apply of app fails, after it has left its line. */
  bad?: boolean;
  /** Seconds that each apply takes. */
  slow?: number;
}

/** A forge in this process, a server in a process of its own that is started again whenever it was killed. */
export interface CrashWorld {
  dir: string;
  forge: Forge;
  alice: Person;
  bob: Person;
  checkout: Checkout;
  /** Kills (or TERMs) the server that runs. */
  signal(name: 'SIGKILL' | 'SIGTERM'): void;
  /** The next servers kill themselves after these many commits; later ones live. */
  killAt(...commits: number[]): void;
  /** Lives of the server so far. */
  lives(): number;
  server(): ChildServer;
  push(version: Version, branch?: string): Promise<string>;
  /** Approves whenever it is asked, until the run of the commit and all that it tells has ended. */
  finish(commit: string): Promise<Run>;
  runOf(commit: string): Promise<Run | undefined>;
  /** Lines that the applies left, in order: `network v1`. */
  applies(): string[];
  /** States that the run of the commit left, in the order of each place. */
  exited(run: Run): string[];
  /** Processes of jobs that are alive, those that wait a moment for the next job included. */
  jobProcesses(): string[];
  /** All that the forge keeps of the repository beside git. */
  forgeState(): RepositoryRow;
  heldLocks(): string[];
  close(): Promise<void>;
}

export async function makeCrashWorld(program: string): Promise<CrashWorld> {
  const dir = await mkdtemp(path.join(tmpdir(), 'cairn-crash-'));
  chmodSync(dir, 0o711);
  const marks = path.join(dir, 'marks');
  mkdirSync(marks);
  chmodSync(marks, 0o1777);
  const forge = await startForge({ dir: path.join(dir, 'forge') });
  await forge.addRepository(REPOSITORY);
  const alice = newcomer(forge, REPOSITORY, 'alice', 'admin');
  const bob = newcomer(forge, REPOSITORY, 'bob', 'write');
  const app = await forge.addApp('cairn');
  const keyFile = path.join(dir, 'app.pem');
  writeFileSync(keyFile, app.privateKey, { mode: 0o600 });
  const data = path.join(dir, 'data');
  const options = {
    data,
    host: '127.0.0.1',
    port: await freePort(),
    githubUrl: forge.apiUrl,
    github: { kind: 'app' as const, appId: String(app.appId), keyFile },
    webhookSecret: randomBytes(32).toString('hex'),
    repositories: [REPOSITORY],
    slackToken: null,
    concurrency: 2,
    providerMirror: null,
    publicUrl: null,
    pages: 'open' as const,
  };
  const url = `http://127.0.0.1:${options.port}`;
  const checkout = await cloneOf(`${forge.url}/${REPOSITORY}.git`, bob);

  let planned: number[] = [];
  let lives = 0;
  let closing = false;
  let current: ChildServer;
  let failure: unknown = null;
  function live(): void {
    lives += 1;
    const child = startChild(program, { options, killAt: planned.shift() ?? 0 });
    current = child;
    child.ended.then(
      () => {
        if (!closing) live();
      },
      (error: unknown) => {
        failure = error;
      },
    );
  }
  live();
  const token = (await current!.ready) ?? '';
  forge.addHook(REPOSITORY, { url: `${url}/webhook`, secret: options.webhookSecret });

  async function ask<T>(address: string, body?: unknown): Promise<T | null> {
    if (failure) throw failure;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    // No answer: the server is between two lives.
    const answer = await fetch(`${url}/api/v1${address}`, init).catch(() => null);
    if (!answer?.ok) return null;
    return (await answer.json().catch(() => null)) as T | null;
  }

  const runOf = async (commit: string): Promise<Run | undefined> =>
    (await ask<{ runs: Run[] }>(`/runs?repository=${REPOSITORY}&workflow=deploy&limit=50`))?.runs.find(
      (run) => run.commit === commit && run.state !== 'superseded',
    );

  async function answerIfAsked(commit: string): Promise<void> {
    const view = await ask<{ waiting: { digest: string; commit: string } | null }>(
      `/environments/${REPOSITORY}/prod`,
    );
    if (view?.waiting?.commit !== commit) return;
    const { digest } = view.waiting;
    await ask('/requests', { command: 'approve', repository: REPOSITORY, environment: 'prod', digest });
  }

  function query<T>(work: (db: Database) => T): T {
    const db = openDatabase(path.join(data, 'cairn.db'));
    try {
      return work(db);
    } finally {
      db.close();
    }
  }
  const count = (sql: string) => query((db) => db.prepare(sql).get<{ n: number }>()?.n ?? 0);

  return {
    dir,
    forge,
    alice,
    bob,
    checkout,
    signal: (name) => {
      current.process.kill(name);
    },
    killAt: (...commits) => {
      planned = commits;
    },
    lives: () => lives,
    server: () => current,
    push: (version, branch = 'main') =>
      checkout.push(branch, `Version ${version.name}`, async (to) =>
        writeVersion(to, path.join(marks, 'log'), version),
      ),
    runOf,
    async finish(commit) {
      const end = Date.now() + 90_000;
      for (;;) {
        const run = await runOf(commit);
        if (run?.state === 'waiting') await answerIfAsked(commit);
        const quiet =
          run !== undefined &&
          ENDED.includes(run.state) &&
          count(`select count(*) as n from engine_executions where status = 'running' or told = 0`) === 0 &&
          count('select count(*) as n from queue') === 0;
        if (quiet) return run;
        if (Date.now() > end)
          throw new Error(`not ended after 90 s: ${JSON.stringify(run)}; see ${data}.log`);
        await sleep(40);
      }
    },
    applies: () => lines(path.join(marks, 'log')),
    exited: (run) =>
      query((db) =>
        db
          .prepare(
            `select v.state from engine_events v join engine_executions e on e.id = v.execution
             where e.name = ? and v.kind = 'exited' order by v.seq`,
          )
          .all<{ state: string }>(run.id)
          .map(({ state }) => state),
      ),
    jobProcesses: () => processesOf(data),
    heldLocks: () =>
      query((db) =>
        db
          .prepare('select body from locks where held = 1')
          .all<{ body: string }>()
          .map(({ body }) => body),
      ),
    forgeState: () => {
      const file = path.join(dir, 'forge', 'forge.json');
      const state = JSON.parse(readFileSync(file, 'utf8')) as ForgeState;
      return state.repositories[REPOSITORY] as RepositoryRow;
    },
    async close() {
      closing = true;
      current.process.kill('SIGTERM');
      await current.ended;
      await forge.close();
      await checkout.remove();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function lines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

/** Executors write what Node says of a crash into the data folder; terraform and its commands work in it. */
function processesOf(data: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) =>
      [`/proc/${pid}/fd/2`, `/proc/${pid}/cwd`].some((link) => target(link).startsWith(`${data}/`)),
    )
    .map((pid) => `${pid} ${readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

/** Processes come and go while they are looked at. */
function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function writeVersion(to: string, marks: string, version: Version): Promise<void> {
  const root = (name: string, after: string) => `
resource "terraform_data" "it" {
  input            = "${version.name}"
  triggers_replace = ["${version.name}"]
  provisioner "local-exec" {
    command = "echo ${name} ${version.name} >> ${marks}${after}"
  }
}
`;
  const pause = version.slow ? ` && sleep ${version.slow}` : '';
  const files = {
    'cairn.yaml': `environments:
  prod:
    branch: main
    approval: { required: true, approvers: [operator] }
    rollback: automatic
    verify: { command: ["true"], attempts: 1 }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
`,
    'network/main.tf': root('network', pause),
    'app/main.tf': root('app', `${pause}${version.bad ? ' && exit 1' : ''}`),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    writeFileSync(path.join(to, name), text);
  }
}
