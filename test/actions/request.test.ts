import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
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
    const longer = await ask({ command: 'extend', name: 'demo', ttl: '1h' });
    const down = await ask({ command: 'destroy', environment: 'eph-demo' });
    const again = await ask({ command: 'destroy', name: 'demo' });

    expect(up).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(up.summary).toContain('ends:');
    expect(longer, longer.log).toMatchObject({ code: 0 });
    expect(down, down.log).toMatchObject({ code: 0 });
    expect(again.code).toBe(1);
    expect(again.log).toContain('There is no ephemeral environment');
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

  test('a deployment waits in one step and is approved, or turned down, in another', async () => {
    const commit = await world.push(root(world.log, 'network', { value: 'n2' }));
    const first = ask({ command: 'deploy', environment: 'prod', commit });
    const digest = await world.waiting({ commit });
    const wrong = await ask({ command: 'approve', environment: 'prod', digest }, world.carol.token);
    const rejected = await ask(
      { command: 'reject', environment: 'prod', digest, reason: 'later' },
      world.alice.token,
    );
    const ended = await first;
    const second = ask({ command: 'deploy', environment: 'prod', commit, retry: 'true' });
    const next = await world.until('the second one to ask', async () => {
      const [run] = await world.runs({ commit });
      const wait = await world.hosted.ports.approvals.get(REPOSITORY, 'prod');
      return run?.state === 'waiting' && run.id === wait?.runId ? wait.digest : undefined;
    });
    const approved = await ask({ command: 'approve', environment: 'prod', digest: next }, world.alice.token);
    const deployed = await second;

    expect(wrong.code).toBe(1);
    expect(rejected, rejected.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(ended).toMatchObject({ code: 1, outputs: { state: 'rejected' } });
    expect(approved, approved.log).toMatchObject({ code: 0 });
    expect(approved.summary).toContain('Approved');
    expect(deployed, deployed.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
  });

  test('a pull request is planned', async () => {
    await world.push(root(world.log, 'network', { value: 'n3' }), { branch: 'change' });
    const { number } = await world.bob.openPull({ head: 'change' });

    const planned = await ask({ command: 'plan', pull: String(number) });

    expect(planned, planned.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(planned.summary).toContain(`plan #${number} succeeded`);
  });

  test('a freeze holds, tells why, and is taken back', async () => {
    const frozen = await ask({ command: 'freeze', environment: 'prod', reason: 'sale', until: '3d' });
    const held = await ask({ command: 'rollback', environment: 'prod' });
    const drift = await ask({ command: 'drift', environment: 'prod' });
    const thawed = await ask({ command: 'unfreeze', environment: 'prod' });

    expect(frozen, frozen.log).toMatchObject({ code: 0 });
    expect(held.code, held.log).toBe(1);
    expect(held.log).toContain('frozen');
    expect(drift, drift.log).toMatchObject({ code: 0 });
    expect(thawed, thawed.log).toMatchObject({ code: 0 });
  });

  test('a permanent environment is taken down with its name typed, and an approval', async () => {
    const unnamed = await ask({ command: 'destroy', environment: 'prod' });
    const asked = ask({ command: 'destroy', environment: 'prod', confirm: 'prod' });
    await world.approve({ command: 'destroy', environment: 'prod' });
    const destroyed = await asked;

    expect(unnamed.code).toBe(1);
    expect(unnamed.log).toContain('prod');
    expect(destroyed, destroyed.log).toMatchObject({ code: 0 });
    expect((await world.state('network'))?.resources).toEqual([]);
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
  [{ command: 'deploy', environment: 'prod', ttl: '8h' }, 'ttl: deploy takes environment, commit, retry'],
  [{ command: 'run', environment: 'prod', project: 'a', args: 'state list' }, 'as a JSON list'],
  [{ command: 'plan', pull: '#3' }, 'is not a number'],
  [{ command: 'drift', environment: 'prod', timeout: '1 hour' }, 'timeout: write a number'],
  [{ command: 'drift', environment: 'prod', wait: 'maybe' }, 'neither true nor false'],
  [{ command: 'drift', environment: 'prod', role: 'arn:aws:iam::1:role/x' }, 'give one of them'],
  [{ command: 'drift', environment: 'prod', reconcile: 'yes' }, 'reconcile: "yes" is neither'],
  [{ command: 'drift', environment: 'prod', retry: 'true' }, 'retry: drift takes'],
  [{ command: 'extend', name: 'demo' }, 'either ttl or at'],
  [{ command: 'extend', name: 'demo', ttl: '1h', at: 'never' }, 'either ttl or at'],
  [{ command: 'destroy', name: 'demo', environment: 'eph-demo' }, 'either environment or name'],
  [{ command: 'approve', environment: 'prod' }, 'approve needs digest'],
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

/** A server that answers everything with what it is given, and keeps what it was asked. */
async function startAnswers(answer: unknown) {
  const bodies: string[] = [];
  const keys: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      bodies.push(body);
      keys.push(String(request.headers['idempotency-key']));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { bodies, keys, close, url: `http://127.0.0.1:${port}` };
}

test('what others wrote is a text and nothing else: to the shell, to the runner, and in the summary', async () => {
  const evil = '$(touch /tmp/cairn-injected)`id`"; exit 0 #';
  const title =
    ' ::add-mask::x\n::set-output name=state::succeeded\r::error::no ##[add-mask]y <img src=x> @alice [a](b)';
  const server = await startAnswers({ started: [], message: title });
  const inputs = { url: server.url, token: 'x', command: 'ephemeral', ref: evil, name: evil, email: evil };

  const ran = await runAction(inputs, { ...CONTEXT, GITHUB_REF_NAME: evil });
  await server.close();

  expect(JSON.parse(server.bodies[0] ?? '')).toMatchObject({ ref: evil, name: evil, email: evil });
  expect(ran.log.split(/[\r\n]/).filter((line) => /^\s*::|##\[/.test(line))).toEqual([]);
  expect(ran.summary).not.toMatch(/<img|@alice|\]\(b\)/);
  expect(ran.outputs).toEqual({ run: '', state: 'succeeded', url: '' });
});

test('jobs of a matrix that have one name ask each for their own', async () => {
  const server = await startAnswers({ started: [] });
  const ask = (environment: string) =>
    runAction({ url: server.url, token: 'x', command: 'drift', environment }, CONTEXT);

  await ask('prod');
  await ask('staging');
  await ask('prod');
  await server.close();

  const [prod, staging, again] = server.keys;
  expect(prod).toMatch(/^actions-1\.1\/job\/ask\/[0-9a-f]{8}$/);
  expect(staging).not.toBe(prod);
  expect(again).toBe(prod);
});
