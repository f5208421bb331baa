import { createHash } from 'node:crypto';
import { Conflict } from '../../core/errors.ts';
import type { TaskContext, TaskHandler } from './calls.ts';
import { asFailure, TaskFailed } from './failure.ts';
import { executionArn } from './frame.ts';

/** Handlers that give exactly the shapes that AWS gives. */

/** In characters: each may become six in JSON, and a cause has at most 32,768. */
const MESSAGE_LIMIT = 5000;

export type LambdaFunction = (payload: unknown, context: TaskContext) => Promise<unknown>;

/** `lambda:invoke`: an error's name is the function's error class, its Cause the JSON text Lambda makes of it. */
export function lambdaTask(functions: Record<string, LambdaFunction>): TaskHandler {
  return async (parameters, context) => {
    const { FunctionName: name = '', Payload = {} } = parameters as {
      FunctionName?: string;
      Payload?: unknown;
    };
    const run = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (run === undefined) {
      throw new TaskFailed('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
    }
    try {
      return { ExecutedVersion: '$LATEST', Payload: (await run(Payload, context)) ?? null, StatusCode: 200 };
    } catch (thrown) {
      if (thrown instanceof TaskFailed) throw thrown;
      const { error, cause } = asFailure(thrown);
      const errorMessage = cause.slice(0, MESSAGE_LIMIT);
      throw new TaskFailed(error, JSON.stringify({ errorType: error, errorMessage }));
    }
  };
}

/** `states:startExecution`, which does not wait for the end. */
export function startExecutionTask(
  start: (workflow: string, name: string, input: unknown) => unknown,
): TaskHandler {
  return async (parameters) => {
    const { StateMachineArn, Name, Input } = parameters as {
      StateMachineArn: string;
      Name: string;
      Input?: unknown;
    };
    const workflow = StateMachineArn.slice(StateMachineArn.lastIndexOf(':') + 1);
    try {
      await start(workflow, Name, typeof Input === 'string' ? JSON.parse(Input) : (Input ?? {}));
    } catch (thrown) {
      if (!(thrown instanceof Conflict)) throw thrown;
      throw new TaskFailed('StepFunctions.ExecutionAlreadyExistsException', thrown.message);
    }
    return { ExecutionArn: executionArn(workflow, Name) };
  };
}

interface BusEntry {
  Detail: unknown;
  DetailType: string;
  Source: string;
  EventBusName?: string;
}

/** `events:putEvents`. `put` gets the attempt's key, under which an entry may be put once only. */
export function putEventsTask(put: (entry: BusEntry, key: string) => unknown): TaskHandler {
  return async (parameters, { key }) => {
    const { Entries } = parameters as { Entries: BusEntry[] };
    const ids: { EventId: string }[] = [];
    for (const [index, entry] of Entries.entries()) {
      const id = `${key}/${index}`;
      await put(entry, id);
      ids.push({ EventId: id });
    }
    return { Entries: ids, FailedEntryCount: 0 };
  };
}

/** `sqs:sendMessage`. */
export function sendMessageTask(
  send: (queue: string, body: unknown, key: string, token: string | null) => unknown,
): TaskHandler {
  return async (parameters, { key, token }) => {
    const { QueueUrl, MessageBody } = parameters as { QueueUrl: string; MessageBody: unknown };
    await send(QueueUrl, MessageBody, key, token);
    const text = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody);
    return { MessageId: key, MD5OfMessageBody: createHash('md5').update(text).digest('hex') };
  };
}
