import { setTimeout as sleep } from 'node:timers/promises';
import { type LambdaFunction, lambdaTask, type TaskHandler } from '../../../local/engine/index.ts';

/** The scripted functions of test/fixtures/asl-cases.json, with the times at which each key was called. */
export function scriptedFunctions() {
  const calls = new Map<string, number[]>();

  function count(key: string): number {
    const times = [...(calls.get(key) ?? []), performance.now()];
    calls.set(key, times);
    return times.length;
  }

  function named(name: string): Error {
    const error = new Error('boom');
    error.name = name;
    return error;
  }

  type Payload = {
    key: string;
    fails: number;
    every?: number;
    name: string;
    names: string[];
    fail?: string;
    ms: number;
    rc?: unknown;
  };
  const scripts: Record<string, (payload: Payload) => unknown> = {
    echo: (payload) => payload,
    failif(payload) {
      if (payload.fail) throw named(payload.fail);
      return payload;
    },
    flaky({ key, fails, every, name, rc }) {
      const n = count(key);
      if ((every === undefined ? n - 1 : (n - 1) % every) < fails) throw named(name);
      return { ok: true, calls: n, ...(rc === undefined ? {} : { rc }) };
    },
    seq({ key, names }) {
      const n = count(key);
      if (names[n - 1] !== undefined) throw named(names[n - 1]!);
      return { ok: true, calls: n };
    },
    slow: async ({ ms }) => {
      await sleep(ms, undefined, { ref: false });
      return { ok: true };
    },
    park: () => ({ parked: true }),
    hitfail({ key, fail }) {
      count(key);
      if (fail) throw named(fail);
      return { ok: 1 };
    },
  };
  const functions: Record<string, LambdaFunction> = Object.fromEntries(
    Object.entries(scripts).map(([name, run]) => [name, async (payload) => run(payload as Payload)]),
  );
  const tasks: Record<string, TaskHandler> = { 'arn:aws:states:::lambda:invoke': lambdaTask(functions) };
  return { tasks, functions: scripts as Record<string, (payload: never) => unknown>, calls };
}
