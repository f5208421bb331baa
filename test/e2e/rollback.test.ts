import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { config, type Root, root } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;

beforeEach(async () => {
  world = await startRealWorld();
});

afterEach(async () => {
  await world.close();
});

const NETWORK_THEN_APP = 'projects:\n  - dir: network\n  - dir: app\n    depends_on: [network]\n';

function files(name: string, options: Root) {
  return root(world.log, name, options);
}

/** What terraform itself says about a root of a commit and the state that Cairn keeps: 0 without changes, else 2. */
async function freshPlan(project: string, commit: string): Promise<number | undefined> {
  const dir = path.join(world.dir, `fresh-${project}`);
  await world.clone.git('checkout', '--quiet', '--force', commit);
  const clone = await world.clone.git('rev-parse', '--show-toplevel');
  await cp(path.join(clone, project), dir, { recursive: true });
  await writeFile(path.join(dir, 'terraform.tfstate'), JSON.stringify(await world.state(project)));
  const env = { PATH: process.env['PATH'] ?? '', HOME: world.dir };
  await execa('terraform', ['init', '-input=false'], { cwd: dir, env, extendEnv: false });
  const plan = ['plan', '-input=false', '-detailed-exitcode'];
  return (await execa('terraform', plan, { cwd: dir, env, extendEnv: false, reject: false })).exitCode;
}

async function reverts() {
  return (await world.alice.pulls('all')).filter(({ head }) => head.ref.startsWith('cairn/revert-'));
}

test('an apply half done is rolled back in forward order, an unrelated push is refused, the merged revert is ok', async () => {
  const good = await world.push({
    ...config('', NETWORK_THEN_APP),
    ...files('network', { value: 'n1' }),
    ...files('app', { value: 'a1' }),
  });
  await world.deploy({ commit: good });
  const start = (await world.applied()).length;

  const bad = await world.push({
    ...files('network', { value: 'n2' }),
    ...files('app', { value: 'a2', fails: true }),
  });
  const run = await world.deploy({ commit: bad });
  const done = (await world.applied()).slice(start);
  const fresh = [
    await freshPlan('network', good),
    await freshPlan('app', good),
    await freshPlan('network', bad),
  ];
  const record = await world.record();
  const [revert] = await reverts();

  expect(run.state).toBe('rolled-back');
  expect(run.title).toContain('app');
  // The failed a2 is tainted: terraform runs no destroy-time provisioner for it.
  expect(done).toEqual([
    '- network n1',
    '+ network n2',
    '- app a1',
    '+ app a2',
    '- network n2',
    '+ network n1',
    '+ app a1',
  ]);
  expect(fresh).toEqual([0, 0, 2]);
  expect(record).toMatchObject({ state: 'rollback', commit: good, last: { commit: bad } });
  expect(revert?.state).toBe('open');
  expect(revert?.body).toContain('it fails on purpose');

  const unrelated = await world.push({ ...files('other', { value: 'o1' }) });
  const refused = await world.ended({ commit: unrelated });

  expect(refused.state).toBe('refused');
  expect(refused.title).toContain(`#${revert?.number}`);
  expect(await world.applied()).not.toContain('+ other o1');

  const merge = await world.alice.merge(revert?.number ?? 0);
  const last = await world.deploy({ commit: merge });

  expect(last.state).toBe('succeeded');
  expect((await world.applied()).slice(start + done.length)).toEqual(['+ other o1']);
  expect(await world.record()).toMatchObject({ state: 'ok', commit: merge, failed: {}, revert: null });
  expect(await reverts()).toHaveLength(1);
});

test('a merged revert alone changes nothing and is recorded ok', async () => {
  const good = await world.push({ ...config(), ...files('app', { value: 'a1' }) });
  await world.deploy({ commit: good });
  const bad = await world.push(files('app', { value: 'a2', fails: true }));
  await world.deploy({ commit: bad });
  const before = await world.applied();

  const [revert] = await reverts();
  const merge = await world.alice.merge(revert?.number ?? 0);
  const run = await world.ended({ commit: merge });

  expect(run).toMatchObject({ state: 'succeeded' });
  expect(run.title).toContain('Nothing to change');
  expect(await world.applied()).toEqual(before);
  expect(await world.record()).toMatchObject({ state: 'ok', commit: merge, revert: null });
});

test('a check that fails for every commit ends broken, without a loop, with one revert at most', async () => {
  const verify = 'verify: { command: [test, -e, /nonexistent], attempts: 1, interval: 1s }\n';
  const good = await world.push({ ...config(), ...files('app', { value: 'a1' }) });
  await world.deploy({ commit: good });
  const checked = await world.push({ ...config(verify), ...files('app', { value: 'a2' }) });
  await world.deploy({ commit: checked });

  // The check holds from the deploy after the one that brought it.
  const third = await world.push(files('app', { value: 'a3' }));
  const run = await world.deploy({ commit: third });
  const fourth = await world.push(files('app', { value: 'a4' }));
  const next = await world.deploy({ commit: fourth });

  // Content that stands already changes nothing, but the environment is as sick as before.
  const idle = await world.push(files('app', { value: 'a2' }));
  const still = await world.deploy({ commit: idle });

  expect([run.state, next.state, still.state]).toEqual(['failed', 'failed', 'failed']);
  expect(await world.record()).toMatchObject({ state: 'broken', commit: checked });
  expect((await reverts()).length).toBeLessThanOrEqual(1);
  expect(await world.runs({ workflow: 'deploy' })).toHaveLength(5);
  expect((await world.applied()).at(-1)).toBe('+ app a2');
  expect(await world.server.host.ports.locks.held()).toEqual([]);
});

test('what a build gave becomes a variable, and a rollback uses what was built then without building', async () => {
  const built = path.join(world.dir, 'out', 'built.log');
  const build = `build:
  command: [sh, -c, 'v=$(cat version); echo "image=img-$v" >> "$CAIRN_OUTPUT"; echo "$v" >> ${built}']
`;
  const app = (fails: boolean) =>
    files('app', { value: `on \${var.image}`, fails, more: 'variable "image" { default = "none" }\n' });
  const good = await world.push({ ...config(build), version: '1', ...app(false) });
  await world.deploy({ commit: good });

  const bad = await world.push({ version: '2', ...app(true) });
  const run = await world.deploy({ commit: bad });

  expect(run.state).toBe('rolled-back');
  expect(await world.applied()).toEqual([
    '+ app on img-1',
    '- app on img-1',
    '+ app on img-2',
    '+ app on img-1',
  ]);
  expect(await readFile(built, 'utf8')).toBe('1\n2\n');
});

test('a second failure edits the open revert pull request', async () => {
  const good = await world.push({ ...config(), ...files('app', { value: 'a1' }) });
  await world.deploy({ commit: good });
  const bad = await world.push(files('app', { value: 'a2', fails: true }));
  await world.deploy({ commit: bad });
  const [first] = await reverts();

  const worse = await world.push(files('app', { value: 'a3', fails: true }));
  const run = await world.deploy({ commit: worse });
  const all = await reverts();

  expect(run).toMatchObject({ state: 'rolled-back' });
  expect(all).toHaveLength(1);
  expect(all[0]?.body).not.toBe(first?.body);
  expect(all[0]?.body).toContain(worse.slice(0, 7));
  expect(await world.record()).toMatchObject({ state: 'rollback', commit: good });
});

test('what only the failed commit has is destroyed last where the environment allows it', async () => {
  const good = await world.push({ ...config('removed: destroy\n'), ...files('app', { value: 'a1' }) });
  await world.deploy({ commit: good });

  const bad = await world.push({
    ...config('removed: destroy\n', 'projects:\n  - dir: extra\n  - dir: app\n    depends_on: [extra]\n'),
    ...files('extra', { value: 'e1' }),
    ...files('app', { value: 'a2', fails: true }),
  });
  const run = await world.deploy({ commit: bad });

  expect(run.state).toBe('rolled-back');
  expect(await world.applied()).toEqual([
    '+ app a1',
    '+ extra e1',
    '- app a1',
    '+ app a2',
    '+ app a1',
    '- extra e1',
  ]);
  expect((await world.state('extra'))?.resources).toEqual([]);
});

test('--retry deploys what failed once its cause is gone', async () => {
  const flag = path.join(world.dir, 'out', 'flag');
  const good = await world.push({ ...config(), ...files('app', { value: 'a1' }) });
  await world.deploy({ commit: good });
  const bad = await world.push(files('app', { value: 'a2', also: `test -e ${flag} || exit 4` }));
  await world.deploy({ commit: bad });
  const [revert] = await reverts();

  await writeFile(flag, '');
  await world.alice.comment(revert?.number ?? 0, '/cairn deploy prod --retry');
  await world.run({ commit: bad, command: 'deploy' }, ['waiting']);
  const run = await world.deploy({ commit: bad });

  expect(run).toMatchObject({ state: 'succeeded', requester: 'alice' });
  expect((await world.applied()).at(-1)).toBe('+ app a2');
  expect(await world.record()).toMatchObject({ state: 'ok', commit: bad, failed: {} });
});
