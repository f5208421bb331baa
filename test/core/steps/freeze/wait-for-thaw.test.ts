import { expect, test } from 'vitest';
import { defaultConfig } from '../../../../core/config/config.ts';
import { policyOf } from '../../../../core/config/policy.ts';
import { thawSlot } from '../../../../core/environments/thaw.ts';
import type { WaitingApproval } from '../../../../core/ports.ts';
import { writeFreeze } from '../../../../core/record/freeze.ts';
import { newDocument } from '../../../../core/runs/document.ts';
import { saveDocument } from '../../../../core/runs/store.ts';
import { waitForThaw } from '../../../../core/steps/freeze/wait-for-thaw.ts';
import { type MemoryPorts, memoryPorts } from '../../../support/fakes/index.ts';

const REPOSITORY = 'acme/shop';
const FREEZE = { by: 'alice', reason: 'release week', at: '2026-01-01T00:00:00.000Z', until: null };
const COMMIT = 'c'.repeat(40);

async function frozen(): Promise<MemoryPorts> {
  const ports = memoryPorts();
  ports.repository.push('main', { 'app/main.tf': '' });
  await writeFreeze(ports, REPOSITORY, 'prod', { freeze: FREEZE, by: 'alice', at: FREEZE.at });
  return ports;
}

/** A run that met the freeze. Answers the key of its document. */
async function met(name: string, ports: MemoryPorts): Promise<string> {
  const request = {
    command: 'deploy' as const,
    repository: REPOSITORY,
    environment: 'prod',
    retry: false,
    origin: { source: 'api' as const, login: 'bob', trigger: name },
  };
  const { number } = await ports.runs.claim({
    id: name,
    workflow: 'deploy',
    command: 'deploy',
    repository: REPOSITORY,
    environment: 'prod',
    pull: null,
    commit: COMMIT,
    requester: 'bob',
    state: 'running',
    title: 'Deploy to prod',
    startedAt: FREEZE.at,
    endedAt: null,
  });
  const run = {
    workflow: 'deploy' as const,
    runId: name,
    repository: REPOSITORY,
    environment: 'prod',
    request,
  };
  const policy = policyOf(defaultConfig('prod'), 'prod');
  return saveDocument(ports, {
    ...newDocument(run, { commit: COMMIT, policy }),
    runNumber: number,
    frozen: FREEZE,
  });
}

/** Whoever reads who waits is held until so many have read it. */
function together(count: number, ports: MemoryPorts): MemoryPorts {
  let waiting: (() => void)[] = [];
  const { get } = ports.approvals;
  const held: typeof get = async (...of) => {
    const found = await get(...of);
    await new Promise<void>((go) => {
      waiting.push(go);
      if (waiting.length < count) return;
      for (const one of waiting) one();
      // Only the first of all are held.
      waiting = Array.from({ length: count }, () => () => {});
    });
    return found;
  };
  return { ...ports, approvals: { ...ports.approvals, get: held } };
}

test.each([
  ['the older one writes first', ['older', 'newer']],
  ['the newer one writes first', ['newer', 'older']],
])(
  'of two runs that begin to wait at once the newer one waits, and the other is told: %s',
  async (_, order) => {
    const ports = await frozen();
    const docs = { older: await met('older', ports), newer: await met('newer', ports) };
    const both = together(2, ports);

    await Promise.all(
      order.map((name) =>
        waitForThaw.run({ doc: docs[name as keyof typeof docs], token: `token of ${name}` }, both),
      ),
    );

    const stands = await ports.approvals.get(REPOSITORY, thawSlot('prod'));
    expect(stands).toMatchObject({ runId: 'newer', token: 'token of newer' });
    expect(ports.workflows.answers).toMatchObject([
      { token: 'token of older', output: { outcome: 'superseded' } },
    ]);
  },
);

test('of many at once the newest one waits, and nobody is left without an answer', async () => {
  const ports = await frozen();
  const names = Array.from({ length: 6 }, (_, at) => `run-${at}`);
  const docs = new Map<string, string>();
  for (const name of names) docs.set(name, await met(name, ports));
  const all = together(names.length, ports);

  await Promise.all(
    ['run-3', 'run-5', 'run-0', 'run-4', 'run-1', 'run-2'].map((name) =>
      waitForThaw.run({ doc: docs.get(name), token: name }, all),
    ),
  );

  expect(await ports.approvals.get(REPOSITORY, thawSlot('prod'))).toMatchObject({ runId: 'run-5' });
  expect(ports.workflows.answers.map(({ token }) => token).sort()).toEqual(names.slice(0, 5));
});

test('killed before it took the place it comes again, with another token, and waits', async () => {
  const ports = await frozen();
  const older = await met('older', ports);
  const newer = await met('newer', ports);
  await waitForThaw.run({ doc: older, token: 'token of older' }, ports);
  let killed = true;
  const replace = async (before: WaitingApproval | null, wait: WaitingApproval) => {
    if (killed) throw new Error('killed');
    return ports.approvals.replace(before, wait);
  };
  const dying: MemoryPorts = { ...ports, approvals: { ...ports.approvals, replace } };

  await expect(waitForThaw.run({ doc: newer, token: 'first' }, dying)).rejects.toThrow('killed');
  killed = false;
  await waitForThaw.run({ doc: newer, token: 'second' }, dying);
  await waitForThaw.run({ doc: newer, token: 'third' }, dying);

  expect(await ports.approvals.get(REPOSITORY, thawSlot('prod'))).toMatchObject({ token: 'third' });
  expect(ports.workflows.answers.map(({ token }) => token)).toEqual(['token of older']);
});

test('what is pushed aside has said that it waits before its run can be over', async () => {
  const ports = await frozen();
  const doc = await met('older', ports);
  const seen: (string | undefined)[] = [];
  const replace = async (before: WaitingApproval | null, wait: WaitingApproval) => {
    seen.push((await ports.runs.get('older'))?.state);
    return ports.approvals.replace(before, wait);
  };

  await waitForThaw.run({ doc, token: 'token' }, { ...ports, approvals: { ...ports.approvals, replace } });

  expect(seen).toEqual(['waiting']);
});
