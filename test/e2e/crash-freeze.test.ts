import { afterEach, beforeEach, expect, test } from 'vitest';
import { freezeOf } from '../../core/environments/freeze.ts';
import { thawSlot } from '../../core/environments/thaw.ts';
import { readHistory } from '../../core/record/read.ts';
import type { Request } from '../../core/requests/request.ts';
import { project, REPOSITORY } from '../support/memory-world.ts';
import { type Life, live, makeOutside, type Outside } from './crash-lives.ts';
import { effectsOf, storyOf } from './crash-story.ts';

const CONFIG = (queue: boolean) => `
environments:
  prod:
    branch: main
    approval: { required: true, approvers: [alice] }
${queue ? '    while_frozen: queue\n' : ''}
projects:
  - dir: app
notifications: { slack: { channel: "#deploys" } }
`;

let outside: Outside;

beforeEach(() => {
  outside = makeOutside();
});
afterEach(() => outside.remove());

const STORIES = [
  ['one that waits for the thaw', true, ['deploy succeeded', 'deploy succeeded']],
  ['one that is refused, and made up for', false, ['deploy succeeded', 'deploy refused', 'deploy succeeded']],
] as const;

test.each(STORIES)('a freeze and %s, when nobody is killed', async (_, queue, runs) => {
  const [life] = await story(() => live(outside), queue);

  expect(await seenAtLast([life as Life])).toMatchObject({
    runs,
    applies: ['apply app', 'apply app'],
    state: { app: 'a2' },
    frozen: null,
    waiting: [null, null],
    locks: [],
    schedules: [],
    repeated: [],
    log: expect.arrayContaining(['prod: unfrozen by bob', 'prod: frozen by alice: release week']),
  });
});

test.each(
  STORIES.flatMap(([what, queue]) => [
    [what, queue, 'commit', 1] as const,
    ...[1, 3, 5, 7, 9, 11].map((first) => [what, queue, 'effect', first] as const),
  ]),
)(
  'a freeze and %s: the same end where the server is killed all along (queue %s, %s %i)',
  async (_, queue, boundary, first) => {
    const [life] = await story(() => live(outside), queue);
    const whole = await seenAtLast([life as Life]);
    outside.remove();
    outside = makeOutside();
    const ends = boundary === 'commit' ? () => 1 : effectsOf(first);

    const lives = await story((before) => live(outside, { [boundary]: ends(before) }), queue);

    expect(await seenAtLast(lives)).toEqual(whole);
    expect(lives.length).toBeGreaterThan(5);
  },
  60_000,
);

async function seenAtLast(lives: Life[]) {
  const life = lives.at(-1) as Life;
  const { ports, ran, repeated, state } = outside;
  const runs = (await life.runs()).reverse();
  const history = await readHistory(ports, REPOSITORY, 'prod', 10);
  const waits = ['prod', thawSlot('prod')].map((slot) => life.ports.approvals.get(REPOSITORY, slot));
  const found = {
    repeated,
    runs: runs.map((run) => `${run.workflow} ${run.state}`),
    applies: ran.filter((job) => job.startsWith('apply')),
    state: Object.fromEntries(state),
    frozen: await freezeOf(ports, REPOSITORY, 'prod'),
    schedules: await ports.schedules.list(),
    locks: await life.locks(),
    waiting: await Promise.all(waits),
    history: history.map(({ outcome }) => outcome),
    log: logOf(outside),
    checks: [...ports.reports.checks.values()].map(({ name, state: of }) => `${name} ${of}`).sort(),
    // A kill may post a message twice, never lose one.
    messages: [
      ...new Set(
        [...ports.chat.messages.values()].map(({ message }) =>
          message.text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d/g, 'TIME'),
        ),
      ),
    ].sort(),
  };
  await life.end();
  return found;
}

/** The record's commits, oldest last. */
function logOf({ ports }: Outside): string[] {
  const { commits, refs } = ports.repository;
  const subjects: string[] = [];
  let at = refs.get('refs/heads/cairn/record');
  while (at !== undefined) {
    const commit = commits.get(at);
    subjects.push((commit?.message.split('\n')[0] ?? '').replace(/[0-9a-f]{7}/, 'COMMIT'));
    at = commit?.parents[0];
  }
  return subjects;
}

/** Deployed, frozen for three days, pushed to, unfrozen before, deployed. */
async function story(begin: (before: number) => Life, queue: boolean): Promise<Life[]> {
  const { ports } = outside;
  const { lives, play } = storyOf(begin);
  const say = (request: Request) =>
    play((life) => life.deliver(`delivery ${request.command} ${request.origin.trigger}`, request));
  const push = async (value: string) => {
    const before = ports.repository.refs.get('refs/heads/main') ?? '0'.repeat(40);
    const files = { 'cairn.yaml': CONFIG(queue), ...project('app', { value }) };
    const commit = ports.repository.push('main', files, { author: 'bob' });
    const origin = { source: 'webhook' as const, login: 'bob', trigger: `${before}..${commit}` };
    await say({ command: 'push', repository: REPOSITORY, branch: 'main', before, commit, origin });
  };
  const prod = { repository: REPOSITORY, environment: 'prod', pull: 1 };
  const comment = (login: string, id: number) => ({
    source: 'comment' as const,
    login,
    trigger: `comment-${id}`,
  });
  const approve = async (id: number) => {
    const waiting = await lives.at(-1)?.ports.approvals.get(REPOSITORY, 'prod');
    if (!waiting) throw new Error('nothing waits');
    await say({ ...prod, command: 'approve', digest: waiting.digest, origin: comment('alice', id) });
  };

  await push('a1');
  await approve(1);
  const reason = 'release week';
  await say({ ...prod, command: 'freeze', reason, until: '3d', origin: comment('alice', 2) });
  await push('a2');
  await say({ ...prod, command: 'unfreeze', origin: comment('bob', 3) });
  await approve(4);
  return lives;
}
