import { afterEach, expect, test, vi } from 'vitest';
import { EngineClosed, TaskFailed, type TaskHandler } from '../../../local/engine/index.ts';
import { PATIENTLY } from '../../support/until.ts';
import { ask, lambda, task } from './definitions.ts';
import { fakeClock, workspace } from './run.ts';

const DAY = 86_400_000;
const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

type Options = Parameters<ReturnType<typeof workspace>['open']>[0];

/** Opens the engine on the same database again and again. */
function server(options: Options) {
  const space = workspace();
  opened.push(space.remove);
  return (changed: Partial<Options> = {}) => {
    const host = space.open({ ...options, ...changed });
    opened.push(host.close);
    host.engine.resume();
    return host;
  };
}

test('1,000 parked runs are resumed within a second, and each can be answered', async () => {
  const tokens: string[] = [];
  const handler = vi.fn<TaskHandler>(async (_, { token }) => {
    tokens.push(token!);
  });
  const open = server({ workflows: { test: ask() }, tasks: { [lambda]: handler } });
  const first = open();
  for (let i = 0; i < 1000; i += 1) first.engine.start('test', `run-${i}`, { i });
  await vi.waitFor(() => expect(tokens).toHaveLength(1000), PATIENTLY);
  await vi.waitFor(() => {
    const parked = first.db.prepare(`SELECT count(*) AS n FROM engine_frames WHERE status = 'parked'`).get();
    expect(parked).toEqual({ n: 1000 });
  }, PATIENTLY);
  await first.close();

  const before = performance.now();
  const second = open();
  const milliseconds = performance.now() - before;
  for (const token of tokens) second.engine.succeed(token, 'yes');

  expect(milliseconds).toBeLessThan(1000);
  const ends = await Promise.all(tokens.map((_, i) => second.end('test', `run-${i}`)));
  expect(ends.every(({ output }) => output === 'yes')).toBe(true);
  expect(handler).toHaveBeenCalledTimes(1000);
});

test('the task under way is called again with the same key, input and full time', async () => {
  const clock = fakeClock();
  const calls: [string, unknown][] = [];
  let signal: AbortSignal | undefined;
  let answer: (value: string) => void = () => {};
  const open = server({
    clock,
    workflows: { test: task({ TimeoutSeconds: 100 }) },
    tasks: {
      [lambda]: (input, context) => {
        calls.push([context.key, input]);
        signal ??= context.signal;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    },
  });
  const first = open();
  first.engine.start('test', 'run', { a: 1 });
  await vi.waitFor(() => expect(calls).toHaveLength(1), PATIENTLY);
  await first.close();

  clock.set(clock.now() + 150_000);
  const second = open();
  await vi.waitFor(() => expect(calls).toHaveLength(2), PATIENTLY);
  clock.set(clock.now() + 90_000);
  answer('done');

  expect(await second.end('test', 'run')).toMatchObject({ status: 'succeeded', output: 'done' });
  expect(calls).toEqual([
    ['test/run/Work#1.1', { a: 1 }],
    ['test/run/Work#1.1', { a: 1 }],
  ]);
  expect(signal!.reason).toBeInstanceOf(EngineClosed);
});

test('what a handler says because the process goes down is no failure', async () => {
  let lives = 0;
  const open = server({
    workflows: { test: task() },
    tasks: {
      [lambda]: (_, { signal }) => {
        lives += 1;
        if (lives === 2) return Promise.resolve('done');
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
    },
  });
  const first = open();
  first.engine.start('test', 'run', {});
  await vi.waitFor(() => expect(lives).toBe(1), PATIENTLY);
  await first.engine.close();
  expect(() => first.engine.start('test', 'other', {})).toThrow(EngineClosed);

  const second = open();

  expect((await second.end('test', 'run')).output).toBe('done');
});

test('what finishes while the process goes down is kept', async () => {
  let calls = 0;
  const open = server({
    workflows: { test: task() },
    tasks: {
      [lambda]: (_, { signal }) => {
        calls += 1;
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve('just in time'));
        });
      },
    },
  });
  const first = open();
  first.engine.start('test', 'run', {});
  await vi.waitFor(() => expect(calls).toBe(1), PATIENTLY);
  await first.engine.close();

  const second = open();

  expect((await second.end('test', 'run')).output).toBe('just in time');
  expect(calls).toBe(1);
});

test('a token keeps its deadline over a restart', async () => {
  const clock = fakeClock();
  let token = '';
  const open = server({
    clock,
    workflows: { test: ask({ TimeoutSeconds: 100 }) },
    tasks: {
      [lambda]: async (_, context) => {
        token = context.token!;
      },
    },
  });
  const first = open();
  first.engine.start('test', 'run', {});
  await vi.waitFor(() => expect(token).not.toBe(''), PATIENTLY);
  await first.close();

  clock.set(clock.now() + 99_000);
  const second = open();
  const before = second.engine.describe('test', 'run')!.status;
  clock.set(clock.now() + 1000);

  expect(before).toBe('running');
  expect((await second.end('test', 'run')).error).toBe('States.Timeout');
});

test('a wait of 30 days takes 30 days, over a restart too', async () => {
  const clock = fakeClock();
  const definition = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 2_592_000, End: true } } };
  const open = server({ clock, workflows: { test: definition }, tasks: {} });
  const first = open();
  const start = clock.now();
  first.engine.start('test', 'run', {});
  clock.set(start + 10 * DAY);
  await first.close();

  const second = open();
  clock.set(start + 30 * DAY - 1);
  const before = second.engine.describe('test', 'run')!.status;
  clock.set(start + 30 * DAY);

  expect(before).toBe('running');
  expect(await second.end('test', 'run')).toMatchObject({
    status: 'succeeded',
    endedAt: '2026-01-31T00:00:00.000Z',
  });
});

test('the real clock does not take a wait of over 24.8 days for none', async () => {
  const definition = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 2_592_000, End: true } } };
  const { engine } = server({ workflows: { test: definition }, tasks: {} })();

  engine.start('test', 'run', {});
  await new Promise((resolve) => setTimeout(resolve, 100));

  expect(engine.describe('test', 'run')!.status).toBe('running');
});

test('the count of attempts and the pause before a retry survive', async () => {
  const clock = fakeClock();
  const keys: string[] = [];
  const open = server({
    clock,
    workflows: { test: task({ Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 100, MaxAttempts: 2 }] }) },
    tasks: {
      [lambda]: async (_, { key }) => {
        keys.push(key);
        throw new TaskFailed('Busy', '');
      },
    },
  });
  let host = open();
  host.engine.start('test', 'run', {});
  for (const [pause, calls] of [
    [100_000, 1],
    [200_000, 2],
  ] as const) {
    await vi.waitFor(
      () => expect(host.engine.history('test', 'run').at(-1)!.kind).toBe('retrying'),
      PATIENTLY,
    );
    await host.close();
    clock.set(clock.now() + pause - 1);
    host = open();
    expect(keys).toHaveLength(calls);
    clock.set(clock.now() + 1);
    await vi.waitFor(() => expect(keys).toHaveLength(calls + 1), PATIENTLY);
  }

  expect((await host.end('test', 'run')).error).toBe('Busy');
  expect(keys).toEqual([1, 2, 3].map((attempt) => `test/run/Work#1.${attempt}`));
});

test('a run keeps the definition that it began with', async () => {
  let token = '';
  const tasks: Record<string, TaskHandler> = {
    [lambda]: async (_, context) => {
      token = context.token!;
    },
  };
  const renamed = {
    StartAt: 'Other',
    States: { Other: { Type: 'Pass', Parameters: { new: true }, End: true } },
  };
  const open = server({ workflows: { test: ask({ ResultSelector: { 'old.$': '$' } }) }, tasks });
  const first = open();
  first.engine.start('test', 'old', {});
  await vi.waitFor(() => expect(token).not.toBe(''), PATIENTLY);
  await first.close();

  const second = open({ workflows: { test: renamed } });
  second.engine.start('test', 'new', {});
  second.engine.succeed(token, true);

  expect((await second.end('test', 'old')).output).toEqual({ old: true });
  expect((await second.end('test', 'new')).output).toEqual({ new: true });
});

test('an end that nobody was told of is told after the restart, once', async () => {
  const open = server({ workflows: { test: task() }, tasks: { [lambda]: async () => 1 } });
  const first = open({
    onEnd: () => {
      throw new Error('The process dies here.');
    },
  });
  first.engine.start('test', 'run', {});
  await vi.waitFor(() => expect(first.engine.describe('test', 'run')!.status).toBe('succeeded'), PATIENTLY);
  await first.close();

  const told = vi.fn();
  const second = open({ onEnd: told });
  await second.end('test', 'run');
  await vi.waitFor(
    () => expect(second.db.prepare('SELECT told FROM engine_executions').get()).toEqual({ told: 1 }),
    PATIENTLY,
  );
  await second.close();
  const third = open({ onEnd: told });
  await new Promise((resolve) => setTimeout(resolve, 20));
  await third.close();

  expect(told).toHaveBeenCalledTimes(1);
});
