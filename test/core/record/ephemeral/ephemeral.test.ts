import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Ephemeral } from '../../../../core/ephemeral/environment.ts';
import { mirrorEphemerals, recordNews } from '../../../../core/record/ephemeral/ephemeral.ts';
import { readEphemeral, readEphemerals } from '../../../../core/record/ephemeral/read.ts';
import type { EphemeralNews } from '../../../../core/record/ephemeral/schema.ts';
import { type MemoryPorts, memoryPorts } from '../../../support/fakes/index.ts';

const REPOSITORY = 'acme/shop';
const AT = '2026-01-01T00:00:00.000Z';

function run(at: number): string {
  return String(at).padStart(20, '0');
}

function news(at: number, more: Partial<EphemeralNews> = {}): EphemeralNews {
  return {
    at: AT,
    event: 'made',
    environment: `eph-n${at}`,
    ref: 'main',
    commit: 'c'.repeat(40),
    run: run(at),
    by: 'alice',
    endsAt: AT,
    failure: null,
    ...more,
  };
}

async function known(ports: MemoryPorts, at: number, more: Partial<Ephemeral> = {}): Promise<void> {
  const applied = { app: {} } as unknown as Ephemeral['applied'];
  const one: Omit<Ephemeral, 'version'> = {
    repository: REPOSITORY,
    environment: `eph-n${at}`,
    state: 'ready',
    ref: 'main',
    commit: 'c'.repeat(40),
    pull: null,
    automatic: false,
    owner: 'alice',
    email: 'alice@acme.test',
    createdAt: AT,
    startedAt: AT,
    endsAt: AT,
    projects: null,
    applied,
    outputs: {},
    left: {},
    runId: run(at),
    ...more,
  };
  await ports.ephemerals.claim(one, 1000);
}

test('the first event makes the branch; what exists, its history and a page stand on it, and no mail address', async () => {
  const ports = memoryPorts();
  await known(ports, 1);

  await recordNews(ports, REPOSITORY, news(1));

  const { rows, history, head } = await readEphemerals(ports, REPOSITORY);
  expect(rows).toMatchObject({ 'eph-n1': { state: 'ready', owner: 'alice', version: 1 } });
  expect(history).toEqual([{ number: 1, ...news(1) }]);
  const whole = await readEphemeral(ports, REPOSITORY, head ?? '', 'eph-n1');
  expect(whole).toMatchObject({ email: null, applied: { app: {} } });
  expect(ports.repository.read('cairn/record', 'ephemeral/README.md')).toMatchSnapshot();
  expect(ports.repository.commits.get(head ?? '')?.message).toMatchSnapshot();
});

test('the same event of a run is written once, in whatever hour it is repeated', async () => {
  const ports = memoryPorts();
  await known(ports, 1);
  await recordNews(ports, REPOSITORY, news(1));
  const before = ports.repository.refs.get('refs/heads/cairn/record');

  await recordNews(ports, REPOSITORY, news(1, { at: '2026-01-01T05:00:00.000Z' }));

  expect(ports.repository.refs.get('refs/heads/cairn/record')).toBe(before);
});

test('one that has told of its end is not among those that exist, also while the registry knows it', async () => {
  const ports = memoryPorts();
  await known(ports, 1, { state: 'destroying' });
  await known(ports, 2);
  await recordNews(ports, REPOSITORY, news(1, { event: 'destroyed' }));

  await recordNews(ports, REPOSITORY, news(2));

  expect(Object.keys((await readEphemerals(ports, REPOSITORY)).rows)).toEqual(['eph-n2']);
});

test('one that nothing was applied to is not told of, and a mirror without a difference writes nothing', async () => {
  const ports = memoryPorts();
  await known(ports, 1, { applied: {} });

  expect(await mirrorEphemerals(ports, REPOSITORY, AT)).toBe(false);
  expect(ports.repository.refs.has('refs/heads/cairn/record')).toBe(false);
});

test('a hundred that write at the same moment take a few commits, and each is told', async () => {
  const ports = memoryPorts();
  const { moveRef } = ports.git;
  let lost = 0;
  ports.git.moveRef = async (...args) => {
    await turn();
    const answer = await moveRef(...args);
    if (answer !== 'moved') lost += 1;
    return answer;
  };
  const all = Array.from({ length: 100 }, (_, at) => at);
  for (const at of all) await known(ports, at);

  await Promise.all(all.map((at) => recordNews(ports, REPOSITORY, news(at))));

  const { rows, history } = await readEphemerals(ports, REPOSITORY);
  expect(Object.keys(rows)).toHaveLength(100);
  expect(new Set(history.map(({ run: id }) => id)).size).toBe(100);
  expect(history.map(({ number }) => number)).toEqual(all.map((at) => 100 - at));
  expect(lost).toBeLessThan(200);
});

test('of a history that grows long the older part goes into a file of its own', async () => {
  const ports = memoryPorts();
  for (let at = 0; at < 2_010; at += 1) {
    await ports.artifacts.put(
      `record-news/${REPOSITORY}/2026-01-01T00/${run(at)}-made.json`,
      JSON.stringify(news(at)),
    );
  }

  await recordNews(ports, REPOSITORY, news(2_010));

  const { history } = await readEphemerals(ports, REPOSITORY);
  expect(history).toHaveLength(500);
  expect(history[0]?.number).toBe(2_011);
  const older = ports.repository.read('cairn/record', 'ephemeral/history-1-1511.jsonl') ?? '';
  expect(older.trimEnd().split('\n')).toHaveLength(1_511);
});
