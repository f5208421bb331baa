import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runAction } from '../support/action.ts';
import { type CloudWorld, startCloudWorld } from '../support/aws/cloud-world.ts';
import { ACCOUNT, NO_MOTO, REGION } from '../support/aws/moto.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY } from '../support/world.ts';

/**
 * The action of GitHub Actions against the stacks: by OIDC and one event on the bus, answered by a check on the
 * workflow's commit. One world, in order.
 */
describe.skipIf(NO_MOTO)(`AWS, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let world: CloudWorld;
  let oidc: Awaited<ReturnType<typeof startTokens>>;
  let head: string;

  beforeAll(async () => {
    world = await startCloudWorld({ hook: false });
    oidc = await startTokens();
    head = await world.push({
      ...config('', 'ephemeral: {}'),
      ...root(world.log, 'network', { value: 'n1' }),
    });
  });

  afterAll(async () => {
    await oidc?.close();
    await world?.close();
  });

  /** A step of a workflow run of its own, which somebody started by hand, or by this event. */
  function ask(
    inputs: Record<string, string>,
    { actor = 'bob', event = 'workflow_dispatch', title = 'Ask Cairn' } = {},
  ) {
    const id = world.forge.addWorkflowRun(REPOSITORY, { sha: head, branch: 'main', actor, event, title });
    return runAction(
      {
        role: `arn:aws:iam::${ACCOUNT}:role/cairn-actions`,
        region: REGION,
        'github-token': world.bob.token,
        timeout: '90s',
        ...inputs,
      },
      {
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_RUN_ID: String(id),
        GITHUB_SHA: head,
        GITHUB_REF_NAME: 'main',
        GITHUB_API_URL: world.forge.apiUrl,
        ACTIONS_ID_TOKEN_REQUEST_URL: `${oidc.url}/token?api-version=2`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of the runner',
        AWS_ENDPOINT_URL: world.cloud.endpoint,
        // A step before took another role: this one is not to ask with it.
        AWS_PROFILE: 'of-another-step',
      },
    );
  }

  test('a deployment waits in one step, is approved by the hand of another, and its result is in the summary', async () => {
    const asked = ask({ command: 'deploy', environment: 'prod', commit: head }, { event: 'push' });
    const digest = await world.waiting({ commit: head });
    const pushed = await ask({ command: 'approve', environment: 'prod', digest }, { event: 'push' });
    const other = await ask({ command: 'approve', environment: 'prod', digest }, { actor: 'alice' });
    const approved = await ask(
      { command: 'approve', environment: 'prod', digest },
      { actor: 'alice', title: `Approve prod ${digest}` },
    );
    const ran = await asked;
    const [run] = await world.runs({ commit: head });

    expect(oidc.asked[0]).toBe('Bearer of the runner sts.amazonaws.com');
    expect(pushed).toMatchObject({ code: 1, outputs: { state: 'failed' } });
    expect(pushed.log).toContain('starts by hand');
    expect(other.log).toContain('does not name');
    expect(approved, approved.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(ran, ran.log).toMatchObject({ code: 0, outputs: { state: 'succeeded', run: run?.id } });
    expect(ran.summary).toContain('✅ Cairn: deploy prod succeeded');
    expect(run?.requester).toBe('bob');
  });

  test('an environment is made and extended; it is destroyed by its schedule when its time comes', async () => {
    const up = await ask({ command: 'ephemeral', name: 'demo', ttl: '2h' });
    const longer = await ask({ command: 'extend', name: 'demo', ttl: '1h' });
    const listed = await ask({
      command: 'run',
      environment: 'eph-demo',
      project: 'network',
      args: '["state", "list"]',
    });
    const at = new Date(Date.now() + 45_000).toISOString();
    const end = await ask({ command: 'extend', name: 'demo', at });
    const gone = await world.ended({ environment: 'eph-demo', workflow: 'destroy' });

    expect(up, up.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
    expect(up.summary).toContain('ends:');
    expect(longer, longer.log).toMatchObject({ code: 0 });
    expect(listed, listed.log).toMatchObject({ code: 0 });
    expect(listed.summary).toContain('terraform_data.it');
    expect(end, end.log).toMatchObject({ code: 0 });
    expect(gone).toMatchObject({ state: 'succeeded', requester: null });
    expect(Date.parse(gone.startedAt)).toBeGreaterThanOrEqual(Date.parse(at));
    expect((await world.state('network', 'eph-demo'))?.resources).toEqual([]);
    expect(await world.hosted.ports.ephemerals.list(REPOSITORY)).toEqual([]);
    expect(await world.hosted.ports.schedules.list()).toEqual([]);
    expect((await world.state('network'))?.resources).toHaveLength(1);
  });

  test('one that is taken down is waited for', async () => {
    const up = await ask({ command: 'ephemeral', name: 'short' });
    const down = await ask({ command: 'destroy', name: 'short' });

    expect(up, up.log).toMatchObject({ code: 0 });
    expect(down, down.log).toMatchObject({ code: 0, outputs: { state: 'succeeded' } });
  });

  test('a command, a comparison, a freeze that holds, and its end are each told', async () => {
    const printed = await ask({
      command: 'run',
      environment: 'prod',
      project: 'network',
      args: '["output"]',
    });
    const drift = await ask({ command: 'drift', environment: 'prod' });
    const frozen = await ask({ command: 'freeze', environment: 'prod', reason: 'sale' });
    head = await world.push(root(world.log, 'network', { value: 'n2' }));
    const held = await ask({ command: 'deploy', environment: 'prod' });
    const thawed = await ask({ command: 'unfreeze', environment: 'prod' });

    expect(printed.summary, printed.log).toContain('value = "n1"');
    expect(drift, drift.log).toMatchObject({ code: 0 });
    expect(drift.summary).toContain('No drift');
    expect(frozen, frozen.log).toMatchObject({ code: 0 });
    expect(held, held.log).toMatchObject({ code: 1, outputs: { state: 'refused' } });
    expect(held.log).toContain('frozen');
    expect(thawed, thawed.log).toMatchObject({ code: 0 });
  });

  test('what does not fit, what is not there, and who may not are told at once', async () => {
    const misfit = await ask({ command: 'drift', environment: '../prod' });
    const nowhere = await ask({ command: 'drift', environment: 'nowhere' });
    const carol = await ask({ command: 'drift', environment: 'prod' }, { actor: 'carol' });

    expect([misfit, nowhere, carol]).toMatchObject(Array(3).fill({ code: 1, outputs: { state: 'failed' } }));
    expect(misfit.log).toContain('environment: ');
    expect(nowhere.log).toContain('There is no environment');
    expect(carol.log).toContain('no write access');
  });
});

/** Where a runner gets its OIDC tokens. */
async function startTokens() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const audience = new URL(request.url ?? '', 'http://runner').searchParams.get('audience');
    asked.push(`${request.headers.authorization} ${audience}`);
    response.setHeader('content-type', 'application/json').end('{"value":"header.claims.signature"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked,
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
