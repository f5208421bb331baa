import { afterEach, beforeEach, expect, test } from 'vitest';
import { tellGithub } from '../../../../core/reports/github/sink-github.ts';
import { tellSlack } from '../../../../core/reports/slack/sink-slack.ts';
import { markdownFaults } from '../../../support/markdown-check.ts';
import { createWorld, REPOSITORY, type World } from '../../../support/memory-world.ts';
import { branches, openPull, up } from '../../../workflows/scenarios/sandbox.ts';
import { CONFIG, shop } from '../../../workflows/scenarios/shop.ts';
import { ask, down, HOUR } from '../../../workflows/scenarios/standing.ts';

let world: World;
let told = 0;

beforeEach(() => {
  world = createWorld();
  told = 0;
});

afterEach(() => world.close());

/** Hands sinks what they were not told yet. */
async function tell(): Promise<void> {
  for (const event of world.ports.emitted.slice(told)) {
    await tellGithub(event, world.ports);
    await tellSlack(event, world.ports);
  }
  told = world.ports.emitted.length;
}

function comments(): string[] {
  return [...world.ports.reports.comments.values()].map(({ body }) => body);
}

function headers(): string[] {
  return [...world.ports.chat.messages.values()].map(({ message }) => message.text);
}

async function made(app = {}): Promise<void> {
  branches(world, undefined, app);
  const pull = await openPull(world);
  await up(world, { pull: pull.number, ttl: '4h' });
  await tell();
}

test('the comment of an environment says that it is gone, the check too, and nothing is deployed any more', async () => {
  await made();

  await world.pass(4 * HOUR);
  await world.settled();
  await tell();

  const [shown = '', ...more] = comments();
  expect(more).toEqual([]);
  expect(shown.split('\n').slice(0, 5)).toEqual([
    '<!-- cairn:ephemeral:eph-pr-1 -->',
    '',
    '### eph-pr-1: destroyed',
    '',
    expect.stringMatching(/^Commit `[0-9a-f]{7}` of `change` · its time is up · \[run 2\]/),
  ]);
  expect(markdownFaults(shown, 65_536)).toEqual([]);
  const check = [...world.ports.reports.checks.values()].find(({ name }) => name === 'cairn: eph-pr-1');
  expect(check).toMatchObject({ state: 'success', title: 'eph-pr-1: destroyed' });
  const [deployment] = [...world.ports.reports.deployments.values()];
  expect(deployment?.statuses.at(-1)).toBe('inactive');
  expect(headers().at(-1)).toBe('acme/shop: eph-pr-1: destroyed');
});

test('while it is destroyed the comment says so', async () => {
  await made();

  await down(world, 'eph-pr-1');
  await world.settled();
  const begun = world.ports.emitted.findIndex(({ message }) => message.startsWith('Destroys'));
  for (const event of world.ports.emitted.slice(told, begun + 1)) await tellGithub(event, world.ports);

  expect(comments()[0]).toContain('### eph-pr-1: destroying');
  expect(comments()[0]).toContain('asked for by `alice`');
});

test('what is left stands in the comment with what to type, and in Slack once more each day', async () => {
  await made({ destroy: 6 });
  await down(world, 'eph-pr-1');
  await world.settled();

  await tell();
  const [shown = ''] = comments();
  const first = headers().filter((text) => text.includes('could be destroyed'));
  world.ports.clock.pass(25 * HOUR);
  await world.call('SweepEnvironments', { repositories: [REPOSITORY] });
  await tell();

  expect(shown).toContain('### eph-pr-1: not all of it could be destroyed');
  expect(shown).toContain('> - `app`: `terraform_data.it`');
  expect(shown).toContain('> - `network`: `terraform_data.it`');
  expect(shown).toContain('To go on: `/cairn down`');
  expect(shown).toContain('DependencyViolation');
  expect(markdownFaults(shown, 65_536)).toEqual([]);
  expect(first).toHaveLength(1);
  expect(headers().filter((text) => text.includes('could be destroyed'))).toHaveLength(2);
});

test('its time is nearly up: a comment of its own, once; the new end stands in the other one', async () => {
  await made();

  await world.pass(3.5 * HOUR);
  await tell();
  await ask(world, { command: 'extend', environment: 'eph-pr-1', ttl: '2h', pull: 1 });
  await world.settled();
  await tell();

  const [shown, warning, ...more] = comments();
  expect(more).toEqual([]);
  expect(warning).toContain('**eph-pr-1 ends in 30 min, at 2026-01-01T04:00Z.**');
  expect(warning).toContain('`/cairn extend 4h`');
  expect(shown).toContain('### eph-pr-1: ready');
  expect(shown).toContain('It ends **2026-01-01 06:00 UTC**');
  expect(headers().at(-1)).toBe('acme/shop: eph-pr-1: ready');
});

test('an end that cannot be moved is told on the pull request', async () => {
  await made();

  await ask(world, { command: 'extend', environment: 'eph-pr-1', ttl: '30d', pull: 1 });
  await world.settled();
  await tell();

  expect(comments()).toHaveLength(2);
  expect(comments()[1]).toContain('**The end of eph-pr-1 was not moved.**');
  expect(comments()[1]).toContain('max\\_ttl');
});

test('a permanent environment that is taken down waits with its plan, and is inactive afterwards', async () => {
  const config = `${CONFIG}notifications: { slack: { channel: C1 } }\n`;
  await world.push(shop({ value: 'n1' }, { value: 'a1' }, config));
  await world.settled();
  await world.approve();
  await world.settled();
  await tell();

  await ask(world, { command: 'destroy', environment: 'prod', confirm: 'prod', reason: 'asked' });
  await world.settled();
  await tell();
  const waiting = headers().at(-1);
  await world.approve();
  await world.settled();
  await tell();

  expect(waiting).toBe('acme/shop: Taking prod down: waits for approval (2 to destroy)');
  expect(headers().at(-1)).toBe('acme/shop: Taking prod down: destroyed');
  const names = [...world.ports.reports.checks.values()].map(({ name, title }) => `${name}: ${title}`);
  expect(names).toContain('cairn: destroy prod: Taking prod down: destroyed');
  expect(names.some((name) => name.startsWith('cairn: deploy prod: Deploy to prod: deployed'))).toBe(true);
  expect([...world.ports.reports.deployments.values()].map(({ statuses }) => statuses.at(-1))).toEqual([
    'inactive',
  ]);
});
