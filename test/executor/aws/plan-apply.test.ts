import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_LINE } from '../../../adapters/aws/jobs/lines.ts';
import { NO_MOTO } from '../../support/aws/moto.ts';
import {
  ARTIFACTS,
  applyOf,
  type Cloud,
  createCloud,
  emptied,
  planOf,
  run,
  STATES,
  stateAt,
} from './support.ts';

const ROOT = {
  'main.tf': `
variable "size" { default = "small" }
resource "terraform_data" "app" { input = var.size }
output "size" { value = terraform_data.app.output }
output "workspace" { value = terraform.workspace }
`,
};
const STATE = 'acme/infra/prod/app/terraform.tfstate';

describe.skipIf(NO_MOTO)(`jobs on Fargate, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud();
  });
  afterAll(() => cloud?.end());
  beforeEach(() => emptied(cloud));

  it('plans and applies, with the state and its lock file in the bucket', async () => {
    const planned = await run(cloud, planOf(1), ROOT);
    const applied = await run(cloud, applyOf(1, planned), ROOT);

    const state = await stateAt(cloud, STATE);
    const locks = cloud.proxy.calls.filter(({ url }) => url.includes(`${STATE}.tflock`));
    expect(planned).toMatchObject({ code: 0, result: { status: 'ok', empty: false } });
    expect(applied).toMatchObject({
      code: 0,
      result: { status: 'ok', started: true, outputs: { size: 'small' } },
    });
    expect(state?.outputs['size']?.value).toBe('small');
    expect(locks.map(({ method }) => method)).toEqual(expect.arrayContaining(['PUT', 'DELETE']));
    expect(await cloud.keys(STATES)).toEqual([STATE]);
  });

  it('stores what it leaves once, plan files tagged, the result last', async () => {
    const planned = await run(cloud, planOf(1), ROOT);

    const out = `${planned.order.prefix}/out`;
    const writes = cloud.proxy.calls.filter(({ method, url }) => method === 'PUT' && url.includes(ARTIFACTS));
    expect(await cloud.keys(ARTIFACTS, out)).toEqual(
      ['changes.json', 'log.txt', 'plan.tfplan', 'plan.work.tar.gz', 'result.json', 'summary.json'].map(
        (name) => `${out}/${name}`,
      ),
    );
    expect(writes.every(({ headers }) => headers['if-none-match'] === '*')).toBe(true);
    expect(writes.at(-1)?.url).toContain('/out/result.json');
    expect(await cloud.tags(ARTIFACTS, `${out}/plan.tfplan`)).toEqual({ cairn: 'plan' });
    expect(await cloud.tags(ARTIFACTS, `${out}/plan.work.tar.gz`)).toEqual({ cairn: 'plan' });
    expect(await cloud.tags(ARTIFACTS, `${out}/log.txt`)).toEqual({});
  });

  it('shows the log live, beginning with what it is', async () => {
    const planned = await run(cloud, planOf(1, { trace: '1-6a0f2b3c-0123456789abcdef01234567' }), ROOT);

    const stored = await cloud.text(ARTIFACTS, `${planned.order.prefix}/out/log.txt`);
    expect(stored).toMatch(
      /^Run run-1, job jobs\/acme\/infra\/prod\/deploy-plan\/run-1\/plan-1-app, trace 1-6a0f2b3c-0123456789abcdef01234567\.\n/,
    );
    expect(planned.output.replaceAll(EMPTY_LINE, '')).toContain(stored);
    expect(stored).toContain('# terraform_data.app will be created');
  });

  it('touches nothing but its own prefixes, and lists only below its project', async () => {
    const planned = await run(cloud, planOf(1), ROOT);
    const applied = await run(cloud, applyOf(1, planned), ROOT);

    const other = cloud.proxy.calls.filter(
      ({ url }) =>
        ![
          `/${STATES}/acme/infra/prod/app/`,
          `/${ARTIFACTS}/sources/acme/infra/`,
          `/${ARTIFACTS}/${planned.order.prefix}/`,
          `/${ARTIFACTS}/${applied.order.prefix}/`,
          `/${ARTIFACTS}/claims/acme/infra/prod/run-1/`,
        ].some((prefix) => url.startsWith(prefix)),
    );
    expect(other.length).toBeGreaterThan(0);
    for (const { url, method } of other) {
      expect(`${method} ${url}`).toMatch(
        /^GET \/cairn-states-test\/?\?list-type=2.*[?&]prefix=acme\/infra\/prod\/app\//,
      );
    }
  });

  it('keeps the state of a named workspace apart, and a dependent project finds it', async () => {
    const { project } = planOf(1).job as { project: { name: string } & Record<string, unknown> };
    const eu = { project: { ...project, workspace: 'eu' } } as never;
    const planned = await run(cloud, planOf(1, {}, eu), ROOT);
    const applied = await run(cloud, applyOf(1, planned), ROOT);
    const reader = {
      'main.tf': `
variable "cairn_state" { type = any }
data "terraform_remote_state" "app" {
  backend = var.cairn_state.app.backend
  config  = var.cairn_state.app.config
}
output "read" { value = data.terraform_remote_state.app.outputs.workspace }`,
    };
    const upstream = { 'upstream-app.tfstate': 'acme/infra/prod/app' };
    const other = {
      project: { ...project, upstream: { app: { kind: 'file', file: 'upstream-app.tfstate' } } },
    };
    const order = planOf(
      2,
      { upstream, state: { key: 'acme/infra/prod/web', write: false, former: null } },
      other as never,
    );

    const read = await run(cloud, order, reader);

    expect(applied.result).toMatchObject({ status: 'ok', outputs: { workspace: 'eu' } });
    expect(
      (await cloud.keys(STATES)).every((key) => key.startsWith('acme/infra/prod/app/workspaces/eu/')),
    ).toBe(true);
    expect(read.output).toMatch(/read = "eu"/);
  });

  it('plans a pull request from a copy of the state: nothing is locked or written', async () => {
    const planned = await run(cloud, planOf(1), ROOT);
    await run(cloud, applyOf(1, planned), ROOT);
    cloud.proxy.calls.length = 0;

    const pull = await run(cloud, planOf(2, {}, { stage: 'pr-plan' }), ROOT);

    const writes = cloud.proxy.calls.filter(({ method, url }) => method !== 'GET' && url.includes(STATES));
    expect(pull).toMatchObject({ code: 0, result: { status: 'ok', empty: true } });
    expect(writes).toEqual([]);
  });

  it('takes the state of a renamed project with it', async () => {
    const planned = await run(cloud, planOf(1), ROOT);
    await run(cloud, applyOf(1, planned), ROOT);
    const before = await stateAt(cloud, STATE);
    const moved = { state: { key: 'acme/infra/prod/shop', write: false, former: 'acme/infra/prod/app' } };

    const again = await run(cloud, planOf(2, moved), ROOT);
    const kept = await cloud.keys(STATES);
    const applied = await run(cloud, applyOf(2, again), ROOT);

    const after = await stateAt(cloud, 'acme/infra/prod/shop/terraform.tfstate');
    expect(again.result).toMatchObject({ status: 'ok', empty: true });
    expect(kept).toEqual([STATE]);
    expect(applied.result?.status).toBe('ok');
    expect(after?.lineage).toBe(before?.lineage);
    expect(await cloud.keys(STATES)).toEqual(['acme/infra/prod/shop/terraform.tfstate']);
  });

  it('waits for a lock that somebody holds, and says who does', async () => {
    const lock = {
      ID: '99999999-0000-0000-0000-000000000000',
      Who: 'ann@laptop',
      Operation: 'OperationTypeApply',
    };
    await cloud.put(STATES, `${STATE}.tflock`, JSON.stringify(lock));

    // It waits for half of its time: the other half has to do for all else.
    const planned = await run(cloud, planOf(1, {}, { timeout: 20 }), ROOT);

    expect(planned).toMatchObject({ code: 1, result: { status: 'failed' } });
    expect(planned.result?.error).toContain('ann@laptop');
    expect(await cloud.keys(STATES)).toEqual([`${STATE}.tflock`]);
  });
});
