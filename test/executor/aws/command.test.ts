import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobOrder } from '../../../core/jobs/order.ts';
import { NO_MOTO } from '../../support/aws/moto.ts';
import { commandJob } from '../support.ts';
import {
  ARTIFACTS,
  applyOf,
  type Cloud,
  createCloud,
  orderOf,
  planOf,
  run,
  STATES,
  stateAt,
} from './support.ts';

const ROOT = { 'main.tf': 'resource "terraform_data" "app" { input = 1 }\n' };
const STATE = 'acme/infra/prod/app/workspaces/eu/acme/infra/prod/app/terraform.tfstate';

/** In a workspace of its own, which terraform's backend would make wherever it only looks. */
function inEurope(line: string, id: string, writes: boolean, key = 'acme/infra/prod/app'): JobOrder {
  const job = commandJob(line, { id, writes, fence: writes ? 3 : 0 });
  const project = { ...job.project, workspace: 'eu' };
  const order = orderOf({ ...job, project }, writes ? 'apply' : 'deploy-plan');
  return { ...order, state: { key, write: writes, former: null } };
}

describe.skipIf(NO_MOTO)(`commands on Fargate, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await createCloud();
    const eu = { project: { ...commandJob('x').project, workspace: 'eu' } };
    await run(cloud, applyOf(1, await run(cloud, planOf(1, {}, eu), ROOT)), ROOT);
  });
  afterAll(() => cloud?.end());

  it('one that reads gets a copy of the state, and writes nothing but what it printed', async () => {
    const before = await cloud.keys(STATES);
    const listed = await run(cloud, inEurope('state list', 'read-1-app', false), ROOT);
    const none = await run(cloud, inEurope('state list', 'read-2-app', false, 'acme/infra/prod/new'), ROOT);

    const text = (order: JobOrder) => cloud.text(ARTIFACTS, `${order.prefix}/out/output.txt`);
    expect([listed.result?.status, none.result?.status]).toEqual(['ok', 'ok']);
    expect(await text(listed.order)).toBe('terraform_data.app\n');
    expect(await text(none.order)).toBe('');
    expect(await cloud.keys(STATES)).toEqual(before);
  });

  it('one that writes has the lock of the state, and happens once', async () => {
    const order = inEurope('state mv terraform_data.app terraform_data.web', 'write-1-app', true);
    cloud.proxy.calls.length = 0;
    const moved = await run(cloud, order, ROOT);
    const locks = cloud.proxy.calls.filter(({ url }) => url.includes('.tflock')).map(({ method }) => method);
    const other = { ...order, prefix: order.prefix.replace('write-1', 'write-2') };
    const again = await run(cloud, other, ROOT, { AWS_BATCH_JOB_ID: 'another' });

    const state = await stateAt(cloud, STATE);
    expect(moved.result).toMatchObject({ status: 'ok', started: true });
    expect(locks).toEqual(expect.arrayContaining(['PUT', 'DELETE']));
    expect(JSON.stringify(state)).toContain('"web"');
    expect(again.result).toMatchObject({ status: 'duplicate', started: false });
  });
});
