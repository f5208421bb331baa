import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAction } from '../support/action.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY, type RealWorld, startRealWorld } from '../support/real-world.ts';

const CONTEXT = {
  GITHUB_REPOSITORY: REPOSITORY,
  GITHUB_RUN_ID: '1',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_REF_NAME: 'main',
};

describe('on a server on this machine', () => {
  let world: RealWorld;
  let head: string;
  let runId = 0;

  beforeAll(async () => {
    world = await startRealWorld({ hook: false });
    head = await world.push({
      ...config('', 'ephemeral: {}'),
      ...root(world.log, 'network', { value: 'n1' }),
    });
  });

  afterAll(async () => {
    await world.close();
  });

  /** Each in a workflow run of its own. */
  function ask(inputs: Record<string, string>, token = world.bob.token) {
    runId += 1;
    const context = { ...CONTEXT, GITHUB_SHA: head, GITHUB_RUN_ID: String(runId) };
    return runAction({ url: world.hosted.url, token, ...inputs }, context);
  }

  test('a deployment is waited for, through its approval, and told in the summary', async () => {
    const asked = ask({ command: 'deploy', environment: 'prod', commit: head });
    await world.approve({ commit: head });
    const ran = await asked;

    expect(ran).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(ran.outputs['url']).toContain(`/runs/${ran.outputs['run']}`);
    expect(ran.summary).toContain('✅ Cairn: deploy prod succeeded');
    expect(await world.applied()).toEqual(['+ network n1']);
  });

  test('the same step of the same attempt asks once', async () => {
    const context = { ...CONTEXT, GITHUB_SHA: head, GITHUB_RUN_ID: '900' };
    const inputs = { url: world.hosted.url, token: world.bob.token, command: 'drift', environment: 'prod' };

    const first = await runAction(inputs, context);
    const second = await runAction(inputs, context);

    expect(first.outputs['run']).toMatch(/^[0-9a-f]{20}$/);
    expect(second.outputs['run']).toBe(first.outputs['run']);
  });

  test('an environment is made, extended and taken down', async () => {
    const up = await ask({ command: 'ephemeral', name: 'demo', ttl: '2h', ref: 'main' });
    const longer = await ask({ command: 'extend', environment: 'demo', ttl: '1h' });
    const down = await ask({ command: 'destroy', environment: 'eph-demo' });

    expect(up).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(up.summary).toContain('ends:');
    expect(longer.code).toBe(0);
    expect(down.code).toBe(0);
    expect((await world.state('network', 'eph-demo'))?.resources).toEqual([]);
  });

  test('what a command prints stands in the summary', async () => {
    const ran = await ask({
      command: 'run',
      environment: 'prod',
      project: 'network',
      args: '["state", "list"]',
    });

    expect(ran.code).toBe(0);
    expect(ran.summary).toContain('terraform_data.it');
  });

  test('what Cairn refuses fails the step with its words', async () => {
    const nowhere = await ask({ command: 'deploy', environment: 'nowhere' });
    const carol = await ask({ command: 'drift', environment: 'prod' }, world.carol.token);

    expect(nowhere.code).toBe(1);
    expect(nowhere.log).toContain('::error::');
    expect(nowhere.log).toContain('There is no environment');
    expect(carol.code).toBe(1);
  });
});

test.each([
  [{ command: 'apply' }, 'there is no "apply"'],
  [{ command: 'deploy' }, 'deploy needs environment'],
  [{ command: 'deploy', environment: 'prod', ttl: '8h' }, 'ttl: deploy takes environment, commit only'],
  [{ command: 'run', environment: 'prod', project: 'a', args: 'state list' }, 'as a JSON list'],
  [{ command: 'plan', pull: '#3' }, 'is not a number'],
  [{ command: 'drift', environment: 'prod', timeout: '1 hour' }, 'timeout: write a number'],
  [{ command: 'drift', environment: 'prod', wait: 'maybe' }, 'neither true nor false'],
  [{ command: 'drift', environment: 'prod', role: 'arn:aws:iam::1:role/x' }, 'give one of them'],
])('%j is refused before anything is asked', async (inputs, problem) => {
  const ran = await runAction({ url: 'http://127.0.0.1:1', token: 'x', ...inputs }, CONTEXT);

  expect(ran.code).toBe(1);
  expect(ran.log).toContain(problem);
});

test('without a place to ask, the step says what to give', async () => {
  const ran = await runAction({ command: 'drift', environment: 'prod' }, CONTEXT);

  expect(ran.code).toBe(1);
  expect(ran.log).toContain('url and token for one machine, role and region for AWS');
});
