import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

/** The same files in another folder, as `git mv` leaves them. */
function renamed(from: string, to: string, options: Root) {
  const before = files(from, options);
  const text = before[`${from}/main.tf`] ?? '';
  return { [`${from}/main.tf`]: null, [`${to}/main.tf`]: text };
}

test('a renamed root destroys nothing, and its kept state follows it through later deploys', async () => {
  const first = await world.push({ ...config('removed: destroy\n'), ...files('network', { value: 'n1' }) });
  await world.deploy({ commit: first });
  const state = await world.state('network');

  const moved = await world.push(renamed('network', 'vpc', { value: 'n1' }));
  const run = await world.deploy({ commit: moved });
  const after = await world.applied();
  const record = await world.record();
  const changed = await world.push({
    'vpc/main.tf': files('network', { value: 'n2' })['network/main.tf'] ?? '',
  });
  await world.deploy({ commit: changed });

  expect(run.state).toBe('succeeded');
  expect(after).toEqual(['+ network n1']);
  expect(Object.keys(record?.projects ?? {})).toEqual(['vpc']);
  expect(await world.applied()).toEqual(['+ network n1', '- network n1', '+ network n2']);
  expect((await world.state('vpc'))?.lineage).toBe(state?.lineage);
  expect(await world.state('network')).toBeNull();
});

test('a rename that fails half way goes back to its former name with the state of now', async () => {
  const first = await world.push({ ...config('removed: destroy\n'), ...files('network', { value: 'n1' }) });
  await world.deploy({ commit: first });
  const state = await world.state('network');

  const text = files('network', { value: 'n2', fails: true })['network/main.tf'] ?? '';
  const bad = await world.push({ 'network/main.tf': null, 'vpc/main.tf': text });
  const run = await world.deploy({ commit: bad });

  expect(run.state).toBe('rolled-back');
  expect(await world.applied()).toEqual(['+ network n1', '- network n1', '+ network n2', '+ network n1']);
  expect((await world.state('network'))?.lineage).toBe(state?.lineage);
  expect((await world.state('network'))?.outputs['value']).toMatchObject({ value: 'n1' });
  expect(await world.state('vpc')).toBeNull();
  expect(await world.record()).toMatchObject({ state: 'rollback', commit: first });
  expect(Object.keys((await world.record())?.projects ?? {})).toEqual(['network']);
});

test('what reads a renamed root finds its state before and after it was applied under the new name', async () => {
  const projects = (name: string) => `projects:\n  - dir: ${name}\n  - dir: app\n    depends_on: [${name}]\n`;
  const first = await world.push({
    ...config('', projects('network')),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1', reads: 'network' }),
  });
  await world.deploy({ commit: first });
  const before = await world.applied();

  const second = await world.push({
    ...config('', projects('vpc')),
    ...renamed('network', 'vpc', { value: 'n1' }),
    ...files('app', { value: 'a1', reads: 'vpc' }),
  });
  const digest = await world.approve({ commit: second });
  // A second question would be about a plan that could not see n1.
  const run = await world.until('the end, or a second question', async () => {
    const [now] = await world.runs({ commit: second });
    const wait = await world.server.host.ports.approvals.get(REPOSITORY, 'prod');
    const isOver = now && now.state !== 'running' && now.state !== 'waiting';
    return isOver || (wait && wait.digest !== digest) ? now : undefined;
  });

  expect(run).toMatchObject({ state: 'succeeded' });
  expect(before).toEqual(['+ network n1', '+ app a1 on n1']);
  expect(await world.applied()).toEqual(before);
});

test('a removed root is only reported by default', async () => {
  const first = await world.push({
    ...config(),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.deploy({ commit: first });
  const before = (await world.applied()).sort();
  const second = await world.push({ 'app/main.tf': null });
  const run = await world.ended({ commit: second });
  const check = await world.until('the check to name it', async () => {
    const found = await world.bob.check(second, 'cairn: deploy prod');
    return found?.conclusion ? found : undefined;
  });

  expect(run.state).toBe('succeeded');
  expect(check.summary).toMatch(/Removed roots: .*app/);
  expect((await world.applied()).sort()).toEqual(before);
  expect(await world.state('app')).not.toBeNull();
});

test('with removed: destroy it is destroyed after an approval, by the files of the last good commit', async () => {
  const policy = 'removed: destroy\napproval: { required: false }\n';
  const first = await world.push({
    ...config(policy),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.deploy({ commit: first });
  const before = await world.applied();

  const second = await world.push({ 'app/main.tf': null });
  await world.waiting({ commit: second });
  const waiting = await world.applied();
  const run = await world.deploy({ commit: second });

  expect(waiting).toEqual(before);
  expect(run.state).toBe('succeeded');
  expect(await world.applied()).toEqual([...before, '- app a1']);
  expect((await world.state('app'))?.resources).toEqual([]);
  expect(Object.keys((await world.record())?.projects ?? {})).toEqual(['network']);
});

test('guards stop a deploy before anybody is asked, and name every project', async () => {
  const guards = 'guards:\n  max_destroy: 0\n';
  const first = await world.push({
    ...config('', guards),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.deploy({ commit: first });
  const before = await world.applied();

  const second = await world.push({ ...files('network', { value: 'n2' }), ...files('app', { value: 'a2' }) });
  const run = await world.ended({ commit: second });
  const check = await world.until('the check', async () => {
    const found = await world.bob.check(second, 'cairn: deploy prod');
    return found?.conclusion ? found : undefined;
  });

  expect(run.state).toBe('failed');
  expect(check.conclusion).toBe('failure');
  for (const name of ['network', 'app']) expect(check.summary).toMatch(new RegExp(`${name}.*max_destroy`));
  expect(await world.applied()).toEqual(before);
  expect(await world.record()).toMatchObject({ state: 'ok', commit: first });
});
