import { afterEach, beforeEach, expect, test } from 'vitest';
import { jobOrder } from '../../../../core/jobs/order.ts';
import { documentKey, readJson } from '../../../../core/runs/store.ts';
import { createWorld, type Model, project, REPOSITORY, type World } from '../../../support/memory-world.ts';

const CONFIG = 'environments:\n  prod: { branch: main, approval: { required: true }, rollback: automatic }\n';

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

async function deploy(model: Model, more: Record<string, string> = {}) {
  await world.push({ ...more, ...project('app', model) });
  await world.settled();
  await world.approve();
  const [run] = await world.settled();
  return run;
}

test('an apply that never began changed nothing: no way back, and the environment stays as it was', async () => {
  await deploy({ value: 'a1' }, { 'cairn.yaml': CONFIG });

  const run = await deploy({ value: 'a2', apply: 'unborn' });

  expect(run?.state).toBe('failed');
  expect(run?.title).toContain('The job never began');
  expect(world.jobs.filter((job) => job === 'apply app')).toHaveLength(2);
  expect(world.state.get('app')).toBe('a1');
});

test('its claim is taken back: a job that finds its place late finds that it is not to begin', async () => {
  const run = await deploy({ value: 'a1', apply: 'unborn' }, { 'cairn.yaml': CONFIG });

  const orders = (await world.ports.artifacts.list('jobs/')).filter((key) => /apply.*order/.test(key));
  const { claim } = jobOrder.parse(await readJson(world.ports, orders[0] ?? ''));

  expect(orders).toHaveLength(1);
  expect(await world.ports.artifacts.putNew(claim ?? '', 'a late job')).toBe(false);
  expect(run?.repository).toBe(REPOSITORY);
});

test('an apply that began and left no result goes back, once its job has ended', async () => {
  await deploy({ value: 'a1' }, { 'cairn.yaml': CONFIG });
  const run = await deploy({ value: 'a2', apply: 'killed' });
  const before = await lastApplying(run?.id ?? '');

  world.ports.jobs.running.set(run?.id ?? '', ['apply-5-app']);
  const early = world.call('ReviewApplies', { doc: before });
  await expect(early).rejects.toThrow('have not ended yet');
  const stopped = [...world.ports.jobs.stopped];
  world.ports.jobs.running.clear();
  const late = await world.call('ReviewApplies', { doc: before });

  expect(run?.state).toBe('rolled-back');
  expect(stopped).toHaveLength(1);
  expect(late).toMatchObject({ outcome: 'rollback' });
});

/** The document that the first review of the applies read. */
async function lastApplying(runId: string): Promise<string> {
  for (let n = 1; ; n++) {
    const key = documentKey(runId, n);
    const doc = await readJson<{ deploy: { projects: Record<string, { apply: unknown }> } }>(
      world.ports,
      key,
    );
    if (doc.deploy.projects['app']?.apply) return key;
  }
}
