import { CreateEventBusCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsClients, awsClients } from '../../../adapters/aws/clients/clients.ts';
import { eventBus } from '../../../adapters/aws/events/bus.ts';
import { eventBridgeSchedules } from '../../../adapters/aws/events/schedules.ts';
import type { Request } from '../../../core/requests/request.ts';
import { fireSchedules, followSchedules } from './bridge-schedules.ts';
import { ACCOUNT, CREDENTIALS, type Moto, NO_MOTO, REGION, startMoto } from './moto.ts';

const GROUP = 'cairn-requests';

describe.skipIf(NO_MOTO)(`schedules on moto${NO_MOTO ? ` (skipped: ${NO_MOTO})` : ''}`, () => {
  let moto: Moto;
  let clients: AwsClients;
  let sqs: SQSClient;
  let QueueUrl: string | undefined;

  beforeAll(async () => {
    Object.assign(process.env, CREDENTIALS);
    moto = await startMoto();
    clients = awsClients({ endpoint: moto.endpoint });
    sqs = new SQSClient({ endpoint: moto.endpoint, region: REGION });
    await clients.events.send(new CreateEventBusCommand({ Name: 'cairn' }));
    await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: GROUP }));
    ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'requests' })));
    const EventPattern = JSON.stringify({ source: ['cairn.requests'] });
    await clients.events.send(new PutRuleCommand({ Name: 'requests', EventBusName: 'cairn', EventPattern }));
    const Arn = `arn:aws:sqs:${REGION}:${ACCOUNT}:requests`;
    const Targets = [{ Id: 'queue', Arn }];
    await clients.events.send(new PutTargetsCommand({ Rule: 'requests', EventBusName: 'cairn', Targets }));
  });
  afterAll(() => moto.close());

  const store = () =>
    eventBridgeSchedules({
      scheduler: clients.scheduler,
      publish: eventBus(clients.events, 'cairn').publish,
      clock: { now: () => new Date() },
      group: GROUP,
      role: `arn:aws:iam::${ACCOUNT}:role/cairn-scheduler`,
      bus: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/cairn`,
      deadLetters: `arn:aws:sqs:${REGION}:${ACCOUNT}:cairn-schedules-dead`,
    });

  test('what is due arrives as what is published does; time may be let pass', async () => {
    const schedules = store();
    const hence = (seconds: number) => new Date(Date.now() + seconds * 1000);
    await schedules.put({ name: 'now', at: hence(-1), request: end('published') });
    await schedules.put({ name: 'later', at: hence(3600), request: end('let pass') });
    await schedules.put({ name: 'soon', at: hence(1), request: end('followed') });

    const following = followSchedules(clients, GROUP);
    const followed = [await next(), await next()];
    await following.close();
    const fired = await fireSchedules(clients, GROUP, hence(3601));
    const passed = await next();

    expect(fired.map(({ name }) => name)).toEqual(['later']);
    expect([...followed, passed]).toEqual(
      ['published', 'followed', 'let pass'].map((trigger) => ({
        source: 'cairn.requests',
        'detail-type': 'destroy',
        detail: { request: end(trigger), key: `destroy/acme/shop/${trigger}` },
      })),
    );
    expect(await schedules.list()).toEqual([]);
  });

  async function next(): Promise<unknown> {
    for (let tries = 0; tries < 200; tries++) {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }));
      const [message] = Messages ?? [];
      if (message) {
        const event = JSON.parse(message.Body ?? '') as Record<string, unknown>;
        return { source: event['source'], 'detail-type': event['detail-type'], detail: event['detail'] };
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('nothing came to the queue');
  }
});

function end(trigger: string): Request {
  return {
    command: 'destroy',
    repository: 'acme/shop',
    environment: 'eph-a',
    reason: 'time',
    origin: { source: 'schedule', login: null, trigger },
  };
}
