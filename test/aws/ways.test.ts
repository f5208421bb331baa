import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CloudWorld, startCloudWorld } from '../support/aws/cloud-world.ts';
import { ACCOUNT, NO_MOTO, REGION } from '../support/aws/moto.ts';
import { config, root } from '../support/real-roots.ts';
import { REPOSITORY } from '../support/world.ts';

/** What reaches Cairn other than by a webhook, and what happens where something dies. One world, in order. */
describe.skipIf(NO_MOTO)(`AWS, on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let world: CloudWorld;

  beforeAll(async () => {
    world = await startCloudWorld({ hook: false });
  });

  afterAll(async () => {
    await world?.close();
  });

  test('a push whose webhook never came is found by the look at the heads', async () => {
    const commit = await world.push({ ...config(), ...root(world.log, 'network', { value: 'n1' }) });

    await world.cloud.call('LookAtHeads', { repositories: [REPOSITORY] });
    const run = await world.deploy({ commit });

    expect(run.state).toBe('succeeded');
    expect(await world.applied()).toEqual(['+ network n1']);
  });

  test('a GitHub Actions workflow asks by an event; its requester is who started it', async () => {
    const head = await world.push(root(world.log, 'network', { value: 'n2' }));
    const workflowRun = world.forge.addWorkflowRun(REPOSITORY, { sha: head, branch: 'main', actor: 'bob' });

    await putActionsEvent('deploy', { environment: 'prod', commit: head, run_id: workflowRun });
    const run = await world.deploy({ commit: head });

    expect(run).toMatchObject({ state: 'succeeded', requester: 'bob' });
    expect((await world.applied()).at(-1)).toBe('+ network n2');
  });

  test('an event of somebody who may only read, of another branch, or for an environment of another branch starts nothing', async () => {
    const head = await world.push(root(world.log, 'network', { value: 'n3' }));
    const reader = world.forge.addWorkflowRun(REPOSITORY, { sha: head, branch: 'main', actor: 'carol' });
    const elsewhere = world.forge.addWorkflowRun(REPOSITORY, { sha: head, branch: 'side', actor: 'bob' });
    const before = await world.runs();

    await putActionsEvent('deploy', { environment: 'prod', commit: head, run_id: reader });
    await putActionsEvent('deploy', { environment: 'prod', commit: head, run_id: elsewhere });
    await putActionsEvent('deploy', { environment: 'prod', commit: head, run_id: elsewhere }, 'side');
    await world.until('all to be read', async () =>
      (await messagesIn('cairn-requests')) === 0 ? true : undefined,
    );

    expect((await world.runs()).length).toBe(before.length);
    expect(await messagesIn('cairn-requests-dead')).toBe(0);
  });

  test('an execution that is stopped frees its lock, and the next run goes on', async () => {
    const { body } = await world.ask({ command: 'deploy', environment: 'prod' }, world.bob.token);
    const [first = ''] = body['started'] as string[];
    await world.until('it to ask for approval', async () =>
      (await world.hosted.ports.runs.get(first))?.state === 'waiting' ? true : undefined,
    );

    await world.cloud.clients.states.send(
      new StopExecutionCommand({
        executionArn: `arn:aws:states:${REGION}:${ACCOUNT}:execution:cairn-deploy:${first}`,
        error: 'Stopped',
        cause: 'by hand',
      }),
    );
    const run = await world.until('the run to be told off', async () => {
      const found = await world.hosted.ports.runs.get(first);
      return found?.state === 'failed' ? found : undefined;
    });
    const again = await world.ask({ command: 'deploy', environment: 'prod' }, world.bob.token);
    const [second = ''] = again.body['started'] as string[];
    await world.until('the next run', async () =>
      (await world.runs())[0]?.id === second ? true : undefined,
    );
    const next = await world.deploy({ commit: run.commit ?? '' });

    expect(again.status).toBe(200);
    expect(next.id).toBe(second);
    expect(next.state).toBe('succeeded');
    expect(await world.hosted.ports.locks.held()).toEqual([]);
  });

  test('a message that nobody can read is an error, and stays to be looked at', async () => {
    await world.cloud.clients.events.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: 'cairn',
            Source: 'cairn.requests',
            DetailType: 'deploy',
            Detail: '{"no":"request"}',
          },
        ],
      }),
    );

    const line = await world.until('it to be told', async () =>
      world.hosted.told.find((one) => one.includes('UnreadableMessage')),
    );
    expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', function: 'RouteRequest' });
    // Handed over again until its queue gives it up, which takes an hour.
    expect(await messagesIn('cairn-requests')).toBe(1);
  });

  async function putActionsEvent(
    command: string,
    detail: Record<string, unknown>,
    branch = 'main',
  ): Promise<void> {
    const { FailedEntryCount } = await world.cloud.clients.events.send(
      new PutEventsCommand({
        Entries: [
          {
            EventBusName: 'cairn',
            Source: 'cairn.actions',
            DetailType: `${command}:${REPOSITORY}:${branch}`,
            Detail: JSON.stringify(detail),
          },
        ],
      }),
    );
    expect(FailedEntryCount).toBe(0);
  }

  /** Waiting and in hand. */
  async function messagesIn(queue: string): Promise<number> {
    const sqs = new SQSClient({ endpoint: world.cloud.endpoint, region: REGION });
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: `${world.cloud.endpoint}/${ACCOUNT}/${queue}`,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }
});
