import { afterEach, beforeEach, expect, test } from 'vitest';
import { tellGithub } from '../../../../core/reports/github/sink-github.ts';
import { createWorld, project, REPOSITORY, type World } from '../../../support/memory-world.ts';

const CONFIG = 'environments:\n  prod:\n    branch: main\n    approval: { approvers: [alice] }\n';

let world: World;

beforeEach(() => {
  world = createWorld();
});

afterEach(async () => {
  await world.close();
});

/** Everything that was emitted, in that order. */
async function tellAll(): Promise<void> {
  for (const event of world.ports.emitted) await tellGithub(event, world.ports);
}

function deployCheck(commit: string) {
  return [...world.ports.reports.checks.values()].find(
    (check) => check.commit === commit && check.name === 'cairn: deploy prod',
  );
}

test('a second trigger of one commit does not talk over the run that deploys it', async () => {
  const commit = await world.push({ 'cairn.yaml': CONFIG, ...project('app', { value: 'a1' }) });
  await world.settled();
  await world.request({
    command: 'push',
    repository: REPOSITORY,
    branch: 'main',
    before: '0'.repeat(40),
    commit,
    origin: { source: 'look', login: null, trigger: `look..${commit}` },
  });
  const runs = await world.settled();
  await tellAll();
  const waiting = deployCheck(commit);
  await world.approve();
  await world.settled();
  await tellAll();

  expect(runs.map((run) => run.state)).toEqual(['superseded', 'waiting']);
  expect(waiting).toMatchObject({ state: 'in_progress' });
  expect(waiting?.summary).toContain('/cairn approve prod');
  expect(deployCheck(commit)).toMatchObject({ state: 'success' });
});

test('the check of a commit that a newer one overtook says so', async () => {
  const old = await world.push({ 'cairn.yaml': CONFIG, ...project('app', { value: 'a1' }) });
  await world.settled();
  await world.push(project('app', { value: 'a2' }));
  await world.settled();
  await tellAll();

  expect(deployCheck(old)).toMatchObject({ state: 'neutral' });
});

test('a question that is asked again says in the check why', async () => {
  const more = 'projects:\n  - dir: network\n  - dir: app\n    depends_on: [network]\n';
  const commit = await world.push({
    'cairn.yaml': CONFIG + more,
    ...project('network', { value: 'n1' }),
    ...project('app', { value: 'uses $network' }),
  });
  await world.settled();
  await world.approve();
  await world.settled();
  await tellAll();

  expect(deployCheck(commit)?.summary).toContain('not the one that was approved');
});
