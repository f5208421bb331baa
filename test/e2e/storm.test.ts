import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runId } from '../../core/requests/run-id.ts';
import { type Server, startServer } from '../../local/server.ts';
import { type MemoryPorts, memoryPorts } from '../support/fakes/index.ts';

const REPOSITORY = 'acme/shop';
const SECRET = 'a secret of the storm, of at least 32 characters';
const DISTINCT = 1000;

interface Delivery {
  id: string;
  event: string;
  body: string;
}

let dir: string;
let ports: MemoryPorts;
let server: Server;
const troubles: string[] = [];

beforeEach(async () => {
  // In memory where that can be: this is not about how fast the disk is.
  dir = await mkdtemp(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cairn-storm-'));
  await chmod(dir, 0o711);
  ports = memoryPorts();
  // Nothing that a push changes belongs to a project: every run is whole, and none needs terraform.
  const config = 'environments:\n  prod:\n    branch: main\n    approval: { required: false }\n';
  ports.repository.push('main', { 'cairn.yaml': config, 'README.md': '0' });
  server = await startServer({
    data: path.join(dir, 'data'),
    host: '127.0.0.1',
    port: 0,
    githubUrl: 'http://127.0.0.1:9',
    github: { kind: 'token', token: 'none' },
    webhookSecret: SECRET,
    repositories: [REPOSITORY],
    slackToken: null,
    concurrency: 2,
    providerMirror: null,
    publicUrl: null,
    pages: 'open',
    binaries: [{ name: 'terraform', path: process.execPath, version: '1.11.4' }],
    forge: { ...ports, self: async () => 'cairn[bot]' },
    log: (level, message, fields) => {
      if (level === 'error') troubles.push(`${message} ${JSON.stringify(fields)}`);
    },
  });
}, 60_000);

afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

test('2,000 deliveries, half of them duplicates, in any order: one run for each trigger', async () => {
  const { deliveries, runs } = await storm();
  const twice = deliveries.flatMap((delivery, i) => [
    delivery,
    // GitHub sends the same delivery again; a second webhook of the same repository another one.
    i % 2 === 0 ? delivery : { ...delivery, id: `${delivery.id}-again` },
  ]);

  const statuses = await sendAll(shuffled(twice, 42), 40);
  await allEnded(runs.size);

  expect(statuses).toHaveLength(2 * DISTINCT);
  expect(statuses.filter((status) => status < 200 || status > 299)).toEqual([]);
  const { host } = server;
  const index = await host.ports.runs.list({ repository: REPOSITORY, limit: 5000 });
  const asked = index.filter(({ id }) => runs.has(id)).map(({ id }) => id);
  expect(asked.sort()).toEqual([...runs].sort());
  expect(index.filter(({ id, requester }) => !runs.has(id) && requester !== null)).toEqual([]);
  expect(new Set(index.map(({ number }) => number)).size).toBe(index.length);
  expect(host.engine.list({ limit: 5000 })).toHaveLength(index.length);
  expect(index.filter(({ state }) => state !== 'succeeded' && state !== 'superseded')).toEqual([]);
  expect(await host.ports.locks.held()).toEqual([]);
  expect(host.stores.bus.dead()).toEqual([]);
  expect(troubles).toEqual([]);
  // Each commit of the last push was deployed: superseded runs lost nothing.
  expect(index.some(({ commit, state }) => commit === head() && state === 'succeeded')).toBe(true);
}, 240_000);

function head(): string {
  return ports.repository.refs.get('refs/heads/main') ?? '';
}

/** Pushes, pull requests and comments, and the runs that each of them is to become. */
async function storm(): Promise<{ deliveries: Delivery[]; runs: Set<string> }> {
  const deliveries: Delivery[] = [];
  const runs = new Set<string>();
  const add = (event: string, command: string, trigger: string, payload: object) => {
    const body = JSON.stringify({
      ...payload,
      repository: { full_name: REPOSITORY },
      sender: { login: 'bob' },
    });
    deliveries.push({ id: `delivery-${deliveries.length}`, event, body });
    runs.add(runId(command, REPOSITORY, 'prod', trigger));
  };
  for (let n = 0; n < DISTINCT * 0.6; n += 1) {
    const before = head();
    const after = ports.repository.push('main', { 'README.md': `${n + 1}` });
    add('push', 'deploy', `${before}..${after}`, { ref: 'refs/heads/main', before, after, deleted: false });
  }
  for (let n = 0; n < DISTINCT * 0.2; n += 1) {
    ports.repository.push(`change-${n}`, { 'README.md': `of ${n}` });
    const pull = await ports.pulls.open(REPOSITORY, {
      title: `${n}`,
      body: '',
      head: `change-${n}`,
      base: 'main',
    });
    const { number } = pull;
    const sha = pull.head.sha;
    add('pull_request', 'plan', `${number}/${sha}/opened`, {
      action: 'opened',
      number,
      pull_request: { draft: false, head: { sha, repo: { full_name: REPOSITORY } } },
    });
    const id = 5000 + n;
    add('issue_comment', 'plan', `comment-${id}`, {
      action: 'created',
      issue: { number, pull_request: {} },
      comment: { id, body: '/cairn plan', user: { login: 'bob', type: 'User' } },
    });
  }
  return { deliveries, runs };
}

async function sendAll(deliveries: Delivery[], parallel: number): Promise<number[]> {
  const statuses: number[] = [];
  const left = [...deliveries];
  const sender = async () => {
    for (let next = left.pop(); next; next = left.pop()) statuses.push(await send(next));
  };
  await Promise.all(Array.from({ length: parallel }, sender));
  return statuses;
}

async function send({ id, event, body }: Delivery): Promise<number> {
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  const answer = await fetch(`${server.url}/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-delivery': id,
      'x-github-event': event,
      'x-hub-signature-256': signature,
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

async function allEnded(runs: number): Promise<void> {
  const { engine, stores } = server.host;
  const end = Date.now() + 200_000;
  for (;;) {
    const all = engine.list({ limit: 5000 });
    if (all.length >= runs && all.every(({ status }) => status !== 'running')) {
      await stores.outbox.drained();
      return;
    }
    if (Date.now() > end)
      throw new Error(`${all.filter(({ status }) => status === 'running').length} still run`);
    await sleep(100);
  }
}

/** Fisher and Yates, with numbers that are the same each time. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed;
  for (let i = result.length - 1; i > 0; i -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    const other = state % (i + 1);
    [result[i], result[other]] = [result[other] as T, result[i] as T];
  }
  return result;
}
