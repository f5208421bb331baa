import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { environmentRecord, historyFile, historyLine, stateFile } from '../../core/record/schema.ts';
import type { Run } from '../../core/requests/run.ts';
import { type CrashWorld, REPOSITORY, type Version } from './crash-world.ts';

const CLAIM = [
  'ClaimRun',
  'IsClaimed',
  'ClaimLock',
  'IsHeld',
  'FetchSource',
  'ResolveProjects',
  'WhatIsResolved',
];
const NEXT = ['NextWave', 'WhatIsNext'];
const ASK = ['RequestApproval', 'ReviewAnswer', 'IsApproved'];
const VERIFY = [...NEXT, 'Verify', 'ReviewVerify', 'IsHealthy', 'OpenRevert'];
const END = ['RecordDeployment', 'ReleaseLock', 'EndRun'];

function planned(visit: number, projects: number): string[] {
  const items = Array.from({ length: projects }, (_, i) => `PlanProjects#${visit}.1[${i}]/PlanProject`);
  return [...NEXT, ...items, 'PlanProjects', 'ReviewPlans', 'ArePlansGood'];
}

function applied(visit: number, ok = true): string[] {
  const item = `ApplyProjects#${visit}.1[0]`;
  const ended = ok ? [] : [`${item}/ApplyEnded`];
  return [...NEXT, `${item}/ApplyProject`, ...ended, 'ApplyProjects', 'ReviewApplies', 'AreApplied'];
}

/** The states that a deployment of two waves leaves, each as often as here and not once more. */
const PATH = {
  good: [
    ...CLAIM,
    ...planned(1, 2),
    ...ASK,
    ...applied(1),
    ...planned(2, 1),
    ...applied(2),
    ...VERIFY,
    ...END,
  ],
  bad: [
    ...[...CLAIM, ...planned(1, 2), ...ASK, ...applied(1), ...planned(2, 1), ...applied(2, false)],
    ...['PrepareRollback', 'CanGoBack'],
    ...[...planned(3, 1), ...applied(3), ...planned(4, 1), ...applied(4), ...VERIFY, ...END],
  ],
};

/** The first deployment: no server is killed, nothing is there to go back to. */
export async function firstRound(world: CrashWorld): Promise<void> {
  const run = await world.finish(await world.push({ name: 'v0' }));
  expect(run.state).toBe('succeeded');
}

interface Round {
  good: string;
  version: Version;
  /** Milliseconds from the push after which the server is killed. */
  kills?: number[];
}

/**
 * A pull request is opened, planned, merged and deployed, while the server is killed at some moments. Checks
 * all that the deployment left, and answers how long it took.
 */
export async function playRound(world: CrashWorld, { good, version, kills = [] }: Round): Promise<number> {
  const began = Date.now();
  const before = { applies: world.applies().length, history: (await historyOf(world)).length };
  const over = new AbortController();
  const killing = kills.map((ms) =>
    sleep(ms, undefined, { signal: over.signal }).then(
      () => world.signal('SIGKILL'),
      () => undefined,
    ),
  );

  const branch = `change-${version.name}`;
  const head = await world.push(version, branch);
  const pull = await world.bob.openPull({ title: version.name, body: '', head: branch, base: 'main' });
  await plannedOn(world, head);
  const merged = await world.alice.merge(pull.number);
  const run = await world.finish(merged);
  const took = Date.now() - began;
  over.abort();
  await Promise.all(killing);

  const { name, bad = false } = version;
  expect(run.state, run.title).toBe(bad ? 'rolled-back' : 'succeeded');
  const forward = [`network ${name}`, `app ${name}`];
  expect(world.applies().slice(before.applies)).toEqual(
    bad ? [...forward, `network ${good}`, `app ${good}`] : forward,
  );
  expect(world.exited(run).sort()).toEqual([...PATH[bad ? 'bad' : 'good']].sort());
  expect(world.heldLocks()).toEqual([]);
  expect(await jobsLeft(world)).toEqual([]);
  await checkRecord(world, run, before.history + 1, bad);
  checkForge(world, run, pull.number, bad);
  return took;
}

/** An executor waits a second for the next job before it ends. */
async function jobsLeft(world: CrashWorld): Promise<string[]> {
  const end = Date.now() + 5000;
  while (world.jobProcesses().length > 0 && Date.now() < end) await sleep(50);
  return world.jobProcesses();
}

async function plannedOn(world: CrashWorld, head: string): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    const check = (await world.bob.checks(head)).find(({ name }) => name === 'cairn: prod');
    if (check?.conclusion) {
      expect(check.conclusion).toBe('success');
      return;
    }
    if (Date.now() > end) throw new Error(`no plan of ${head} after 60 s; see ${world.dir}/data.log`);
    await sleep(40);
  }
}

async function fromRecord(world: CrashWorld, file: string): Promise<string> {
  const args = ['--git-dir', world.forge.gitDir(REPOSITORY), 'show', `cairn/record:${file}`];
  return (await execa('git', args)).stdout;
}

async function historyOf(world: CrashWorld) {
  const lines = (await fromRecord(world, historyFile('prod'))).trim().split('\n');
  return lines.map((line) => historyLine.parse(JSON.parse(line)));
}

/** One line for each deployment, numbered without a gap, and the state that goes with the last. */
async function checkRecord(world: CrashWorld, run: Run, deployments: number, bad: boolean): Promise<void> {
  const history = await historyOf(world);
  expect(history.map(({ number }) => number)).toEqual(Array.from({ length: deployments }, (_, i) => i + 1));
  expect(new Set(history.map((line) => line.run)).size).toBe(deployments);
  expect(history.at(-1)).toMatchObject({ run: run.id, outcome: bad ? 'rolled-back' : 'deployed' });
  const record = environmentRecord.parse(JSON.parse(await fromRecord(world, stateFile('prod'))));
  expect(record).toMatchObject({ state: bad ? 'rollback' : 'ok', deployment: deployments });
  if (!bad) expect(record.commit).toBe(run.commit);
}

/** Nothing was written twice: comments, checks, deployments, revert pull requests. */
function checkForge(world: CrashWorld, run: Run, pull: number, bad: boolean): void {
  const { comments, checks, deployments, pulls } = world.forgeState();
  const markers = comments.filter((comment) => comment.pull === pull).map(({ body }) => body.split('\n')[0]);
  expect(markers.sort()).toEqual([expect.stringContaining('cairn:deploy:prod:'), '<!-- cairn:plan:prod -->']);
  const ofCommit = checks.filter(({ sha }) => sha === run.commit);
  expect(ofCommit.map(({ name }) => name)).toEqual(['cairn: deploy prod']);
  expect(ofCommit[0]).toMatchObject({ status: 'completed', conclusion: bad ? 'failure' : 'success' });
  const mine = deployments.filter(({ sha }) => sha === run.commit);
  expect(mine).toHaveLength(1);
  expect(mine[0]?.statuses.at(-1)?.state).toBe(bad ? 'failure' : 'success');
  const reverts = pulls.filter((one) => one.headBranch.startsWith('cairn/revert-') && one.state === 'open');
  expect(reverts.length).toBeLessThanOrEqual(1);
  if (bad) expect(reverts).toHaveLength(1);
}
