import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusEvent } from '../../../../core/reports/event.ts';
import { tellGithub } from '../../../../core/reports/github/sink-github.ts';
import { tellSlack } from '../../../../core/reports/slack/sink-slack.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';
import { createWorld, REPOSITORY, type World } from '../../../support/memory-world.ts';
import { branches, change, config, openPull, up } from '../../../workflows/scenarios/sandbox.ts';

let world: World;

beforeEach(() => {
  world = createWorld();
  world.ports.chat.buttons = true;
});

afterEach(() => world.close());

async function tell(events: StatusEvent[] = world.ports.emitted): Promise<void> {
  for (const event of events) {
    await tellGithub(event, world.ports);
    await tellSlack(event, world.ports);
  }
}

function comments(): string[] {
  return [...world.ports.reports.comments.values()].map(({ body }) => body);
}

/** What Slack shows, newest last. */
function messages(): string[] {
  return [...world.ports.chat.messages.values()].map(({ message }) => JSON.stringify(message));
}

/** The comment as it was right after each event of the newest run. */
async function shownAt(kind: StatusEvent['kind'], message: RegExp): Promise<string> {
  for (const event of world.ports.emitted) {
    await tellGithub(event, world.ports);
    if (event.kind === kind && message.test(event.message)) return comments()[0] ?? '';
  }
  throw new Error(`nothing like ${message} was told`);
}

test('one comment is edited in place: the plan while it is made, then links, the end, and what to type', async () => {
  branches(world);
  const pull = await openPull(world);
  await up(world, { pull: pull.number, ttl: '4h' });

  const planning = await shownAt('run.started', /^Plans/);
  const applying = await shownAt('apply.started', /network/);
  await tell();

  expect(planning).toContain('### eph-pr-1: planning');
  expect(applying).toContain('| `network` | 1 |');
  expect(comments()).toHaveLength(1);
  const [ready = ''] = comments();
  expect(markdownFaults(ready, 65_536)).toEqual([]);
  expect(ready.split('\n').slice(0, 8)).toEqual([
    '<!-- cairn:ephemeral:eph-pr-1 -->',
    '',
    '### eph-pr-1: ready',
    '',
    expect.stringMatching(/^Commit `[0-9a-f]{7}` of `change` · made by `alice` · \[run 1\]/),
    '',
    expect.stringMatching(/^- `app\.url`: \[.*\]\(http:\/\/eph-pr-1\.test\/\)$/),
    '',
  ]);
  expect(ready).toContain('It ends **2026-01-01 04:00 UTC**, 4 h after this was written.');
  expect(ready).toContain('`/cairn extend 4h`');
  expect(ready).toContain('`/cairn down`');
});

test('the commit has a check, and a deployment with the address', async () => {
  const commit = branches(world);
  await up(world, { ref: 'change', name: 'demo' });
  await tell();

  const [check] = [...world.ports.reports.checks.values()];
  expect(check).toMatchObject({
    name: 'cairn: eph-demo',
    commit,
    state: 'success',
    title: 'eph-demo: ready',
  });
  expect(check?.summary).toContain('`cairn env extend eph-demo 4h`');
  const [deployment] = [...world.ports.reports.deployments.values()];
  expect(deployment).toMatchObject({ environment: 'eph-demo', commit });
  expect(deployment?.statuses.at(-1)).toBe('success');
  expect(comments()).toEqual([]);
});

test('Slack is told where it is and until when, with buttons to extend and to end it', async () => {
  branches(world);
  await up(world, { ref: 'change', name: 'demo' });
  await tell();
  await tell();

  expect(messages()).toHaveLength(1);
  expect(messages()[0]).toContain('<http://eph-demo.test/|http://eph-demo.test/>');
  expect(messages()[0]).toContain('It ends 2026-01-01T08:00Z, in 8 h.');
  expect(messages()[0]).toContain('cairn:extend');
});

test('a launch that fails says why and what tries again, and where its rest is destroyed', async () => {
  branches(world, config(), { apply: 'fail' });
  const pull = await openPull(world);
  await up(world, { pull: pull.number });
  const launch = world.ports.emitted.filter(({ runId }) => runId === world.ports.emitted[0]?.runId);
  await tell(launch);

  const [body = ''] = comments();
  expect(body).toContain('### eph-pr-1: failed');
  expect(body).toContain('local-exec failed');
  expect(body).toContain('What was applied is being destroyed: [run](http://cairn.test/runs/');
  expect(body).toContain('`/cairn up`');
  expect(body).not.toContain('/cairn extend');
  expect(messages().at(-1)).toContain('is being destroyed');
});

test('an update that comes to nothing leaves what stands in sight', async () => {
  branches(world);
  const pull = await openPull(world);
  await up(world, { pull: pull.number });
  change(world, { plan: 'fail' });
  await up(world, { pull: pull.number });
  await tell();

  expect(comments()).toHaveLength(1);
  expect(comments()[0]).toContain('It stands as it was before.');
  expect(comments()[0]).toContain('](http://eph-pr-1.test/)');
  expect(comments()[0]).toContain('Invalid reference');
});

test('what is refused before anything was resolved is said on the pull request and on its commit', async () => {
  const commit = branches(world, config().replace(/^ephemeral.*$/m, ''));
  const pull = await openPull(world);
  await up(world, { pull: pull.number });
  await tell();

  expect(comments()[0]).toContain('**Cairn could not make eph-pr-1.**');
  expect(comments()[0]).toContain('has no "ephemeral"');
  expect(markdownFaults(comments()[0] ?? '', 65_536)).toEqual([]);
  expect([...world.ports.reports.checks.values()]).toMatchObject([{ commit, state: 'failure' }]);
});

test('a refusal is told in Slack, with who asked and on which pull request, once', async () => {
  branches(world, config('limit: 1'));
  const pull = await openPull(world);
  await up(world, { ref: 'change', name: 'one' });
  await tell();
  const before = messages().length;
  await up(world, { pull: pull.number });
  await tell();
  await tell();

  const [message = '', ...more] = messages().slice(before);
  expect(more).toEqual([]);
  expect(message).toContain('acme/shop: eph-pr-1 could not be made. acme/shop has 1 ephemeral environment,');
  expect(message).toMatch(/asked by alice · #1 · <http:\/\/cairn\.test\/runs\/[^|]+\|run 2>/);
});

test('a launch that was overtaken before it began is nothing to tell in Slack', async () => {
  branches(world);
  const pull = await openPull(world);
  Object.assign(world.ports.pulls.all[0] ?? {}, { state: 'closed' });
  await up(world, { pull: pull.number });
  await tell();

  expect(messages()).toEqual([]);
});

test('its warning is a comment of its own, with the command that extends it, and a message with buttons', async () => {
  branches(world);
  const pull = await openPull(world);
  await up(world, { pull: pull.number });
  const [run] = await world.ports.runs.list({ repository: REPOSITORY, limit: 1 });
  const ready = world.ports.emitted.findLast(({ doc }) => doc !== null);
  await tell();
  await world.ports.status.emit({
    id: 'environment.warning-x',
    runId: run?.id ?? '',
    at: '2026-01-01T07:30:00.000Z',
    kind: 'environment.warning',
    message: 'eph-pr-1 ends in 30 min, at 2026-01-01T08:00Z.',
    doc: ready?.doc ?? null,
    run: {},
  });
  await tell();
  await tell();

  expect(comments()).toHaveLength(2);
  expect(comments()[0]).toContain('eph-pr-1: ready');
  expect(comments()[1]).toContain('eph-pr-1 ends in 30 min');
  expect(comments()[1]).toContain('`/cairn extend 4h`');
  expect(messages().at(-1)).toContain('cairn env extend eph-pr-1 4h');
  expect(messages().at(-1)).toContain('cairn:end');
});
