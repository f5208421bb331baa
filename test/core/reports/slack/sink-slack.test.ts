import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusEvent } from '../../../../core/reports/event.ts';
import { tellSlack } from '../../../../core/reports/slack/sink-slack.ts';
import { createWorld, project, type World } from '../../../support/memory-world.ts';

const CONFIG = `
environments:
  prod: { branch: main, approval: { approvers: [alice] } }
notifications: { slack: { channel: C1 } }
`;

let world: World;

beforeEach(() => {
  world = createWorld();
  world.ports.chat.buttons = true;
});

afterEach(() => world.close());

/** One deploy that waits. Answers what was emitted of it. */
async function waiting(): Promise<StatusEvent[]> {
  await world.push({ 'cairn.yaml': CONFIG, ...project('app', { value: 'a1' }) });
  await world.settled();
  return [...world.ports.emitted];
}

async function tell(events: StatusEvent[]): Promise<void> {
  for (const event of events) await tellSlack(event, world.ports);
}

/** Kinds of the blocks of each message. */
function blocks(): string[][] {
  return [...world.ports.chat.messages.values()].map(({ message }) =>
    (message.blocks as { type: string }[]).map(({ type }) => type),
  );
}

test('the question has buttons, which go away with its answer; told twice changes nothing', async () => {
  await tell(await waiting());
  const asked = blocks();
  await world.approve();
  await world.settled();
  await tell(world.ports.emitted);
  await tell(world.ports.emitted);

  expect(asked).toEqual([expect.arrayContaining(['actions'])]);
  expect(blocks().flat()).not.toContain('actions');
  const [question] = [...world.ports.chat.messages.values()];
  expect(JSON.stringify(question?.message.blocks)).toContain('Approved by alice.');
  expect(JSON.stringify(question?.message.blocks)).toContain('/cairn approve prod');
});

test('a question that is told after its answer has no buttons', async () => {
  await waiting();
  await world.approve();
  await world.settled();

  await tell([...world.ports.emitted].reverse());

  expect(blocks().length).toBeGreaterThan(1);
  expect(blocks().flat()).not.toContain('actions');
});

test('without a signing secret there are no buttons, and nothing is edited', async () => {
  world.ports.chat.buttons = false;
  await tell(await waiting());
  const question = structuredClone([...world.ports.chat.messages.values()][0]);
  await world.approve();
  await world.settled();
  await tell(world.ports.emitted);

  expect(blocks().flat()).not.toContain('actions');
  expect([...world.ports.chat.messages.values()][0]).toEqual(question);
});

test('a question that somebody deleted is no trouble', async () => {
  await tell(await waiting());
  world.ports.chat.messages.clear();
  await world.approve();
  await world.settled();

  await tell(world.ports.emitted);

  expect(blocks().flat()).not.toContain('actions');
});
