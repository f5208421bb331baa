import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Program, program } from '../cli/program.ts';
import { type FakeSlack, startFakeSlack } from '../support/fake-slack.ts';
import { config, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

const SLACK = `notifications:
  slack: { channel: "#deploys", users: { U0ALICE: alice, U0CAROL: carol } }
`;

let slack: FakeSlack;
let world: RealWorld;
let cairn: Program;

beforeAll(async () => {
  slack = await startFakeSlack();
  const slackClicks = { secret: slack.signingSecret, responses: slack.responses };
  world = await startRealWorld({ slackApiUrl: slack.apiUrl, slackClicks });
  cairn = await program();
});

afterAll(async () => {
  await cairn.close();
  await world.close();
  await slack.close();
});

/** As alice types it on her terminal. */
function asAlice(...args: string[]) {
  const env = { HOME: cairn.home, CAIRN_SERVER: world.server.url, CAIRN_TOKEN: world.alice.token };
  return cairn.run(args, { env });
}

function app(value: string) {
  return root(world.log, 'app', { value });
}

test('a button in Slack approves: by whom cairn.yaml names, for the plan that is shown, signed just now', async () => {
  const rules = 'approval: { approvers: [alice] }\nwhile_frozen: queue\n';
  const commit = await world.push({ ...config(rules, SLACK), ...app('a1') });
  await world.waiting({ commit });
  await world.until('the question in the channel', () =>
    [...slack.messages.values()].find(({ blocks }) => blocks.includes('cairn:approve')),
  );
  const approve = { button: 'cairn:approve' };
  const { url } = world.server;

  const refused = [
    await slack.click(url, { ...approve, user: 'U0ALICE', secret: 'f'.repeat(32) }),
    await slack.click(url, { ...approve, user: 'U0ALICE', age: 301 }),
  ];
  const strangers = [
    await slack.click(url, { ...approve, user: 'U0MALLORY' }),
    await slack.click(url, { ...approve, user: 'U0CAROL' }),
  ];
  await world.until('both to be told', () => (slack.answers.length === 2 ? true : undefined));
  const before = await world.applied();
  const clicked = await slack.click(url, { ...approve, user: 'U0ALICE', at: '2.1' });
  const run = await world.ended({ commit });
  const again = await world.until('the buttons to go', async () => {
    const left = [...slack.messages.values()].some(({ blocks }) => blocks.includes('cairn:approve'));
    return left ? undefined : true;
  });

  expect(refused).toEqual([401, 401]);
  expect(strangers).toEqual([200, 200]);
  expect(slack.answers[0]).toMatch(/does not know who you are on GitHub.*\/runs\//);
  expect(slack.answers[1]).toContain('@carol');
  expect(before).toEqual([]);
  expect([clicked, run.state, again]).toEqual([200, 'succeeded', true]);
  expect(await world.applied()).toEqual(['+ app a1']);
  expect((await world.record())?.last).toMatchObject({ outcome: 'deployed' });
});

test('frozen on the terminal, shown everywhere; what waits outlives a restart and goes on after a comment', async () => {
  const frozen = await asAlice('freeze', 'prod', '--reason', 'release week', '--until', '3d');
  const commit = await world.push(app('a2'));
  await world.run({ commit }, ['waiting']);
  await world.restart();
  const status = await asAlice('status');
  const page = await (await fetch(world.server.url)).text();
  const check = await world.until('the check to say so', async () =>
    (await world.bob.checks(commit)).find(({ title }) => title.includes('unfrozen')),
  );
  await world.push(app('a3'), { branch: 'more', from: 'main' });
  const { number } = await world.bob.openPull({ head: 'more' });
  const plan = await world.until('the plan of the pull request', async () =>
    (await world.bob.comments(number)).find(({ body }) => body.includes('frozen by alice')),
  );
  const before = await world.applied();

  await world.carol.comment(number, '/cairn unfreeze prod');
  const carols = await world.until('an answer to carol', async () =>
    (await world.bob.comments(number)).find(({ body }) => body.includes('@carol')),
  );
  await world.bob.comment(number, '/cairn unfreeze prod');
  const run = await world.deploy({ commit });

  expect(frozen).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^prod is frozen by alice until .*: release week\. /),
  });
  expect(status.out).toMatch(/prod is frozen by alice until .*: release week/);
  expect(page).toMatch(/Frozen by @alice since .*release week/);
  expect(check.conclusion).toBeNull();
  expect(plan.body).toContain('A merge now waits until it is unfrozen.');
  expect(before).toEqual(['+ app a1']);
  expect(carols.body).toContain('has no write access');
  expect(run.state).toBe('succeeded');
  expect((await world.applied()).at(-1)).toBe('+ app a2');
});

test('break-glass: for those whom the environment names, and recorded', async () => {
  await asAlice('freeze', 'prod', '--reason', 'an audit');
  const commit = await world.push(app('a4'));
  await world.run({ commit }, ['waiting']);
  const bobs = await world.ask(
    { command: 'deploy', environment: 'prod', commit, despiteFreeze: true },
    world.bob.token,
  );
  const alices = await world.ask(
    { command: 'deploy', environment: 'prod', commit, despiteFreeze: true },
    world.alice.token,
  );
  const [id] = alices.body['started'] as string[];
  const run = await world.until('the end of it', async () => {
    const one = await world.server.host.ports.runs.get(id ?? '');
    if (one?.state === 'waiting') {
      const wait = await world.server.host.ports.approvals.get(one.repository, 'prod');
      await world.ask({ command: 'approve', environment: 'prod', digest: wait?.digest }, world.alice.token);
    }
    return one?.state === 'succeeded' ? one : undefined;
  });
  const past = await asAlice('freeze', 'prod', '--reason', 'x', '--until', '2020-01-01T00:00Z');

  expect(bobs).toMatchObject({
    status: 403,
    body: {
      message: expect.stringContaining('@bob may not deploy to prod despite the freeze: only alice may.'),
    },
  });
  expect(run.state).toBe('succeeded');
  expect((await world.record())?.last).toMatchObject({ outcome: 'deployed' });
  expect((await asAlice('status')).out).toContain('prod is frozen by alice: an audit');
  expect(past).toMatchObject({ code: 3, err: expect.stringContaining('has passed') });
});
