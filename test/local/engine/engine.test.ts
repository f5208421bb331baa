import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { Conflict, InvalidInput, InvalidToken, NotFound } from '../../../core/errors.ts';
import { createEngine, type TaskHandler } from '../../../local/engine/index.ts';
import { PATIENTLY } from '../../support/until.ts';
import { ask, lambda, task } from './definitions.ts';
import { fakeClock, workspace } from './run.ts';

const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function open(definition: unknown, handler: TaskHandler, more: object = {}) {
  const space = workspace();
  opened.push(space.remove);
  const host = space.open({ workflows: { test: definition }, tasks: { [lambda]: handler }, ...more });
  opened.push(host.close);
  host.engine.resume();
  return host;
}

test('an execution starts once by its name and input', async () => {
  const handler = vi.fn(async () => 1);
  const { engine, end } = open(task(), handler);

  const first = engine.start('test', 'run', { a: 1, b: [2] });
  const second = engine.start('test', 'run', { b: [2], a: 1 });
  await end('test', 'run');
  const third = engine.start('test', 'run', { a: 1, b: [2] });

  expect([first, second, third]).toEqual(['started', 'exists', 'exists']);
  expect(handler).toHaveBeenCalledTimes(1);
  expect(() => engine.start('test', 'run', { a: 2 })).toThrow(Conflict);
  expect(() => engine.start('other', 'run', {})).toThrow(NotFound);
  expect(() => engine.start('test', 'a b', {})).toThrow(InvalidInput);
  expect(() => engine.start('test', 'big', 'x'.repeat(262_144))).toThrow(InvalidInput);
});

test('a handler is called after the start is on the disk and has returned', () => {
  const handler = vi.fn(async () => 1);
  const { engine, db } = open(task(), handler);

  engine.start('test', 'run', {});

  expect(handler).not.toHaveBeenCalled();
  expect(db.prepare('SELECT status FROM engine_frames').get()).toEqual({ status: 'running' });
  expect(() => db.transaction(() => engine.start('test', 'other', {}))).toThrow(/outside of a transaction/);
});

test('a token answers once', async () => {
  let token = '';
  const { engine, end } = open(ask(), async (_, context) => {
    token = context.token!;
    return 'dropped';
  });
  engine.start('test', 'run', {});
  await vi.waitFor(() => expect(token).not.toBe(''), PATIENTLY);

  engine.succeed(token, { yes: true });

  expect((await end('test', 'run')).output).toEqual({ yes: true });
  expect(() => engine.succeed(token, {})).toThrow(InvalidToken);
  expect(() => engine.fail(token, 'Late', '')).toThrow(InvalidToken);
  expect(() => engine.heartbeat(token)).toThrow(InvalidToken);
});

test('an answer that comes before the handler has returned counts, what the handler says later does not', async () => {
  let late: (error: Error) => void = () => {};
  const { engine, end } = open(ask(), (_, { token }) => {
    setImmediate(() => engine.fail(token!, 'Refused', 'Not today.'));
    return new Promise((_resolve, reject) => {
      late = reject;
    });
  });

  engine.start('test', 'run', {});
  const execution = await end('test', 'run');
  late(new Error('late'));
  await sleep(20);

  expect(execution).toMatchObject({ status: 'failed', error: 'Refused', cause: 'Not today.' });
  expect(engine.history('test', 'run').map(({ kind }) => kind)).toEqual([
    'started',
    'entered',
    'failed',
    'failed',
  ]);
});

test('a heartbeat keeps a parked task alive', async () => {
  const clock = fakeClock();
  let token = '';
  const definition = ask({ HeartbeatSeconds: 10, TimeoutSeconds: 60 });
  const handler: TaskHandler = async (_, context) => {
    token = context.token!;
  };
  const { engine, end } = open(definition, handler, { clock });
  engine.start('test', 'run', {});
  const status = () => engine.describe('test', 'run')!.status;
  await vi.waitFor(() => expect(token).not.toBe(''), PATIENTLY);

  for (let i = 0; i < 3; i += 1) {
    clock.set(clock.now() + 9999);
    engine.heartbeat(token);
  }
  clock.set(clock.now() + 9999);
  const before = status();
  clock.set(clock.now() + 1);

  expect(before).toBe('running');
  expect((await end('test', 'run')).error).toBe('States.HeartbeatTimeout');
});

test('stop ends an execution, aborts its handlers and takes its tokens', async () => {
  let signal: AbortSignal | undefined;
  const { engine, end } = open(task(), (_, context) => {
    signal = context.signal;
    return new Promise(() => {});
  });
  engine.start('test', 'run', {});
  await vi.waitFor(() => expect(signal).toBeDefined(), PATIENTLY);

  engine.stop('test', 'run', 'superseded');
  engine.stop('test', 'run', 'again');

  expect(await end('test', 'run')).toMatchObject({ status: 'stopped', cause: 'superseded', output: null });
  expect(signal!.reason).toMatchObject({ error: 'States.Aborted', cause: 'superseded' });
  expect(() => engine.stop('test', 'nothing', '')).toThrow(NotFound);
});

test('a commit that fails is made again', async () => {
  const space = workspace();
  opened.push(space.remove);
  const troubles: unknown[] = [];
  let failures = 0;
  const host = space.open({
    workflows: { test: task() },
    tasks: {
      [lambda]: async () => {
        // As if another process held the database: the commit of the outcome fails once.
        vi.spyOn(host.db, 'transaction').mockImplementationOnce(() => {
          failures += 1;
          throw new Error('database is locked');
        });
        return 'done';
      },
    },
    onTrouble: (error) => troubles.push(error),
  });
  opened.push(host.close);
  host.engine.resume();

  host.engine.start('test', 'run', {});

  expect((await host.end('test', 'run')).output).toBe('done');
  expect(failures).toBe(1);
  expect(troubles).toHaveLength(1);
});

test('onEnd is called until it resolves', async () => {
  let calls = 0;
  const { engine, end } = open(task(), async () => 1, {
    onEnd: async () => {
      calls += 1;
      if (calls < 2) throw new Error('not yet');
    },
  });

  engine.start('test', 'run', {});
  await end('test', 'run');

  expect(calls).toBe(2);
});

test('a definition that cannot run is refused at once', () => {
  const space = workspace();
  opened.push(space.remove);
  const { db, close } = space.open({ workflows: {}, tasks: {} });
  opened.push(close);
  const create = (definition: unknown) => () =>
    createEngine({ db, workflows: { test: definition }, tasks: {} });

  expect(create(task())).toThrow(/no handler for arn:aws:states:::lambda:invoke/);
  expect(create({ StartAt: 'A', States: {} })).toThrow(/StartAt 'A' is no state/);
  expect(create({ StartAt: 'A', States: { A: { Type: 'Wait', End: true } } })).toThrow(/one of Seconds/);
});

test('list and describe', async () => {
  const { engine, end } = open(task(), async () => 'done');
  engine.start('test', 'one', { n: 1 });
  engine.start('test', 'two', { n: 2 });
  await Promise.all([end('test', 'one'), end('test', 'two')]);

  expect(engine.list({ workflow: 'test' }).map(({ name }) => name)).toEqual(['two', 'one']);
  expect(engine.list({ status: 'running' })).toEqual([]);
  expect(engine.list({ limit: 1 })).toHaveLength(1);
  expect(engine.describe('test', 'one')).toMatchObject({
    input: { n: 1 },
    output: 'done',
    status: 'succeeded',
  });
  expect(engine.describe('test', 'none')).toBeNull();
  expect(engine.history('test', 'one').map(({ kind, state }) => `${kind} ${state}`.trim())).toEqual([
    'started',
    'entered Work',
    'exited Work',
    'succeeded',
  ]);
});
