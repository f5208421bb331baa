import { afterEach, beforeEach, expect, test } from 'vitest';
import { tellGithub } from '../../../../core/reports/github/sink-github.ts';
import { tellSlack } from '../../../../core/reports/slack/sink-slack.ts';
import { createWorld, project, REPOSITORY, type World } from '../../../support/memory-world.ts';

const CONFIG = `
environments:
  prod: { branch: main, approval: { approvers: [alice] }, while_frozen: refuse }
notifications: { slack: { channel: C1 } }
`;

let world: World;

beforeEach(() => {
  world = createWorld();
});

afterEach(() => world.close());

/** Deployed under `whileFrozen`, and frozen. */
async function frozen(whileFrozen: 'refuse' | 'queue'): Promise<void> {
  const config = CONFIG.replace('refuse', whileFrozen);
  await world.push({ 'cairn.yaml': config, ...project('app', { value: 'a1' }) });
  await world.settled();
  await world.approve();
  await world.settled();
  const origin = { source: 'api' as const, login: 'alice', trigger: 'freeze' };
  const request = { command: 'freeze' as const, repository: REPOSITORY, environment: 'prod', origin };
  await world.request({ ...request, reason: 'release @week' });
}

/** A pull request that changes `app`. */
async function change(): Promise<number> {
  const { repository, pulls } = world.ports;
  const files = project('app', { value: 'a2' });
  repository.push('change', files, { from: 'main' });
  const { number } = await pulls.open(REPOSITORY, { title: 'More', body: '', head: 'change', base: 'main' });
  return number;
}

async function told(): Promise<{ check: (name: string) => unknown; comment: string; slack: string }> {
  const { emitted, reports, chat } = world.ports;
  chat.messages.clear();
  for (const event of emitted) {
    await tellGithub(event, world.ports);
    await tellSlack(event, world.ports);
  }
  const checks = [...reports.checks.values()];
  return {
    check: (name) => checks.findLast((check) => check.name === name),
    comment: [...reports.comments.values()].at(-1)?.body ?? '',
    slack: JSON.stringify([...chat.messages.values()].at(-1)?.message.blocks),
  };
}

test('a pull request is planned, and says who has frozen what it is for, and what a merge would come to', async () => {
  await frozen('refuse');
  const pull = await change();

  const origin = { source: 'api' as const, login: 'bob', trigger: 'plan' };
  await world.request({ command: 'plan', repository: REPOSITORY, pull, asked: true, origin });
  await world.settled();
  const { comment, check } = await told();

  const said =
    'prod is frozen by alice: release @\u200bweek. A merge now is refused, and deployed once it is unfrozen.';
  expect(comment).toContain(`> [!WARNING]\n> ${said}`);
  expect(check('cairn: prod')).toMatchObject({ state: 'success' });
  expect(check('cairn: prod')).toMatchObject({ summary: expect.stringContaining(said) });
});

test('a deploy that is refused says by whom, and what ends it', async () => {
  await frozen('refuse');
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  const { check, slack } = await told();

  expect(check('cairn: deploy prod')).toMatchObject({
    state: 'failure',
    title: 'Deploy to prod: refused, since it is frozen',
    summary: expect.stringContaining('prod is frozen by alice: release @'),
  });
  expect(slack).toContain('To go on: `/cairn unfreeze prod`');
  expect(slack).toContain('alice may go ahead in spite of it: /cairn deploy prod --despite-freeze');
});

test('a deploy that waits says for what, and goes on', async () => {
  await frozen('queue');
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  const { check, slack } = await told();
  const origin = { source: 'api' as const, login: 'bob', trigger: 'unfreeze' };
  await world.request({ command: 'unfreeze', repository: REPOSITORY, environment: 'prod', origin });
  await world.settled();
  const after = await told();

  expect(check('cairn: deploy prod')).toMatchObject({
    state: 'in_progress',
    title: 'Deploy to prod: waits until it is unfrozen',
  });
  expect(slack).toContain('prod is frozen by alice: release @\u200bweek');
  expect(after.check('cairn: deploy prod')).toMatchObject({
    state: 'in_progress',
    title: 'Deploy to prod: waits for approval (1 to change)',
  });
});

test('a deploy in spite of the freeze says so to its end', async () => {
  await frozen('refuse');
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  const origin = { source: 'api' as const, login: 'alice', trigger: 'glass' };
  const request = {
    command: 'deploy' as const,
    repository: REPOSITORY,
    environment: 'prod',
    retry: false,
    origin,
  };
  await world.request({ ...request, despiteFreeze: true });
  await world.settled();
  await world.approve();
  await world.settled();
  const { check, slack } = await told();

  expect(check('cairn: deploy prod')).toMatchObject({ state: 'success' });
  expect(slack).toContain('Despite the freeze: prod is frozen by alice: release @');
});
