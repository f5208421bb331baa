import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsClients, awsClients } from '../../adapters/aws/clients/clients.ts';
import { batchJobs } from '../../adapters/aws/jobs/jobs.ts';
import { EMPTY_LINE } from '../../adapters/aws/jobs/lines.ts';
import { PERMISSIONS } from '../../adapters/aws/permissions.ts';
import { stepFunctions } from '../../adapters/aws/workflows.ts';
import { openDatabase } from '../../adapters/local/database.ts';
import { queueName } from '../../core/jobs/names.ts';
import { createEngine, lambdaTask } from '../../local/engine/index.ts';
import { workflowsOf } from '../../local/workflows.ts';
import { buildJob } from '../executor/support.ts';
import { createHost, orderOf, putSource } from '../local/jobs/support.ts';
import { type Bridge, type Handler, startBridge } from '../support/aws/bridge.ts';
import { processJob } from '../support/aws/bridge-process.ts';
import { CREDENTIALS, NO_MOTO } from '../support/aws/moto.ts';
import { createMachines, STATE_MACHINES } from '../support/aws/moto-machines.ts';
import { memoryArtifacts } from '../support/fakes/stores.ts';
import { until } from '../support/until.ts';
import { type JobsOfContract, testJobs } from './jobs.ts';
import { type MakeEngine, testWorkflows } from './workflows.ts';

const DEFINITION = 'cairn-acme-infra-prod-build-standard-01234567';

const engineHere: MakeEngine = async (definitions, functions) => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'cairn-contract-'));
  const db = openDatabase(path.join(dir, 'engine.db'));
  const tasks = { 'arn:aws:states:::lambda:invoke': lambdaTask(functions) };
  const engine = createEngine({ db, workflows: definitions, tasks });
  engine.resume();
  return {
    workflows: workflowsOf(engine),
    async end() {
      await engine.close();
      db.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
};

async function jobsHere(): Promise<JobsOfContract> {
  const host = await createHost({ concurrency: 6 });
  await putSource(host.artifacts, { 'main.tf': '' });
  const all: Promise<unknown>[] = [];
  return {
    jobs: host.jobs.port,
    async run({ runId, id, script }) {
      const job = buildJob(['sh', '-c', script], { runId, id });
      const order = orderOf(job, { state: null, folder: `${runId}/${id}` });
      all.push(host.jobs.run(order, `${runId}/${id}`));
      return order.prefix;
    },
    async end() {
      await Promise.all(all);
      await host.end();
    },
  };
}

describe('on one machine', () => {
  testWorkflows(engineHere);
  testJobs(jobsHere);
});

describe.skipIf(NO_MOTO)(`on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  const called = new Set<string>();
  const functions: Record<string, Handler> = {};
  const artifacts = memoryArtifacts();
  let bridge: Bridge;
  let clients: AwsClients;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    bridge = await startBridge({
      functions,
      concurrency: 20,
      pageSize: 2,
      async runJob({ environment }) {
        await saysItsStream(environment);
        const script = String(environment['SCRIPT']).replace('echo;', `printf '${EMPTY_LINE}\\n';`);
        return processJob(['sh', '-c', script], { env: { PATH: String(process.env['PATH']) } });
      },
    });
    const watch = (service: string, operation: string) => called.add(`${service}:${operation}`);
    clients = awsClients({ endpoint: bridge.endpoint, watch });
    const options = { 'awslogs-group': '/cairn/jobs', 'awslogs-stream-prefix': 'acme/infra/prod/build' };
    const logConfiguration = { logDriver: 'awslogs' as const, options };
    const definition = {
      jobDefinitionName: DEFINITION,
      type: 'container' as const,
      ecsProperties: {
        taskProperties: [{ containers: [{ name: 'executor', image: 'sh', logConfiguration }] }],
      },
    };
    await awsClients({ endpoint: bridge.endpoint }).batch.send(new RegisterJobDefinitionCommand(definition));
  });
  afterAll(() => bridge.close());

  /** As the executor does when it starts. */
  async function saysItsStream(environment: Record<string, string>): Promise<void> {
    const answer = await fetch(String(environment['ECS_CONTAINER_METADATA_URI_V4']));
    const { LogOptions } = (await answer.json()) as { LogOptions: Record<string, string> };
    const stream = { group: LogOptions['awslogs-group'], stream: LogOptions['awslogs-stream'] };
    await artifacts.putNew(`${environment['CAIRN_JOB']}/out/stream.json`, JSON.stringify(stream));
  }

  const engineThere: MakeEngine = async (definitions, handlers) => {
    Object.assign(functions, handlers);
    await createMachines(awsClients({ endpoint: bridge.endpoint }), definitions);
    return { workflows: stepFunctions(clients.states, STATE_MACHINES), end: async () => undefined };
  };

  const jobsThere = () =>
    batchJobs({ batch: clients.batch, logs: clients.logs, artifacts, logGroup: '/cairn/jobs' });

  async function submit({ runId, id, script }: { runId: string; id: string; script: string }) {
    const prefix = `jobs/acme/infra/prod/build/${runId}/${id}`;
    const environment = [
      { name: 'CAIRN_JOB', value: prefix },
      { name: 'SCRIPT', value: script },
    ];
    const command = new SubmitJobCommand({
      jobName: `${runId}-${id}`,
      jobQueue: queueName(id.endsWith('b') ? 'apply' : 'plan'),
      jobDefinition: DEFINITION,
      ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: 'executor', environment }] }] },
    });
    await awsClients({ endpoint: bridge.endpoint }).batch.send(command);
    return prefix;
  }

  testWorkflows(engineThere);
  testJobs(async () => ({ jobs: jobsThere(), run: submit, end: async () => undefined }));

  describe('jobs on Batch', () => {
    test('all pages of both queues are read', async () => {
      const ids = Array.from({ length: 5 }, (_, n) => [`plan-${n}-a`, `apply-${n}-b`]).flat();
      await Promise.all(ids.map((id) => submit({ runId: 'many', id, script: 'sleep 60' })));

      const active = await jobsThere().active('many');
      await jobsThere().stop('many', 'enough');

      expect(active.sort()).toEqual(ids.map((id) => `many-${id}`).sort());
      await until('their end', async () => (await jobsThere().active('many')).length === 0);
      const reasons = bridge.jobs().filter(({ jobName }) => jobName?.startsWith('many-'));
      expect(new Set(reasons.map(({ statusReason }) => statusReason))).toEqual(new Set(['enough']));
    });

    test('a job that names a log that is not its own, or nonsense, shows nothing', async () => {
      const other = await submit({ runId: 'own', id: 'plan-1-a', script: 'echo secret' });
      await until('its end', async () => (await jobsThere().active('own')).length === 0);
      const prefix = (name: string) => `jobs/acme/shop/prod/pr-plan/${name}/plan-1-app`;
      const says = (name: string, text: string) => artifacts.put(`${prefix(name)}/out/stream.json`, text);
      const stream = 'acme/shop/prod/pr-plan/executor/0123';
      await says('group', JSON.stringify({ group: '/aws/lambda/cairn-Webhook', stream }));
      await says('stream', new TextDecoder().decode(await artifacts.get(`${other}/out/stream.json`)));
      await says('nonsense', '{');
      await says('early', JSON.stringify({ group: '/cairn/jobs', stream }));

      const names = ['group', 'stream', 'nonsense', 'early'];
      const logs = names.map((name) => jobsThere().log(prefix(name), 0));

      expect(await jobsThere().log(other, 0)).toBe('secret\n');
      expect(await Promise.all(logs)).toEqual(['', '', '', '']);
    });

    test('of a job that was tried again the newest attempt is shown', async () => {
      const first = await submit({ runId: 'again', id: 'plan-1-a', script: 'echo first' });
      const second = await submit({ runId: 'again', id: 'plan-1-c', script: 'echo second' });
      await until('their end', async () => (await jobsThere().active('again')).length === 0);
      await artifacts.put(`${first}/out/stream-2.json`, await artifacts.get(`${second}/out/stream.json`));

      expect(await jobsThere().log(first, 0)).toBe('second\n');
    });

    test('a long log comes in parts that join without a gap', async () => {
      const script = 'i=0; while [ $i -lt 9000 ]; do printf "%099d\\n" $i; i=$((i+1)); done; echo end';
      const id = await submit({ runId: 'long', id: 'plan-1-a', script });
      await until('its end', async () => (await jobsThere().active('long')).length === 0);

      const parts: string[] = [];
      for (let offset = 0; ; ) {
        const part = await jobsThere().log(id, offset);
        if (part === '') break;
        parts.push(part);
        offset += Buffer.byteLength(part);
      }

      const lines = Array.from({ length: 9000 }, (_, n) => String(n).padStart(99, '0'));
      expect(parts.join('')).toBe(`${[...lines, 'end'].join('\n')}\n`);
      expect(parts.length).toBeGreaterThan(1);
      expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThan(600 * 1024);
    });
  });

  describe('what they ask of AWS', () => {
    test('is what their permissions say', () => {
      const allowed = [...PERMISSIONS.workflows, ...PERMISSIONS.jobs].flatMap(({ actions }) => actions);

      expect([...called].sort()).toEqual([...allowed].sort());
    });
  });
});
