import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsClients, awsClients } from '../../../adapters/aws/clients/clients.ts';
import { until } from '../until.ts';
import { type Bridge, startBridge } from './bridge.ts';
import type { SubmittedJob } from './bridge-batch.ts';
import { processJob } from './bridge-process.ts';
import { startConsumer } from './consumers.ts';
import { ACCOUNT, CREDENTIALS, NO_MOTO, REGION } from './moto.ts';
import { createMachines, STATE_MACHINES } from './moto-machines.ts';

const DEFINITION = 'cairn-acme-infra-prod-apply-standard-01234567';

describe.skipIf(NO_MOTO)(`an AWS on this machine${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  const started: SubmittedJob[] = [];
  let bridge: Bridge;
  let clients: AwsClients;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    bridge = await startBridge({
      concurrency: 2,
      functions: {
        'cairn-Echo': async (event, { functionName }) => ({ event, functionName }),
        'cairn-Fail': async () => {
          throw Object.assign(new Error('the base moved'), { name: 'MergeConflict' });
        },
      },
      runJob(job) {
        started.push(job);
        const env: Record<string, string> = { PATH: String(process.env['PATH']), ...job.environment };
        return processJob(['sh', '-c', String(env['SCRIPT'])], { env });
      },
    });
    clients = awsClients({ endpoint: bridge.endpoint });
    const environment = [
      { name: 'CAIRN_STAGE', value: 'apply' },
      { name: 'SCRIPT', value: 'true' },
    ];
    const container = { name: 'executor', image: 'executor', environment, stopTimeout: 1 };
    await clients.batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: DEFINITION,
        type: 'container',
        platformCapabilities: ['FARGATE'],
        ecsProperties: { taskProperties: [{ containers: [container] }] },
      }),
    );
  });
  afterAll(() => bridge.close());

  const submitting = (script: string, change: Record<string, unknown> = {}) => {
    const environment = [{ name: 'SCRIPT', value: script }];
    return clients.batch.send(
      new SubmitJobCommand({
        jobName: 'run-apply-1',
        jobQueue: 'cairn-apply',
        jobDefinition: DEFINITION,
        ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: 'executor', environment }] }] },
        ...change,
      }),
    );
  };
  const described = async (jobId: string | undefined) =>
    (await clients.batch.send(new DescribeJobsCommand({ jobs: [String(jobId)] }))).jobs?.[0];
  const over = (jobId: string | undefined) =>
    until('the end of the job', async () => {
      const job = await described(jobId);
      return job?.stoppedAt === undefined ? undefined : job;
    });

  test('a job gets the environment of its definition with what the submit puts over it', async () => {
    const { jobId } = await submitting('test "$CAIRN_STAGE" = apply && exit 3');

    const job = await over(jobId);

    const container = job.ecsProperties?.taskProperties?.[0]?.containers?.[0];
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Essential container in task exited' });
    expect(container).toMatchObject({ name: 'executor', exitCode: 3 });
    expect(container?.environment).toContainEqual({ name: 'CAIRN_STAGE', value: 'apply' });
    expect(job.attempts?.[0]?.taskProperties?.[0]?.containers?.[0]?.exitCode).toBe(3);
    expect(started.at(-1)?.environment['AWS_BATCH_JOB_ID']).toBe(jobId);
  });

  test('one that does not heed SIGTERM is killed after its stopTimeout', async () => {
    const { jobId } = await submitting('trap "echo no" TERM; while true; do sleep 0.1; done');
    await until('it to run', async () => (await described(jobId))?.status === 'RUNNING');
    await sleep(200);
    const before = Date.now();
    const request = { method: 'POST', body: JSON.stringify({ jobId, reason: 'enough' }) };
    await fetch(`${bridge.endpoint}/v1/terminatejob`, request);

    const job = await over(jobId);

    expect(Date.now() - before).toBeGreaterThanOrEqual(950);
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'enough', isTerminated: true });
    expect(job.ecsProperties?.taskProperties?.[0]?.containers?.[0]?.exitCode).toBe(137);
  });

  test('what does not fit its definition is refused', async () => {
    const refused = [
      submitting('true', { jobDefinition: 'cairn-nowhere' }),
      submitting('true', { jobQueue: 'plan' }),
      submitting('true', { jobName: 'run/1' }),
      submitting('true', { containerOverrides: { command: ['sh'] } }),
      submitting('true', {
        ecsPropertiesOverride: { taskProperties: [{ containers: [{ name: 'default', environment: [] }] }] },
      }),
    ];

    const told = await Promise.allSettled(refused);

    const names = told.map((one) => (one.status === 'rejected' ? (one.reason as Error).name : 'taken'));
    expect(names).toEqual(Array.from({ length: 5 }, () => 'ClientException'));
  });

  test('a state machine sees functions and jobs, and their failures, as on AWS', async () => {
    const invoke = (name: string) => ({
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: name, Payload: { 'run.$': '$$.Execution.Name' } },
      TimeoutSeconds: 60,
    });
    const Catch = (path: string, Next: string) => [
      { ErrorEquals: ['States.ALL'], ResultPath: `$.${path}`, Next },
    ];
    const submit = (script: string) => ({
      Type: 'Task',
      Resource: 'arn:aws:states:::batch:submitJob.sync',
      Parameters: {
        JobName: 'run-apply-1',
        JobQueue: 'cairn-apply',
        JobDefinition: DEFINITION,
        EcsPropertiesOverride: {
          TaskProperties: [
            { Containers: [{ Name: 'executor', Environment: [{ Name: 'SCRIPT', Value: script }] }] },
          ],
        },
      },
      TimeoutSeconds: 60,
    });
    await createMachines(clients, {
      all: {
        StartAt: 'Echo',
        States: {
          Echo: { ...invoke('cairn-Echo'), ResultPath: '$.echo', Next: 'Fail' },
          Fail: { ...invoke('cairn-Fail'), Catch: Catch('fail', 'Nowhere'), End: true },
          Nowhere: { ...invoke('cairn-Nowhere'), Catch: Catch('nowhere', 'Good'), End: true },
          Good: { ...submit('true'), ResultPath: '$.good', Next: 'Bad' },
          Bad: { ...submit('exit 1'), Catch: Catch('bad', 'Done'), End: true },
          Done: { Type: 'Succeed' },
        },
      },
    });
    const machine = { stateMachineArn: `${STATE_MACHINES}all`, name: 'run-1', input: '{}' };
    const { executionArn } = await clients.states.send(new StartExecutionCommand(machine));

    const output = await until('its end', async () => {
      const told = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
      return told.status === 'RUNNING' ? undefined : (JSON.parse(told.output ?? 'null') as Told);
    });

    expect(output.echo).toMatchObject({
      StatusCode: 200,
      ExecutedVersion: '$LATEST',
      Payload: { event: { run: 'run-1' }, functionName: 'cairn-Echo' },
    });
    expect(output.fail.Error).toBe('MergeConflict');
    expect(JSON.parse(output.fail.Cause)).toMatchObject({
      errorType: 'MergeConflict',
      errorMessage: 'the base moved',
    });
    expect(output.nowhere.Error).toBe('Lambda.ResourceNotFoundException');
    expect(output.good).toMatchObject({ Status: 'SUCCEEDED', JobName: 'run-apply-1' });
    expect(output.bad.Error).toBe('States.TaskFailed');
    expect(JSON.parse(output.bad.Cause)).toMatchObject({ Status: 'FAILED', JobName: 'run-apply-1' });
    expect(started.at(-1)?.environment['MANAGED_BY_AWS']).toBe('STARTED_BY_STEP_FUNCTIONS');
  });

  test('what is put on the bus reaches the function of its queue, what fails comes again, then goes to the dead letters', async () => {
    const { endpoint } = bridge;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const sqs = new SQSClient({ endpoint, region: REGION, credentials });
    const queue = async (QueueName: string, Attributes: Record<string, string> = {}) =>
      String((await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl);
    const arn = (name: string) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
    const dead = await queue('cairn-requests-dead');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: arn('cairn-requests-dead'),
      maxReceiveCount: 2,
    });
    const queueUrl = await queue('cairn-requests', { VisibilityTimeout: '3', RedrivePolicy });
    const EventPattern = JSON.stringify({ source: ['cairn.requests'] });
    await clients.events.send(new PutRuleCommand({ Name: 'requests', EventPattern }));
    const Targets = [{ Id: 'queue', Arn: arn('cairn-requests') }];
    await clients.events.send(new PutTargetsCommand({ Rule: 'requests', Targets }));
    const seen: string[] = [];
    const consumer = await startConsumer({
      endpoint,
      queueUrl,
      async handler({ Records }: SQSEvent) {
        const failed = Records.filter(({ body, attributes }) => {
          const { detail } = JSON.parse(body) as { detail: { name: string } };
          seen.push(`${detail.name} ${attributes.ApproximateReceiveCount}`);
          return (
            detail.name === 'bad' ||
            (detail.name === 'twice' && seen.includes('twice 1') && !seen.includes('twice 2'))
          );
        });
        return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      },
    });

    const Entries = ['good', 'twice', 'bad'].map((name) => ({
      Source: 'cairn.requests',
      DetailType: 'push',
      Detail: JSON.stringify({ name }),
    }));
    await clients.events.send(new PutEventsCommand({ Entries }));
    const letters = await until('the dead letter', async () => {
      const asked = new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['All'] });
      const { Attributes } = await sqs.send(asked);
      return Attributes?.['ApproximateNumberOfMessages'] === '1' && consumer.handled === 2;
    });
    await consumer.stop();

    expect(letters).toBe(true);
    expect(seen.sort()).toEqual(['bad 1', 'bad 2', 'good 1', 'twice 1', 'twice 2']);
    expect(consumer.received).toBe(5);
    expect(consumer.errors).toEqual([]);
    sqs.destroy();
  });
});

interface Failed {
  Error: string;
  Cause: string;
}
interface Told {
  echo: unknown;
  fail: Failed;
  nowhere: Failed;
  good: unknown;
  bad: Failed;
}
