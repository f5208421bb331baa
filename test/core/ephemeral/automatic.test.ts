import { beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../../core/config/config.ts';
import { startAutomatic } from '../../../core/ephemeral/automatic.ts';
import type { Pull } from '../../../core/ports.ts';
import type { PlanRequest } from '../../../core/requests/request.ts';
import { requestFromWebhook } from '../../../core/requests/webhook.ts';
import { type MemoryPorts, memoryPorts } from '../../support/fakes/index.ts';

const BASE = parseConfig('environments: { prod: { branch: main } }\nephemeral: { on_pull_request: true }\n');
const SHA = 'a'.repeat(40);
const PULL: Pull = {
  number: 7,
  title: '',
  state: 'open',
  merged: false,
  draft: false,
  author: 'bob',
  fork: false,
  head: { branch: 'change', sha: SHA },
  base: { branch: 'main', sha: 'b'.repeat(40) },
  url: '',
};

let ports: MemoryPorts;

beforeEach(() => {
  ports = memoryPorts();
});

function asks(action: string, more: Partial<PlanRequest> = {}): PlanRequest {
  return {
    command: 'plan',
    repository: 'acme/shop',
    pull: 7,
    commit: SHA,
    asked: false,
    origin: { source: 'webhook', login: 'bob', trigger: `7/${SHA}/${action}` },
    ...more,
  };
}

test('one launch per head, whatever asks for a plan of it', async () => {
  const [first] = await startAutomatic(asks('opened'), PULL, BASE, ports);
  const [again] = await startAutomatic(asks('comment', { asked: true }), PULL, BASE, ports);

  expect(again).toBe(first);
  expect(ports.workflows.executions).toHaveLength(1);
  expect(ports.workflows.executions[0]?.input).toMatchObject({
    workflow: 'ephemeral',
    environment: 'eph-pr-7',
    request: { pull: 7, commit: SHA, automatic: true },
  });
});

test.each([
  ['the base branch says nothing', {}, {}, null],
  ['it comes from a fork', { fork: true }, {}, BASE],
  ['it is a draft, and nobody asked', { draft: true }, {}, BASE],
  ['it is closed', { state: 'closed' as const }, {}, BASE],
  ['a plan of one project is asked for', {}, { asked: true, project: 'app' }, BASE],
])('none where %s', async (_name, pull, request, base) => {
  expect(await startAutomatic(asks('opened', request), { ...PULL, ...pull }, base, ports)).toEqual([]);
});

test('a draft gets one when somebody asks', async () => {
  const pull = { ...PULL, draft: true };

  expect(await startAutomatic(asks('comment', { asked: true }), pull, BASE, ports)).toHaveLength(1);
});

/** A run began, of the workflow that made or ended it. */
async function ran(id: string | undefined, workflow: 'ephemeral' | 'destroy', commit: string | null) {
  await ports.runs.claim({
    id: id ?? '',
    workflow,
    command: workflow,
    repository: 'acme/shop',
    environment: 'eph-pr-7',
    pull: 7,
    commit,
    requester: null,
    state: 'succeeded',
    title: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
  });
}

/** What GitHub says when it is opened again. */
function reopened(): PlanRequest {
  const sender = { login: 'bob', type: 'User' };
  const repository = { full_name: 'acme/shop', default_branch: 'main' };
  const payload = {
    action: 'reopened',
    number: 7,
    pull_request: {
      number: 7,
      draft: false,
      updated_at: '2026-01-01T00:00:00Z',
      closed_at: null,
      head: { sha: SHA, ref: 'change', repo: repository },
      base: { ref: 'main', sha: 'b'.repeat(40), repo: repository },
      user: sender,
    },
    repository,
    sender,
  };
  const read = requestFromWebhook({ event: 'pull_request', deliveryId: 'd1', payload }, { self: null });
  const request = Array.isArray(read) ? read[0] : undefined;
  if (request?.command !== 'plan') throw new Error('it asks for no plan');
  return request;
}

test('what was destroyed when it was closed is made anew when it is opened again, once', async () => {
  const [first] = await startAutomatic(asks('opened'), PULL, BASE, ports);
  await ran(first, 'ephemeral', SHA);
  await ran('d'.repeat(20), 'destroy', null);

  const [other] = await startAutomatic(asks('ready_for_review'), PULL, BASE, ports);
  const [second] = await startAutomatic(reopened(), PULL, BASE, ports);
  const [twice] = await startAutomatic(reopened(), PULL, BASE, ports);

  expect(other).toBe(first);
  expect(second).not.toBe(first);
  expect(twice).toBe(second);
});

test('one that was made by hand and taken down is made once when it is opened again', async () => {
  await ran('e'.repeat(20), 'ephemeral', 'c'.repeat(40));
  await ran('d'.repeat(20), 'destroy', null);

  const [first] = await startAutomatic(reopened(), PULL, BASE, ports);
  await ran(first, 'ephemeral', SHA);
  const [twice] = await startAutomatic(reopened(), PULL, BASE, ports);

  expect(twice).toBe(first);
  expect(ports.workflows.executions).toHaveLength(1);
});

test('a head that it is pushed back to is made again, once each time', async () => {
  const moved = { ...PULL, head: { ...PULL.head, sha: 'c'.repeat(40) } };
  const at = async (pull: Pull) => {
    const [run] = await startAutomatic(asks('synchronize'), pull, BASE, ports);
    if (run !== undefined && !(await ports.runs.get(run))) await ran(run, 'ephemeral', pull.head.sha);
    return run;
  };
  const started = () => ports.workflows.executions.length;

  const [first, second] = [await at(PULL), await at(moved)];
  const [back, again] = [await at(PULL), await at(PULL)];
  const onceMore = await at(moved);

  expect(new Set([first, second, back, onceMore]).size).toBe(4);
  expect([first, back]).toContain(again);
  expect(started()).toBe(4);
});
