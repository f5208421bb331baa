import { beforeEach, expect, test } from 'vitest';
import { startAutomatic } from '../../../core/ephemeral/automatic.ts';
import type { Pull } from '../../../core/ports.ts';
import { parseConfig } from '../../../core/projects/config.ts';
import type { PlanRequest } from '../../../core/requests/request.ts';
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

test('what was destroyed when it was closed is made anew when it is opened again, once', async () => {
  const [first] = await startAutomatic(asks('opened'), PULL, BASE, ports);
  await ports.runs.claim({
    id: 'd'.repeat(20),
    workflow: 'destroy',
    command: 'destroy',
    repository: 'acme/shop',
    environment: 'eph-pr-7',
    pull: 7,
    commit: null,
    requester: null,
    state: 'succeeded',
    title: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
  });

  const [second] = await startAutomatic(asks('reopened'), PULL, BASE, ports);
  const [twice] = await startAutomatic(asks('reopened'), PULL, BASE, ports);

  expect(second).not.toBe(first);
  expect(twice).toBe(second);
});
