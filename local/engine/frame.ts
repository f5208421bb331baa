import { parseTimestamp } from './choice.ts';
import type { State } from './definition.ts';
import { runtimeError, TaskFailed } from './failure.ts';
import { evaluateText, fillTemplate } from './intrinsics.ts';
import { readPath, type Scope } from './paths.ts';
import type { ExecutionRow, FrameRow } from './store.ts';

export function taskKey(frame: FrameRow, { workflow, name }: ExecutionRow): string {
  return `${workflow}/${name}/${frame.path}${place(frame)}`;
}

/** This attempt at this visit of the state. */
export function place(frame: FrameRow): string {
  const visits = JSON.parse(frame.visits) as Record<string, number>;
  return `${frame.state}#${visits[frame.state]}.${frame.attempt}`;
}

export function visitsWith(frame: FrameRow, state: string): string {
  const visits = JSON.parse(frame.visits) as Record<string, number>;
  return JSON.stringify({ ...visits, [state]: (Object.hasOwn(visits, state) ? visits[state]! : 0) + 1 });
}

/** Nothing under way, nothing due. */
export function rested(frame: FrameRow): FrameRow {
  return { ...frame, token: null, due: null, deadline: null, heartbeat: null };
}

export function executionArn(workflow: string, name: string): string {
  return `arn:aws:states:local:000000000000:execution:${workflow}:${name}`;
}

export function contextOf(frame: FrameRow, execution: ExecutionRow): Record<string, unknown> {
  const { workflow, name, input } = execution;
  return {
    Execution: {
      Id: executionArn(workflow, name),
      Name: name,
      // Parsed only if a path asks for it.
      get Input(): unknown {
        return JSON.parse(input);
      },
    },
    StateMachine: { Name: workflow },
    State: { Name: frame.state },
    ...(frame.token === null ? {} : { Task: { Token: frame.token } }),
  };
}

/** What a Task, a Pass or each branch of a Parallel gets. */
export function parametersOf(state: State, scope: Scope): unknown {
  return state.Parameters === undefined ? scope.data : fillTemplate(state.Parameters, scope);
}

/** What a Fail state says. */
export function failureOf(state: State, scope: Scope): TaskFailed {
  const text = (path: string | undefined, fixed = '') =>
    path === undefined ? fixed : String(evaluateText(path, scope));
  return new TaskFailed(text(state.ErrorPath, state.Error), text(state.CausePath, state.Cause));
}

/** One for each item. */
export function mapInputs(state: State, scope: Scope): unknown[] {
  const items = readPath(state.ItemsPath ?? '$', scope);
  if (!Array.isArray(items)) throw runtimeError(`'${state.ItemsPath ?? '$'}' is no array.`);
  return items.map((Value: unknown, Index) => {
    const context = { ...(scope.context as object), Map: { Item: { Index, Value } } };
    return state.ItemSelector === undefined ? Value : fillTemplate(state.ItemSelector, { ...scope, context });
  });
}

/** Milliseconds since 1970. */
export function waitUntil(state: State, scope: Scope, now: number): number {
  if (state.Timestamp !== undefined || state.TimestampPath !== undefined) {
    const text = state.Timestamp ?? String(readPath(state.TimestampPath!, scope));
    const time = parseTimestamp(text);
    if (time === undefined) throw runtimeError(`'${text}' is no timestamp such as 2026-01-31T12:00:00Z.`);
    return time;
  }
  return now + 1000 * (state.Seconds ?? secondsAt(state.SecondsPath!, scope, 0));
}

/** A task's deadline and heartbeat, from now on. */
export function limits(
  state: State,
  scope: Scope,
  now: number,
): Pick<FrameRow, 'deadline' | 'heartbeat' | 'due'> {
  const timeout =
    state.TimeoutSecondsPath === undefined
      ? state.TimeoutSeconds
      : secondsAt(state.TimeoutSecondsPath, scope, 1);
  const heartbeat =
    (state.HeartbeatSecondsPath === undefined
      ? state.HeartbeatSeconds
      : secondsAt(state.HeartbeatSecondsPath, scope, 1)) ?? null;
  const deadline = timeout === undefined ? null : now + timeout * 1000;
  return { deadline, heartbeat, due: dueOf({ deadline, heartbeat }, now) };
}

/** The earlier of the deadline and the next heartbeat. */
export function dueOf(
  { deadline, heartbeat }: Pick<FrameRow, 'deadline' | 'heartbeat'>,
  now: number,
): number | null {
  const beat = heartbeat === null ? null : now + heartbeat * 1000;
  return deadline === null || beat === null ? (deadline ?? beat) : Math.min(deadline, beat);
}

function secondsAt(path: string, scope: Scope, least: number): number {
  const value = readPath(path, scope);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > 99_999_999) {
    throw runtimeError(`'${path}' has to be a whole number of seconds from ${least} on.`);
  }
  return value;
}

export function hasResultPath(state: State): boolean {
  return ['Task', 'Parallel', 'Map', 'Pass'].includes(state.Type);
}
