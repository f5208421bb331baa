import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lambdaTask, TaskFailed, type TaskHandler } from '../../../local/engine/index.ts';
import { lambda, task } from './definitions.ts';
import { runOnce } from './run.ts';

test('a task that takes too long is aborted, and its late result dropped', async () => {
  let signal: AbortSignal | undefined;
  const definition = task({ TimeoutSecondsPath: '$.limit' }, 'TimeoutSeconds');

  const execution = await runOnce(
    definition,
    { limit: 1 },
    {
      [lambda]: async (_, context) => {
        signal = context.signal;
        await sleep(1100);
        return 'late';
      },
    },
  );

  expect(execution.error).toBe('States.Timeout');
  expect(signal!.reason).toBeInstanceOf(TaskFailed);
});

test.each([0, 1.5, '5', null])('a time limit of %j is a States.Runtime', async (limit) => {
  const definition = task({ TimeoutSecondsPath: '$.limit' }, 'TimeoutSeconds');

  const execution = await runOnce(definition, { limit }, { [lambda]: async () => 1 });

  expect(execution.error).toBe('States.Runtime');
});

test('States.ALL takes neither States.Runtime nor States.DataLimitExceeded', async () => {
  const caught = { Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Work' }] };
  const retried = { Retry: [{ ErrorEquals: ['States.ALL'] }] };
  const missing = task({ InputPath: '$.missing', ...caught, ...retried });
  const big: TaskHandler = async () => 'x'.repeat(262_143);

  const runtime = await runOnce(missing, {}, { [lambda]: big });
  const limit = await runOnce(task({ ...caught, ...retried }), {}, { [lambda]: big });

  expect(runtime.error).toBe('States.Runtime');
  expect(limit.error).toBe('States.DataLimitExceeded');
});

test('the late result of an attempt is not taken for that of the next', async () => {
  const caught = { Catch: [{ ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Again' }] };
  const definition = task({ TimeoutSeconds: 1, ...caught });
  definition.States['Again'] = task().States['Work']!;

  const execution = await runOnce(
    definition,
    {},
    {
      [lambda]: async (_, { key }) => {
        await sleep(key === 'test/run/Work#1.1' ? 1100 : 300);
        return key;
      },
    },
  );

  expect(execution.output).toBe('test/run/Again#1.1');
});

test('a state of just 256 KiB is fine', async () => {
  const text = 'x'.repeat(262_144 - 2);

  const execution = await runOnce(task(), {}, { [lambda]: async () => text });

  expect(execution.output).toBe(text);
});

test('a map keeps to MaxConcurrency and gives the results in order', async () => {
  let busy = 0;
  let most = 0;
  const definition = {
    StartAt: 'Map',
    States: { Map: { Type: 'Map', MaxConcurrency: 3, ItemProcessor: task(), End: true } },
  };

  const execution = await runOnce(definition, [...Array(20).keys()], {
    [lambda]: async (item) => {
      busy += 1;
      most = Math.max(most, busy);
      await sleep(Math.random() * 10);
      busy -= 1;
      return (item as number) * 2;
    },
  });

  expect(execution.output).toEqual([...Array(20).keys()].map((item) => item * 2));
  expect(most).toBe(3);
});

test('siblings of a failed branch finish what they do, but go no further', async () => {
  const seen: string[] = [];
  const branch = {
    StartAt: 'Slow',
    States: { Slow: { ...task().States['Work'], End: undefined, Next: 'Next' }, Next: task().States['Work'] },
  };
  const failing = { StartAt: 'Failing', States: { Failing: { Type: 'Fail', Error: 'Broken', Cause: 'x' } } };
  const definition = {
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [
          clean(branch),
          {
            StartAt: 'Wait',
            States: { Wait: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: failing.States.Failing },
          },
        ],
        Catch: [{ ErrorEquals: ['Broken'], ResultPath: '$.error', Next: 'After' }],
        End: true,
      },
      After: { Type: 'Wait', Seconds: 1, End: true },
    },
  };

  const execution = await runOnce(
    definition,
    {},
    {
      [lambda]: async (_, { key, signal }) => {
        seen.push(`begin ${key}`);
        await sleep(1500);
        seen.push(`end ${key} ${signal.aborted}`);
      },
    },
  );

  expect(execution.output).toEqual({ error: { Error: 'Broken', Cause: 'x' } });
  expect(seen).toEqual(['begin test/run/Both#1.1[0]/Slow#1.1', 'end test/run/Both#1.1[0]/Slow#1.1 false']);
});

test('each state has retries of its own', async () => {
  const keys: string[] = [];
  const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 1 }];
  const second = task({ Retry }).States['Work']!;
  const { End: _, ...first } = { ...second, Next: 'Second' } as Record<string, unknown>;

  const execution = await runOnce(
    { StartAt: 'First', States: { First: first, Second: second } },
    {},
    {
      [lambda]: async (__, { key }) => {
        keys.push(key);
        if (key.endsWith('.1')) throw new TaskFailed('Busy', '');
        return 'done';
      },
    },
  );

  expect(execution.output).toBe('done');
  expect(keys).toEqual(
    ['First#1.1', 'First#1.2', 'Second#1.1', 'Second#1.2'].map((place) => `test/run/${place}`),
  );
});

test('a retried parallel begins anew, under other keys', async () => {
  const keys: string[] = [];
  const definition = {
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [task()],
        Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 1, MaxAttempts: 1 }],
        End: true,
      },
    },
  };

  const execution = await runOnce(
    definition,
    {},
    {
      [lambda]: async (_, { key }) => {
        keys.push(key);
        if (keys.length === 1) throw new TaskFailed('Busy', '');
        return 'done';
      },
    },
  );

  expect(execution.output).toEqual(['done']);
  expect(keys).toEqual(['test/run/Both#1.1[0]/Work#1.1', 'test/run/Both#1.2[0]/Work#1.1']);
});

test('each visit of a state has a key of its own', async () => {
  const keys: string[] = [];
  const definition = {
    StartAt: 'Work',
    States: {
      Work: { ...task().States['Work'], End: undefined, Next: 'Again' },
      Again: {
        Type: 'Choice',
        Choices: [{ Variable: '$', NumericLessThan: 3, Next: 'Work' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };

  const execution = await runOnce(clean(definition), 0, {
    [lambda]: async (input, { key }) => {
      keys.push(key);
      return (input as number) + 1;
    },
  });

  expect(execution.output).toBe(3);
  expect(keys).toEqual([1, 2, 3].map((visit) => `test/run/Work#${visit}.1`));
});

test('a loop without an end fails instead of holding up everything', async () => {
  const definition = {
    StartAt: 'A',
    States: { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } },
  };

  const execution = await runOnce(definition, {}, {});

  expect(execution).toMatchObject({ status: 'failed', error: 'States.Runtime' });
  expect(execution.cause).toContain('25000 events');
});

test('errors of functions have the shape that Lambda gives them', async () => {
  class Unavailable extends Error {
    override name = 'Unavailable';
  }
  const functions = {
    broken: async () => {
      throw new Unavailable('the forge is away');
    },
  };
  const call = (FunctionName: string) => task({ Parameters: { FunctionName } });

  const broken = await runOnce(call('broken'), {}, { [lambda]: lambdaTask(functions) });
  const missing = await runOnce(call('toString'), {}, { [lambda]: lambdaTask(functions) });

  expect(broken.error).toBe('Unavailable');
  expect(JSON.parse(broken.cause!)).toEqual({ errorType: 'Unavailable', errorMessage: 'the forge is away' });
  expect(missing.error).toBe('Lambda.ResourceNotFoundException');
});

test('300 items are no trouble', async () => {
  const items = Array.from({ length: 300 }, (_, i) => ({ project: `project-${i}`, plan: 'x'.repeat(100) }));
  const definition = {
    StartAt: 'Map',
    States: {
      Map: {
        Type: 'Map',
        MaxConcurrency: 40,
        ItemSelector: { 'index.$': '$$.Map.Item.Index', 'item.$': '$$.Map.Item.Value' },
        ItemProcessor: task(),
        End: true,
      },
    },
  };
  const before = performance.now();

  const execution = await runOnce(definition, items, { [lambda]: async (item) => item });

  expect(execution.output).toEqual(items.map((item, index) => ({ index, item })));
  expect(performance.now() - before).toBeLessThan(30_000);
});

/** Without fields that are undefined. */
function clean(definition: unknown): unknown {
  return JSON.parse(JSON.stringify(definition));
}
