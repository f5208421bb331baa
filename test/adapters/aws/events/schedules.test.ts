import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { schedulerClient } from '../../../../adapters/aws/clients/scheduler.ts';
import { eventBridgeSchedules } from '../../../../adapters/aws/events/schedules.ts';
import { Misconfigured } from '../../../../core/errors.ts';
import type { Request } from '../../../../core/requests/request.ts';
import { CREDENTIALS, REGION } from '../../../support/aws/moto.ts';
import { type StubAnswer, startStub } from '../../../support/aws/stub.ts';
import { fakeClock } from '../../../support/fakes/clock.ts';

const GROUP = 'cairn-requests';
const ROLE = 'arn:aws:iam::123456789012:role/cairn-scheduler';
const BUS = 'arn:aws:events:eu-west-1:123456789012:event-bus/cairn';
const DEAD = 'arn:aws:sqs:eu-west-1:123456789012:cairn-schedules-dead';
const REQUEST: Request = {
  command: 'destroy',
  repository: 'acme/shop',
  environment: 'eph-a',
  reason: 'time',
  origin: { source: 'schedule', login: null, trigger: 'eph-a/ends' },
};

const DONE: StubAnswer = { status: 200, body: {} };
const refusal = (status: number, type: string): StubAnswer => ({
  status,
  body: { __type: type, message: 'no' },
});
const THERE = refusal(409, 'ConflictException');
const GONE = refusal(404, 'ResourceNotFoundException');

beforeAll(() => void Object.assign(process.env, CREDENTIALS));
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** EventBridge Scheduler that answers so, one after the other. */
async function schedules(...answers: StubAnswer[]) {
  const stub = await startStub(() => answers.shift() ?? refusal(400, 'ValidationException'));
  ends.push(() => stub.close());
  const published: string[] = [];
  const store = eventBridgeSchedules({
    scheduler: schedulerClient({ endpoint: stub.endpoint, region: REGION }),
    publish: async (requests) => void published.push(...requests.map(({ key }) => key)),
    clock: fakeClock(),
    group: GROUP,
    role: ROLE,
    bus: BUS,
    deadLetters: DEAD,
  });
  return {
    store,
    published,
    asked: stub.asked,
    operations: () => stub.asked.map(({ operation }) => operation),
  };
}

const at = (text: string) => ({ name: 'end-eph-a', at: new Date(text), request: REQUEST });

describe('a schedule', () => {
  test('puts the very event of a request on the bus, once, and is gone then', async () => {
    const { store, asked } = await schedules(DONE);

    await store.put(at('2026-01-01T08:00:00.001Z'));

    const body = JSON.parse(asked[0]?.body ?? '') as Record<string, unknown> & { Target: { Input: string } };
    const { ClientToken: _, Target, ...schedule } = body;
    expect(schedule).toEqual({
      GroupName: GROUP,
      ScheduleExpression: 'at(2026-01-01T08:00:01)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
    });
    expect({ ...Target, Input: JSON.parse(Target.Input) }).toEqual({
      Arn: BUS,
      RoleArn: ROLE,
      DeadLetterConfig: { Arn: DEAD },
      EventBridgeParameters: { Source: 'cairn.requests', DetailType: 'destroy' },
      Input: { request: REQUEST, key: 'destroy/acme/shop/eph-a/ends' },
    });
  });

  test('that is there is written over; one that is over meanwhile is made anew', async () => {
    const over = await schedules(THERE, DONE);
    const anew = await schedules(THERE, GONE, DONE);

    await over.store.put(at('2026-01-01T08:00Z'));
    await anew.store.put(at('2026-01-01T08:00Z'));

    expect(over.operations()).toEqual(['POST', 'PUT']);
    expect(anew.operations()).toEqual(['POST', 'PUT', 'POST']);
  });

  test('of a time that has passed is never made: its request is put on the bus, and an older one goes', async () => {
    const { store, published, operations } = await schedules(GONE);

    await store.put(at('2026-01-01T00:00Z'));

    expect(published).toEqual(['destroy/acme/shop/eph-a/ends']);
    expect(operations()).toEqual(['DELETE']);
  });
});

test.each([
  ['no group', GONE, 'There is no schedule group cairn-requests: deploy Cairn again.'],
  ['no right', refusal(403, 'AccessDeniedException'), 'AWS does not let Cairn use schedule end-eph-a'],
])('with %s the operator is told what to do', async (_, answer, says) => {
  const { store } = await schedules(answer);

  const put = store.put(at('2026-01-01T08:00Z'));

  await expect(put).rejects.toBeInstanceOf(Misconfigured);
  await expect(put).rejects.toThrow(says);
});

test('the list leaves out what is no time to come', async () => {
  const expression = (text: string): StubAnswer => ({ status: 200, body: { ScheduleExpression: text } });
  const page = (names: string[], next?: string): StubAnswer => ({
    status: 200,
    body: { Schedules: names.map((Name) => ({ Name })), NextToken: next },
  });
  const { store } = await schedules(
    page(['a'], 'more'),
    expression('at(2026-01-01T00:00:00)'),
    page(['b']),
    expression('at(2026-01-01T00:00:01)'),
  );
  const other = await schedules(page(['c']), expression('rate(5 minutes)'));

  expect(await store.list()).toEqual([{ name: 'b', at: '2026-01-01T00:00:01.000Z' }]);
  expect(await other.store.list()).toEqual([]);
});
