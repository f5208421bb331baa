import { afterEach, expect, test } from 'vitest';
import { readHistory, readRecord } from '../../core/record/read.ts';
import type { Request } from '../../core/requests/request.ts';
import { ENDED } from '../../core/requests/run.ts';
import { type Model, project, REPOSITORY } from '../support/memory-world.ts';
import { type Boundary, type Life, live, makeOutside, type Outside } from './crash-lives.ts';

const CONFIG = `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
    rollback: automatic
    verify: { url: "http://127.0.0.1:9/healthz" }
projects:
  - dir: network
  - dir: app
    depends_on: [network]
notifications: { slack: { channel: "#deploys" } }
`;

let outside: Outside;
afterEach(() => outside.remove());

test('smoke', async () => {
  const t = Date.now();
  outside = makeOutside();
  const [life] = await story('bad', () => live(outside));
  console.log(Date.now() - t, life?.passed, outside.ran, (await life!.runs()).map((r) => r.state), outside.repeated);
  console.log([...outside.ports.reports.comments.values()].map((c) => c.body.split('\n')[0]), outside.ports.reports.calls.join(' '), outside.ports.chat.messages.size);
  await life!.end();
});

/** Lives one after the other until the story is told. */
async function story(kind: 'good' | 'bad', begin: () => Life): Promise<Life[]> {
  const { ports } = outside;
  const first = ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }), { author: 'bob' });
  const lives = [begin()];
  const life = () => lives.at(-1) as Life;

  /** Until it was done by a server that lived: who calls again when nobody answered. */
  async function play(act: (life: Life) => Promise<unknown>): Promise<void> {
    for (;;) {
      const now = life();
      await Promise.race([act(now).catch((error) => { if (now.alive()) throw error; }), now.dead]);
      if (now.alive()) await Promise.race([now.settled(), now.dead]);
      if (now.alive()) return;
      await now.end();
      lives.push(begin());
    }
  }
  const say = (request: Request) => play((now) => now.deliver(`delivery ${request.origin.trigger}`, request));

  await say(pushOf('0'.repeat(40), first));
  await say(approvalOf(await digest(life()), 1));
  const change = project('app', kind === 'bad' ? { value: 'a2', apply: 'fail' } : { value: 'a2' });
  ports.repository.push('change', { ...project('network', { value: 'n2' }), ...change }, { author: 'bob' });
  const pull = await ports.pulls.open(REPOSITORY, { title: 'Change', body: '', head: 'change', base: 'main' });
  await say(planOf(pull.number, pull.head.sha));
  const merged = ports.pulls.merge(pull.number);
  await say(pushOf(first, merged));
  await say(approvalOf(await digest(life()), 2));
  return lives;

  async function digest(now: Life): Promise<string> {
    const waiting = await now.ports.approvals.get(REPOSITORY, 'prod');
    if (!waiting) throw new Error('nothing waits');
    return waiting.digest;
  }
}

function shop(network: Model, app: Model): Record<string, string> {
  return { 'cairn.yaml': CONFIG, ...project('network', network), ...project('app', app) };
}

function pushOf(before: string, commit: string): Request {
  const origin = { source: 'webhook' as const, login: 'bob', trigger: `${before}..${commit}` };
  return { command: 'push', repository: REPOSITORY, branch: 'main', before, commit, origin };
}

function planOf(pull: number, commit: string): Request {
  const origin = { source: 'webhook' as const, login: 'bob', trigger: `${pull}/${commit}/opened` };
  return { command: 'plan', repository: REPOSITORY, pull, commit, asked: false, origin };
}

function approvalOf(digest: string, pull: number): Request {
  const origin = { source: 'comment' as const, login: 'alice', trigger: `comment-${pull}00` };
  return { command: 'approve', repository: REPOSITORY, environment: 'prod', digest, pull: 1, origin };
}
