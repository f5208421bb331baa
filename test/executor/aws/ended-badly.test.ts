import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobOrder } from '../../../core/jobs/order.ts';
import { NO_MOTO, REGION } from '../../support/aws/moto.ts';
import { buildJob, until, verifyJob } from '../support.ts';
import {
  ARTIFACTS,
  applyOf,
  type Cloud,
  createCloud,
  emptied,
  finish,
  launch,
  orderOf,
  planOf,
  type Ran,
  run,
  STATES,
  type Started,
  start,
  stateAt,
} from './support.ts';

const ROOT = { 'main.tf': 'resource "terraform_data" "app" { input = "v1" }\n' };
const SLOW = {
  'main.tf': `
resource "terraform_data" "done" { input = 1 }
resource "terraform_data" "slow" {
  depends_on = [terraform_data.done]
  provisioner "local-exec" { command = "sleep 30" }
}`,
};
const STATE = 'acme/infra/prod/app/terraform.tfstate';

describe.skipIf(NO_MOTO)(
  `jobs on Fargate that end badly, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`,
  () => {
    let cloud: Cloud;
    beforeAll(async () => {
      cloud = await createCloud();
    });
    afterAll(() => cloud?.end());
    beforeEach(() => emptied(cloud));

    const shows = (job: Started, text: string) => until(text, () => job.output().includes(text));
    const resultOf = (order: JobOrder) => cloud.text(ARTIFACTS, `${order.prefix}/out/result.json`);

    describe('told to stop', () => {
      it('hands SIGTERM on in the middle of an apply: state saved, lock gone, result told', async () => {
        const planned = await run(cloud, planOf(1), SLOW);
        const job = await start(cloud, applyOf(1, planned), SLOW);
        await shows(job, "Provisioning with 'local-exec'");

        job.child.kill('SIGTERM');
        const applied = await finish(cloud, job);

        expect(applied).toMatchObject({ code: 1, result: { status: 'interrupted', started: true } });
        expect((await stateAt(cloud, STATE))?.resources.map(({ name }) => name)).toContain('done');
        expect(await cloud.keys(STATES)).toEqual([STATE]);
      });

      it('leaves nothing of a plan, so that it can be run again', async () => {
        const state = { key: 'acme/infra/prod/app', write: false, former: null };
        await cloud.put(
          STATES,
          `${STATE}.tflock`,
          '{"ID":"11111111-0000-0000-0000-000000000000","Who":"ann@laptop"}',
        );
        const job = await start(cloud, planOf(1, { state }), ROOT);
        await shows(job, 'Planning.');

        job.child.kill('SIGTERM');
        const stopped = await finish(cloud, job);
        await cloud.s3.send(new DeleteObjectCommand({ Bucket: STATES, Key: `${STATE}.tflock` }));
        const again = await finish(cloud, launch(cloud, stopped.order, { AWS_BATCH_JOB_ATTEMPT: '2' }));

        expect(stopped).toMatchObject({ code: 1, result: null });
        expect(again).toMatchObject({ code: 0, result: { status: 'ok' } });
      });

      it('leaves nothing of a check either', async () => {
        const check = { kind: 'http', url: 'http://127.0.0.1:9/' } as const;
        const order = orderOf(verifyJob(check, { attempts: 50, interval: 1 }), 'verify', {
          state: null,
          inputs: {},
        });
        const job = await start(cloud, order, ROOT);
        await shows(job, 'Attempt 1 of 50');

        job.child.kill('SIGTERM');
        const stopped = await finish(cloud, job);

        expect(stopped).toMatchObject({ code: 1, result: null });
        expect(await cloud.keys(ARTIFACTS, `${order.prefix}/out`)).toEqual([]);
      });

      it('is told as a result when the time of the job was over', async () => {
        const check = { kind: 'http', url: 'http://127.0.0.1:9/' } as const;
        const slow = verifyJob(check, { attempts: 50, interval: 1, timeout: 1 });

        const stopped = await run(cloud, orderOf(slow, 'verify', { state: null, inputs: {} }), ROOT);

        expect(stopped).toMatchObject({ code: 1, result: { status: 'interrupted' } });
        expect(stopped.result?.error).toContain('longer than its 1 s');
      });
    });

    describe('an apply happens once', () => {
      it('ends as a duplicate where another order holds the claim', async () => {
        const planned = await run(cloud, planOf(1), ROOT);
        const first = await run(cloud, applyOf(1, planned), ROOT);

        const second = await run(cloud, applyOf(2, planned, { claim: first.order.claim }), ROOT);

        expect(first.result?.status).toBe('ok');
        expect(second).toMatchObject({ code: 1, result: { status: 'duplicate', started: false } });
      });

      it('waits for the first job where one order was submitted twice, and ends as that does', async () => {
        const planned = await run(cloud, planOf(1), ROOT);
        const first = await start(cloud, applyOf(1, planned), ROOT);
        await until('the claim', async () => (await cloud.keys(ARTIFACTS, 'claims/')).length > 0);
        const second = launch(cloud, first.order);

        const [one, two] = await Promise.all([finish(cloud, first), finish(cloud, second)]);

        expect([one.code, two.code]).toEqual([0, 0]);
        expect(two.output).toContain('Another job runs this order');
        expect(one.result?.status).toBe('ok');
        expect((await stateAt(cloud, STATE))?.serial).toBe(1);
      });

      it('and so does a build: the second job of its order ends as the first does', async () => {
        const ran = path.join(cloud.folder, 'ran');
        const script = `echo once >> ${ran}; echo image=shop:1 >> "$CAIRN_OUTPUT"; sleep 1`;
        const order = orderOf(buildJob(['sh', '-c', script]), 'build', { state: null });
        const first = await start(cloud, order, ROOT);
        await until('the build', () => existsSync(ran));
        const second = launch(cloud, order);

        const [one, two] = await Promise.all([finish(cloud, first), finish(cloud, second)]);

        expect([one.code, two.code]).toEqual([0, 0]);
        expect(readFileSync(ran, 'utf8')).toBe('once\n');
        expect(two.result?.outputs).toEqual({ image: 'shop:1' });
      });

      it('goes on where the claim is of the same job', async () => {
        const planned = await run(cloud, planOf(1), ROOT);
        const order = applyOf(1, planned);
        const claim = JSON.stringify({ job: 'batch-own', prefix: order.prefix });
        await cloud.put(ARTIFACTS, order.claim ?? '', claim);

        const applied = await run(cloud, order, ROOT, {
          AWS_BATCH_JOB_ID: 'batch-own',
          AWS_BATCH_JOB_ATTEMPT: '2',
        });

        expect(applied).toMatchObject({ code: 0, result: { status: 'ok' } });
      });

      it('answers what an attempt before it has stored', async () => {
        const planned = await run(cloud, planOf(1), ROOT);
        const before = await resultOf(planned.order);

        const again = await finish(cloud, launch(cloud, planned.order, { AWS_BATCH_JOB_ATTEMPT: '2' }));

        expect(again.code).toBe(0);
        expect(again.output).not.toContain('Planning.');
        expect(await resultOf(planned.order)).toBe(before);
      });
    });

    it('says of an apply whose result could not be stored at first that it has changed the world', async () => {
      const planned = await run(cloud, planOf(1), ROOT);
      let refused = 0;
      cloud.proxy.refuse = ({ method, url }) =>
        method === 'PUT' && url.includes('/apply/') && url.includes('/out/result.json') && refused++ === 0;

      const applied = await run(cloud, applyOf(1, planned), ROOT);

      expect(refused).toBe(2);
      expect(applied).toMatchObject({ code: 1, result: { status: 'failed', started: true } });
      expect((await stateAt(cloud, STATE))?.serial).toBe(1);
    });

    describe('a state that cannot be written', () => {
      const plan = (n: number) => run(cloud, planOf(n), ROOT);

      it('is kept beside it, pushed by the next job, and then forgotten', async () => {
        const planned = await plan(1);
        cloud.proxy.refuse = ({ method, url }) => method === 'PUT' && url.includes(`${STATE}?`);
        const failed = await run(cloud, applyOf(1, planned), ROOT);
        const kept = await cloud.keys(STATES);
        cloud.proxy.refuse = () => false;

        const next = await plan(2);

        expect(failed.result).toMatchObject({ status: 'failed', started: true });
        expect(failed.output).toContain('terraform could not write its state');
        expect(kept).toContain('acme/infra/prod/app/errored.tfstate');
        expect(next.result).toMatchObject({ status: 'ok', empty: true });
        expect(await cloud.keys(STATES)).toEqual([STATE]);
      });

      it('is an artifact if the bucket refuses that as well, and the result says where', async () => {
        const planned = await plan(1);
        cloud.proxy.refuse = ({ method, url }) =>
          method === 'PUT' && url.includes(STATES) && !url.includes('.tflock');

        const failed = await run(cloud, applyOf(1, planned), ROOT);

        const artifact = `${failed.order.prefix}/out/errored.tfstate`;
        expect(failed.result?.error).toContain(`kept as the artifact ${artifact}`);
        expect(JSON.parse((await cloud.text(ARTIFACTS, artifact)) ?? '')).toMatchObject({ version: 4 });
      });
    });

    describe('cannot be run', () => {
      it('names the secret that is not there', async () => {
        const arn = `arn:aws:secretsmanager:${REGION}:123456789012:secret:shop/none-AbCdEf`;
        const order = planOf(1, { secrets: { TF_VAR_token: arn } }, { secrets: ['TF_VAR_token'] });

        const planned = await run(cloud, order, ROOT);

        expect(planned).toMatchObject({
          code: 1,
          result: { status: 'refused', id: 'plan-1-app', started: false },
        });
        expect(planned.result?.error).toContain(`TF_VAR_token: ${arn} is not there`);
      });

      it('refuses a secret that is not one of Secrets Manager', async () => {
        const order = planOf(1, { secrets: { TF_VAR_token: 'shop-token' } }, { secrets: ['TF_VAR_token'] });

        const planned = await run(cloud, order, ROOT);

        expect(planned.result?.error).toContain('"shop-token" is not the ARN of a secret');
      });

      it('hands secrets to terraform and to no text', async () => {
        const client = new SecretsManagerClient({
          region: REGION,
          endpoint: cloud.moto.endpoint,
          credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        });
        const { ARN = '' } = await client.send(
          new CreateSecretCommand({ Name: 'shop/token', SecretString: 'correct-horse-battery' }),
        );
        client.destroy();
        const source = { 'main.tf': 'variable "token" {}\noutput "token" { value = "is:${var.token}" }' };
        const order = planOf(1, { secrets: { TF_VAR_token: ARN } }, { secrets: ['TF_VAR_token'] });

        const planned = await run(cloud, order, source);

        const log = await cloud.text(ARTIFACTS, `${order.prefix}/out/log.txt`);
        expect(planned.result?.status).toBe('ok');
        expect(log).toContain('is:');
        expect(`${planned.output}${log}`).not.toContain('correct-horse-battery');
      });

      it('refuses an order of another stage than its definition is for', async () => {
        const planned = await run(cloud, planOf(1), ROOT, { CAIRN_STAGE: 'pr-plan' });

        expect(planned).toMatchObject({ code: 1, result: { status: 'refused' } });
        expect(planned.result?.error).toContain('is a deploy-plan, and this job definition is for pr-plan');
      });

      it('says that the order is not there, or not readable', async () => {
        const order = planOf(1);
        const missing = await finish(cloud, launch(cloud, order));
        await emptied(cloud);
        await cloud.put(ARTIFACTS, `${order.prefix}/order.json`, '{"prefix":1}');
        const broken = await finish(cloud, launch(cloud, order));

        expect(missing.result).toMatchObject({
          status: 'failed',
          error: expect.stringContaining('order.json is not there'),
        });
        expect(broken.result).toMatchObject({
          status: 'failed',
          error: expect.stringContaining('another version of Cairn'),
        });
      });

      it('says which key the role may not read', async () => {
        cloud.proxy.refuse = ({ url }) => url.includes('source.tar.gz') || url.includes('/sources/');

        const planned = await run(cloud, planOf(1), ROOT);

        expect(planned.result?.error).toContain(
          `Reading s3://${ARTIFACTS}/sources/acme/infra/c0ffee.tar.gz was refused (AccessDenied): the job's role lacks`,
        );
      });

      it('names the version that a project needs and those that there are', async () => {
        const planned: Ran = await run(cloud, planOf(1), {
          'main.tf': 'terraform { required_version = "> 99" }',
        });

        expect(planned.result).toMatchObject({ status: 'refused' });
        expect(planned.result?.error).toMatch(/asks for "> 99", this host offers terraform \d/);
      });

      it('does not overwrite what an attempt before it has stored', async () => {
        const order = planOf(1);
        await cloud.put(ARTIFACTS, `${order.prefix}/out/plan.tfplan`, 'of another attempt');

        const planned = await run(cloud, order, ROOT);

        expect(planned).toMatchObject({ code: 1, result: { status: 'failed' } });
        expect(planned.result?.error).toContain('plan.tfplan is there already, with other content');
        expect(await cloud.text(ARTIFACTS, `${order.prefix}/out/plan.tfplan`)).toBe('of another attempt');
      });

      it('says what of its environment is missing', async () => {
        const planned = await run(cloud, planOf(1), ROOT, { CAIRN_STATES: '' });

        expect(planned.code).toBe(2);
        expect(planned.output).toContain('CAIRN_STATES');
      });
    });

    describe('where its log is', () => {
      let ecs: Server;
      beforeAll(async () => {
        const LogOptions = { 'awslogs-group': '/cairn/jobs', 'awslogs-stream': 'cairn/executor/0123abc' };
        ecs = createServer((_, answer) =>
          answer.end(JSON.stringify({ DockerId: 'x', LogDriver: 'awslogs', LogOptions })),
        );
        await new Promise<void>((resolve) => ecs.listen(0, '127.0.0.1', resolve));
      });
      afterAll(() => new Promise((resolve) => ecs?.close(resolve)));

      it('is told from the metadata of its task', async () => {
        const url = `http://127.0.0.1:${(ecs.address() as AddressInfo).port}/v4/task`;

        const planned = await run(cloud, planOf(1), ROOT, { ECS_CONTAINER_METADATA_URI_V4: url });

        const stream = await cloud.text(ARTIFACTS, `${planned.order.prefix}/out/stream.json`);
        expect(JSON.parse(stream ?? '')).toEqual({ group: '/cairn/jobs', stream: 'cairn/executor/0123abc' });
      });
    });
  },
);
