import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readHistory, readRecord } from '../../core/record/read.ts';
import type { Request } from '../../core/requests/request.ts';
import { ENDED } from '../../core/requests/run.ts';
import { type Model, project, REPOSITORY } from '../support/memory-world.ts';
import { type Boundary, type Life, live, makeOutside, type Outside } from './crash-lives.ts';
import { effectsOf, storyOf } from './crash-story.ts';

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

beforeEach(() => {
  outside = makeOutside();
});
afterEach(() => outside.remove());

let whole: Awaited<ReturnType<typeof seen>>;
let passed: Record<Boundary, number>;

beforeAll(async () => {
  outside = makeOutside();
  const [life] = await story(() => live(outside));
  whole = await seen(life as Life);
  passed = { ...(life as Life).passed };
  await life?.end();
  outside.remove();
});

test('the story, when nobody is killed', () => {
  expect(passed.commit).toBeGreaterThan(60);
  expect(passed.effect).toBeGreaterThan(100);
  expect(whole).toMatchObject({
    repeated: [],
    runs: ['deploy succeeded', 'plan succeeded', 'deploy rolled-back'],
    applies: ['network', 'app', 'network', 'app', 'network', 'app'].map((name) => `apply ${name}`),
    state: { network: 'n1', app: 'a1' },
    locks: [],
    waiting: null,
    history: ['rolled-back', 'deployed'],
    pulls: ['Change', expect.stringMatching(/^Revert prod to [0-9a-f]{7}: app failed$/)],
    deployments: [
      ['in_progress', 'success'],
      ['in_progress', 'failure'],
    ],
  });
  expect(whole.comments).toHaveLength(2);
});

test('kill -9 after each single commit of the engine, once: the same end, nothing twice', async () => {
  let killed = 0;
  for (let at = 1; at <= passed.commit; at += 1) {
    outside.remove();
    outside = makeOutside();
    const kills = [at];

    const lives = await story(() => live(outside, { commit: kills.shift() ?? 0 }));

    expect(await seenAtLast(lives), `killed after commit ${at}`).toEqual(whole);
    killed += lives.length - 1;
  }

  // What comes at about the same time shares a commit: a story may have a few less than another.
  expect(killed).toBeGreaterThan(passed.commit * 0.9);
}, 240_000);

test('kill -9 after every commit, in one and the same story', async () => {
  const lives = await story(() => live(outside, { commit: 1 }));

  expect(await seenAtLast(lives)).toEqual(whole);
  expect(lives.length).toBeGreaterThan(60);
}, 120_000);

test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'kill -9 between effects and their answers: the first after %i, then after every 12th',
  async (first) => {
    const effects = effectsOf(first);

    const lives = await story((before) => live(outside, { effect: effects(before) }));

    expect(await seenAtLast(lives)).toEqual(whole);
    expect(lives.length).toBeGreaterThan(10);
  },
  120_000,
);

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'kill -9 after effect %i of a plan that overtakes another: the older one does not go on',
  async (effect) => {
    const { ports } = outside;
    ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }), { author: 'bob' });
    const head = ports.repository.push('change', project('app', { value: 'a2' }), { author: 'bob' });
    const pull = await ports.pulls.open(REPOSITORY, {
      title: 'Change',
      body: '',
      head: 'change',
      base: 'main',
    });
    // Fetching the older one's source never ends.
    const { tarball } = ports.source;
    let stuck: string | null = null;
    ports.source.tarball = (repository, commit) => {
      stuck ??= commit;
      return commit === stuck ? new Promise(() => undefined) : tarball(repository, commit);
    };
    const first = live(outside);
    await first.deliver('one', planOf(pull.number, head));
    while (stuck === null) await sleep(2);
    await first.end();
    const newer = ports.repository.push('change', project('app', { value: 'a3' }), { author: 'bob' });

    const second = live(outside, { effect });
    await second.deliver('two', planOf(pull.number, newer));
    await second.dead;
    await second.end();
    const third = live(outside);
    await third.settled();
    const runs = await third.runs();
    const executions = third.engine.list().map(({ name, status }) => [name, status]);
    await third.end();

    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'superseded']);
    expect(Object.fromEntries(executions)).toEqual({
      [runs[0]?.id ?? '']: 'succeeded',
      [runs[1]?.id ?? '']: 'stopped',
    });
    expect(ports.reports.comments.size).toBe(1);
    expect([...ports.reports.comments.values()][0]?.body).toContain(newer.slice(0, 7));
  },
  30_000,
);

async function seenAtLast(lives: Life[]) {
  const life = lives.at(-1) as Life;
  const found = await seen(life);
  await life.end();
  return found;
}

/** All that people and machines can see of how the story ended. */
async function seen(life: Life) {
  const { ports, ran, repeated, state } = outside;
  const runs = (await life.runs()).reverse();
  expect(runs.every((run) => ENDED.includes(run.state))).toBe(true);
  const history = await readHistory(ports, REPOSITORY, 'prod', 10);
  return {
    repeated,
    runs: runs.map((run) => `${run.workflow} ${run.state}`),
    plans: ran.filter((job) => !job.startsWith('apply')).sort(),
    applies: ran.filter((job) => job.startsWith('apply')),
    state: Object.fromEntries(state),
    locks: await life.locks(),
    waiting: await life.ports.approvals.get(REPOSITORY, 'prod'),
    history: history.map(({ outcome }) => outcome),
    record: (await readRecord(ports, REPOSITORY, 'prod'))?.state,
    comments: [...ports.reports.comments.values()].map(({ pull, body }) => `#${pull} ${body.split('\n')[0]}`),
    pulls: ports.pulls.all.map(({ title }) => title),
    checks: [...ports.reports.checks.values()]
      .map(({ name, commit, state: of }) => `${name} ${commit} ${of}`)
      .sort(),
    deployments: [...ports.reports.deployments.values()].map(({ statuses }) => [...new Set(statuses)]),
    // Slack cannot be asked whether a message was posted: a kill may post one twice, never lose one.
    messages: [...new Set([...ports.chat.messages.values()].map(({ message }) => message.text))].sort(),
  };
}

/** Lives one after the other until the story is told. */
async function story(begin: (before: number) => Life): Promise<Life[]> {
  const { ports } = outside;
  const first = ports.repository.push('main', shop({ value: 'n1' }, { value: 'a1' }), { author: 'bob' });
  const { lives, play } = storyOf(begin);
  const life = () => lives.at(-1) as Life;
  const say = (request: Request) => play((now) => now.deliver(`delivery ${request.origin.trigger}`, request));

  await say(pushOf('0'.repeat(40), first));
  await say(approvalOf(await digest(life()), 1));
  const bad = { ...project('network', { value: 'n2' }), ...project('app', { value: 'a2', apply: 'fail' }) };
  ports.repository.push('change', bad, { author: 'bob' });
  const pull = await ports.pulls.open(REPOSITORY, {
    title: 'Change',
    body: '',
    head: 'change',
    base: 'main',
  });
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
