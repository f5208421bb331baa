import { expect, test } from 'vitest';
import { endOfPull } from '../../../core/ephemeral/end-of-pull.ts';
import { ForgeRefused } from '../../../core/errors.ts';
import { memoryPorts } from '../../support/fakes/index.ts';

const PLACE = { repository: 'acme/shop', pull: 7 };

async function ports() {
  const made = memoryPorts();
  const common = {
    ...PLACE,
    state: 'ready' as const,
    ref: 'change',
    commit: null,
    owner: 'bob',
    email: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: '2026-01-01T00:00:00.000Z',
    endsAt: '2026-01-01T08:00:00.000Z',
    projects: null,
    applied: {},
    outputs: {},
    left: {},
    runId: 'a'.repeat(20),
  };
  await made.ephemerals.claim({ ...common, environment: 'eph-mine', automatic: false }, 9);
  await made.ephemerals.claim({ ...common, environment: 'eph-pr-7', automatic: true }, 9);
  return made;
}

const CLOSED = {
  command: 'closed' as const,
  ...PLACE,
  origin: { source: 'webhook' as const, login: 'bob', trigger: '7/closed' },
};

test('of what stays it is said how that is taken down: it has a name of its own', async () => {
  const world = await ports();

  await endOfPull(CLOSED, world);

  const [comment, ...more] = [...world.reports.comments.values()];
  expect(comment?.body).toContain('`/cairn down eph-mine` takes it down now');
  expect(more).toEqual([]);
});

test('a conversation that nobody may write in keeps nothing alive', async () => {
  const world = await ports();
  world.reports.createComment = () => Promise.reject(new ForgeRefused('the conversation is locked'));

  await expect(endOfPull(CLOSED, world)).rejects.toThrow('locked');

  expect(world.workflows.executions).toMatchObject([
    { input: { workflow: 'destroy', environment: 'eph-pr-7', request: { reason: 'closed' } } },
  ]);
});
