import { expect, test } from 'vitest';
import { Conflict } from '../../../core/errors.ts';
import {
  lambdaTask,
  putEventsTask,
  sendMessageTask,
  startExecutionTask,
  type TaskContext,
  TaskFailed,
} from '../../../local/engine/index.ts';

const context: TaskContext = {
  key: 'deploy/run/Tell#1.1',
  token: 'token',
  execution: 'run',
  workflow: 'deploy',
  signal: new AbortController().signal,
};

test('lambda:invoke wraps the result', async () => {
  const task = lambdaTask({
    add: async (payload) => (payload as { a: number }).a + 1,
    none: async () => undefined,
  });

  const added = await task({ FunctionName: 'add', Payload: { a: 1 } }, context);
  const none = await task({ FunctionName: 'none' }, context);

  expect(added).toEqual({ StatusCode: 200, Payload: 2, ExecutedVersion: '$LATEST' });
  expect(none).toEqual({ StatusCode: 200, Payload: null, ExecutedVersion: '$LATEST' });
});

test('lambda:invoke keeps the cause of an error within the limit, and JSON', async () => {
  const task = lambdaTask({
    long: async () => {
      throw new Error('"'.repeat(100_000));
    },
    chosen: async () => {
      throw new TaskFailed('Own', 'own words');
    },
  });

  const long = await task({ FunctionName: 'long' }, context).catch((error: unknown) => error as TaskFailed);
  const chosen = await task({ FunctionName: 'chosen' }, context).catch(
    (error: unknown) => error as TaskFailed,
  );

  expect((long as TaskFailed).cause.length).toBeLessThanOrEqual(32_768);
  expect(JSON.parse((long as TaskFailed).cause)).toMatchObject({ errorType: 'Error' });
  expect(chosen).toMatchObject({ error: 'Own', cause: 'own words' });
});

test('states:startExecution', async () => {
  const started: unknown[] = [];
  const task = startExecutionTask((...args) => started.push(args));
  const taken = startExecutionTask(() => {
    throw new Conflict('taken');
  });
  const parameters = {
    StateMachineArn: 'arn:aws:states:local:0:stateMachine:plan',
    Name: 'x',
    Input: '{"a":1}',
  };

  const result = await task(parameters, context);

  expect(result).toEqual({ ExecutionArn: 'arn:aws:states:local:000000000000:execution:plan:x' });
  expect(started).toEqual([['plan', 'x', { a: 1 }]]);
  await expect(taken(parameters, context)).rejects.toMatchObject({
    error: 'StepFunctions.ExecutionAlreadyExistsException',
  });
});

test('events:putEvents gives each entry a key of its own', async () => {
  const put: unknown[] = [];
  const task = putEventsTask((entry, key) => put.push([entry.DetailType, key]));
  const entry = { Detail: {}, Source: 'cairn' };

  const result = await task(
    {
      Entries: [
        { ...entry, DetailType: 'a' },
        { ...entry, DetailType: 'b' },
      ],
    },
    context,
  );

  expect(put).toEqual([
    ['a', 'deploy/run/Tell#1.1/0'],
    ['b', 'deploy/run/Tell#1.1/1'],
  ]);
  expect(result).toMatchObject({ FailedEntryCount: 0 });
});

test('sqs:sendMessage', async () => {
  const sent: unknown[] = [];
  const task = sendMessageTask((...args) => sent.push(args));

  const result = await task({ QueueUrl: 'slack', MessageBody: { a: 1 } }, context);

  expect(sent).toEqual([['slack', { a: 1 }, context.key, 'token']]);
  expect(result).toEqual({ MessageId: context.key, MD5OfMessageBody: 'bb6cb5c68df4652941caf652a366f2d8' });
});
