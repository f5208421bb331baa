import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { config } from '../support/real-roots.ts';
import { type RealWorld, startRealWorld } from '../support/real-world.ts';

let world: RealWorld;
/** What the root looks at, and nobody's pull request changes. */
let outside: string;

beforeEach(async () => {
  world = await startRealWorld();
  outside = path.join(path.dirname(world.log), 'outside');
  await mkdir(outside);
  // Jobs of another user read it, whatever this process's umask is.
  await chmod(outside, 0o755);
  await change('as deployed');
  await change('the-old-password', 'password');
});

afterEach(async () => {
  await world.close();
});

async function change(text: string, name = 'motd'): Promise<void> {
  const file = path.join(outside, name);
  await writeFile(file, text);
  await chmod(file, 0o644);
}

async function deployed(rest: string): Promise<string> {
  const commit = await world.push({
    ...config(rest),
    'motd/main.tf': `
resource "terraform_data" "motd" {
  input = file("${outside}/motd")
}

resource "terraform_data" "password" {
  input = sensitive(file("${outside}/password"))
}
`,
  });
  await world.deploy({ commit });
  return commit;
}

async function lookForDrift() {
  const { body } = await world.ask({ command: 'drift', environment: 'prod' }, world.bob.token);
  const [id = ''] = body['started'] as string[];
  return world.until('the look for drift', async () => {
    const run = await world.hosted.ports.runs.get(id);
    return run && run.endedAt !== null ? run : undefined;
  });
}

test('a file changed outside is found, told once while it stays, changed in place, and closed when it is gone', async () => {
  await deployed('');

  const clean = await lookForDrift();
  const none = await world.bob.issues();
  await change('changed by hand');
  const found = await lookForDrift();
  const [first, ...more] = await world.bob.issues();
  await lookForDrift();
  const again = await world.bob.issues();
  await change('changed once more');
  await change('the-new-password', 'password');
  await lookForDrift();
  const [changed] = await world.bob.issues();
  await lookForDrift();
  const [unchanged] = await world.bob.issues();
  await change('as deployed');
  await change('the-old-password', 'password');
  await lookForDrift();
  const [closed] = await world.bob.issues();

  expect(clean.title).toContain('No drift');
  expect(none).toEqual([]);
  expect(found.title).toContain('Drift in motd');
  expect(more).toEqual([]);
  expect(first).toMatchObject({ state: 'open' });
  expect(first?.body).toContain('changed by hand');
  expect(again).toEqual([first]);
  expect(changed).toMatchObject({ number: first?.number, state: 'open' });
  expect(changed?.body).toContain('changed once more');
  expect(changed?.body).toContain('terraform_data.password');
  expect(changed?.body).not.toMatch(/the-(old|new)-password/);
  expect(unchanged).toEqual(changed);
  expect(closed).toMatchObject({ number: first?.number, state: 'closed' });
});

test('with reconcile it is deployed away under the approval rule, asked once, and the issue is closed', async () => {
  const commit = await deployed('drift:\n  every: 6h\n  reconcile: true');

  await change('changed by hand');
  await lookForDrift();
  const digest = await world.waiting({ command: 'deploy', environment: 'prod', commit });
  await lookForDrift();
  const still = await world.waiting({ command: 'deploy', environment: 'prod', commit });
  await world.approve({ command: 'deploy', environment: 'prod', commit });
  const reconciled = await world.ended({ command: 'deploy', environment: 'prod', commit });
  const after = await lookForDrift();
  const issues = await world.bob.issues();

  expect(still).toBe(digest);
  expect(reconciled.state).toBe('succeeded');
  expect(after.title).toContain('No drift');
  expect(issues.map(({ state }) => state)).toEqual(['closed']);
});

test('a root that cannot be planned is not one without drift', async () => {
  await deployed('');
  await change('changed by hand');
  await lookForDrift();

  await rm(path.join(outside, 'motd'));
  const run = await lookForDrift();
  const [issue] = await world.bob.issues();

  expect(run.title).not.toContain('No drift');
  expect(issue?.state).toBe('open');
});
