import { setTimeout } from 'node:timers/promises';
import { asFailure, runtimeError, TaskFailed } from './failure.ts';
import type { Outcome, TaskCall } from './turn.ts';

export interface TaskContext {
  /**
   * `workflow/name/path/State#visit.attempt`: the same when the attempt is repeated after a restart, another
   * for each retry. What the handler does outside has to be done once per key.
   */
  key: string;
  /** Of a `.waitForTaskToken` task; durable before the handler is called, the same when it is repeated. */
  token: string | null;
  /** Name of the execution. */
  execution: string;
  workflow: string;
  /**
   * Aborts when the outcome is not awaited any more. The reason is a TaskFailed (`States.Timeout`,
   * `States.HeartbeatTimeout`, `States.Aborted`): what was begun may be ended; or EngineClosed: the process
   * goes down, what outlives it is to be left alone, the same key is called again after the restart.
   */
  signal: AbortSignal;
}

/** Answers the task's result, JSON. Throws TaskFailed, or an error whose name is the ASL error name. */
export type TaskHandler = (parameters: unknown, context: TaskContext) => Promise<unknown>;

export class EngineClosed extends Error {
  override readonly name = 'EngineClosed';
}

interface Call {
  execution: number;
  controller: AbortController;
  settled: Promise<void>;
}

/** The handlers at work, by key. */
export function createCalls(
  tasks: Record<string, TaskHandler>,
  settle: (call: TaskCall, outcome: Outcome) => void,
) {
  const calls = new Map<string, Call>();

  function start(call: TaskCall): void {
    const controller = new AbortController();
    const settled = perform(tasks, call, controller.signal).then((outcome) => {
      calls.delete(call.key);
      settle(call, outcome);
    });
    calls.set(call.key, { execution: call.execution.id, controller, settled });
  }

  return {
    start,
    has: (key: string) => calls.has(key),
    abort(key: string, reason: Error): void {
      calls.get(key)?.controller.abort(reason);
    },
    /** Of one execution, or of all. */
    abortAll(reason: Error, execution?: number): void {
      for (const call of calls.values()) {
        if (execution === undefined || call.execution === execution) call.controller.abort(reason);
      }
    },
    /** Resolves when all have ended, or after `longest` ms. */
    async settled(longest: number): Promise<void> {
      const end = new AbortController();
      const all = Promise.all([...calls.values()].map((call) => call.settled));
      const late = setTimeout(longest, undefined, { signal: end.signal }).catch(() => {});
      await Promise.race([all, late]);
      end.abort();
    },
  };
}

/** A handler of `x` serves `x.waitForTaskToken` too: the engine drops its result and waits. */
export function handlerOf(tasks: Record<string, TaskHandler>, resource: string): TaskHandler | undefined {
  return tasks[resource] ?? tasks[resource.replace(/\.waitForTaskToken$/, '')];
}

async function perform(
  tasks: Record<string, TaskHandler>,
  call: TaskCall,
  signal: AbortSignal,
): Promise<Outcome> {
  const handler = handlerOf(tasks, call.resource);
  if (handler === undefined) return { failure: runtimeError(`There is no handler for ${call.resource}.`) };
  const { key, token, execution } = call;
  // Whoever started the execution goes on first.
  await null;
  try {
    const context = { key, token, execution: execution.name, workflow: execution.workflow, signal };
    return { output: asJson(await handler(call.parameters, context)) };
  } catch (thrown) {
    return { failure: asFailure(thrown) };
  }
}

/** The result as it will be after a restart: without what JSON does not carry. */
function asJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value ?? null));
  } catch (error) {
    throw new TaskFailed('States.Runtime', `The result is not JSON: ${String(error)}`);
  }
}
