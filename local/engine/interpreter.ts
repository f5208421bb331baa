import { randomBytes } from 'node:crypto';
import { isDatabaseError } from '../../adapters/local/database.ts';
import { createChildren } from './children.ts';
import { matches } from './choice.ts';
import type { Machine, State } from './definition.ts';
import { asFailure, runtimeError, TaskFailed, toJson } from './failure.ts';
import * as frames from './frame.ts';
import { fillTemplate } from './intrinsics.ts';
import { createLookup } from './lookup.ts';
import { selectPath, writePath } from './paths.ts';
import { findCatcher, nextRetry } from './retry.ts';
import type { FrameRow, Status, Store } from './store.ts';
import type { Outcome, Turn } from './turn.ts';

/** Step Functions' limit on an execution's history. */
const EVENT_LIMIT = 25_000;
/**
 * Turns events (a start, a task's outcome, an answer to a token, a moment in time) into rows and effects.
 * Nothing is kept but in the store: each function runs inside of a transaction, and again if that failed.
 */
export function createInterpreter(
  store: Store,
  machineOf: (hash: string) => Machine,
  random: () => number = Math.random,
) {
  const { stateOf, scopeOf } = createLookup(store, machineOf);
  const children = createChildren(store, makeReady);

  function begin(turn: Turn, execution: number): void {
    const { definition, input } = store.execution(execution);
    note(turn, execution, 'started', '');
    const state = machineOf(definition).StartAt;
    const row = { execution, parent: null, idx: 0, path: '', state, status: 'ready', input } as const;
    turn.ready.push(store.addFrame(row));
    drain(turn);
  }

  /** The outcome of a task's attempt; nothing if that attempt is not awaited any more. */
  function settle(turn: Turn, id: number, key: string, outcome: Outcome): void {
    const frame = store.frame(id);
    if (frame === undefined || frame.status !== 'running' || keyOf(frame) !== key) return;
    if (frame.token !== null && 'output' in outcome) {
      store.saveFrame({ ...frame, status: 'parked' });
      turn.notes.push(`parked ${frame.path}${frame.state}`);
    } else {
      conclude(turn, frame, outcome);
    }
  }

  /** Answers whether the token was one that is waited for. */
  function answer(turn: Turn, token: string, outcome: Outcome): boolean {
    const frame = store.frameByToken(token);
    if (frame === undefined) return false;
    conclude(turn, frame, outcome);
    return true;
  }

  function heartbeat(turn: Turn, token: string): boolean {
    const frame = store.frameByToken(token);
    if (frame === undefined) return false;
    store.saveFrame({ ...frame, due: frames.dueOf(frame, turn.now) });
    return true;
  }

  /** A frame whose time has come. */
  function fire(turn: Turn, id: number): void {
    const frame = store.frame(id);
    if (frame === undefined || frame.due === null || frame.due > turn.now) return;
    if (frame.status === 'waiting') {
      guarded(turn, frame, (state) => leave(turn, frame, state, scopeOf(frame, state).data));
      drain(turn);
    } else if (frame.status === 'retrying') {
      makeReady(turn, { ...frame, attempt: frame.attempt + 1 });
      drain(turn);
    } else {
      const late = frame.deadline !== null && frame.deadline <= turn.now;
      const failure = new TaskFailed(late ? 'States.Timeout' : 'States.HeartbeatTimeout', '');
      turn.effects.push({ kind: 'abort', key: keyOf(frame), reason: failure });
      conclude(turn, frame, { failure });
    }
  }

  function end(
    turn: Turn,
    id: number,
    status: Status,
    failure?: TaskFailed,
    output: string | null = null,
  ): void {
    note(turn, id, status, '', failure);
    const { error = null, cause = null } = failure ?? {};
    store.endExecution(id, { status, output, error, cause, ended: turn.now });
    turn.effects.push({ kind: 'ended', execution: id });
  }

  /**
   * After a restart: the call of a task that was under way, once more under the same key. It gets its full
   * time again, since nobody could have taken its outcome meanwhile; a token that may be out keeps its own.
   */
  function callAgain(turn: Turn, frame: FrameRow): void {
    guarded(turn, frame, (state) => {
      const limits = frame.token === null ? frames.limits(state, scopeOf(frame, state), turn.now) : {};
      callTask(turn, { ...frame, ...limits }, state);
    });
    drain(turn);
  }

  /** After a restart: the time in which nobody could have beaten does not count. */
  function beatAgain(turn: Turn): void {
    for (const frame of store.framesWithHeartbeat()) {
      store.saveFrame({ ...frame, due: frames.dueOf(frame, turn.now) });
    }
  }

  function conclude(turn: Turn, frame: FrameRow, outcome: Outcome): void {
    guarded(turn, frame, (state) => {
      if ('failure' in outcome) throw outcome.failure;
      toJson(outcome.output, `The result of ${frame.state}`);
      leave(turn, frame, state, outcome.output);
    });
    drain(turn);
  }

  /** States that need no waiting follow each other in one transaction. A list, not recursion: loops are long. */
  function drain(turn: Turn): void {
    for (let id = turn.ready.shift(); id !== undefined; id = turn.ready.shift()) {
      const frame = store.frame(id);
      if (frame === undefined || frame.status !== 'ready') continue;
      const events = note(turn, frame.execution, 'entered', `${frame.path}${frame.state}`);
      if (events < EVENT_LIMIT) {
        guarded(turn, frame, (state) => enter(turn, frame, state));
      } else {
        const cause = `More than ${EVENT_LIMIT} events: the workflow does not come to an end.`;
        end(turn, frame.execution, 'failed', runtimeError(cause));
      }
    }
  }

  function enter(turn: Turn, frame: FrameRow, state: State): void {
    const scope = scopeOf(frame, state);
    switch (state.Type) {
      case 'Pass':
        leave(
          turn,
          frame,
          state,
          state.Result === undefined ? frames.parametersOf(state, scope) : state.Result,
        );
        break;
      case 'Succeed':
        leave(turn, frame, state, scope.data);
        break;
      case 'Fail':
        throw frames.failureOf(state, scope);
      case 'Choice': {
        const next = state.Choices!.find((rule) => matches(rule, scope))?.['Next'] ?? state.Default;
        if (next === undefined)
          throw new TaskFailed('States.NoChoiceMatched', `No rule of ${frame.state} fits.`);
        goTo(turn, frame, String(next), selectPath(state.OutputPath, scope));
        break;
      }
      case 'Wait':
        store.saveFrame({ ...frame, status: 'waiting', due: frames.waitUntil(state, scope, turn.now) });
        break;
      case 'Task': {
        const parks = state.Resource!.endsWith('.waitForTaskToken');
        const token = parks ? randomBytes(24).toString('base64url') : null;
        const limits = frames.limits(state, scope, turn.now);
        callTask(turn, { ...frame, ...limits, status: 'running', token }, state);
        break;
      }
      case 'Parallel': {
        const input = frames.parametersOf(state, scope);
        children.fork(turn, frame, state, new Array(state.Branches!.length).fill(input));
        break;
      }
      case 'Map': {
        const inputs = frames.mapInputs(state, scope);
        children.fork(turn, frame, state, inputs);
        if (inputs.length === 0) join(turn, frame.id);
        break;
      }
    }
  }

  function callTask(turn: Turn, frame: FrameRow, state: State): void {
    const parameters = frames.parametersOf(state, scopeOf(frame, state));
    toJson(parameters, `The input of ${frame.state}`);
    store.saveFrame(frame);
    const execution = store.execution(frame.execution);
    const { id, token } = frame;
    const call = { frame: id, key: keyOf(frame), resource: state.Resource!, parameters, token, execution };
    turn.effects.push({ kind: 'call', call });
  }

  /** A branch or item has ended well, or there are none. */
  function join(turn: Turn, id: number): void {
    const frame = store.frame(id)!;
    guarded(turn, frame, (state) => {
      const outputs = children.collect(turn, frame, state);
      if (outputs !== null) leave(turn, frame, state, outputs);
    });
  }

  function leave(turn: Turn, frame: FrameRow, state: State, result: unknown): void {
    const scope = scopeOf(frame, state);
    const selector = state.ResultSelector;
    const selected = selector === undefined ? result : fillTemplate(selector, { ...scope, data: result });
    const whole = frames.hasResultPath(state)
      ? writePath(state.ResultPath, JSON.parse(frame.input), selected)
      : selected;
    const output = selectPath(state.OutputPath, { ...scope, data: whole });
    if (state.Next === undefined) finish(turn, frame, output);
    else goTo(turn, frame, state.Next, output);
  }

  function finish(turn: Turn, frame: FrameRow, value: unknown): void {
    const output = toJson(value, `The output of ${frame.state}`);
    note(turn, frame.execution, 'exited', `${frame.path}${frame.state}`);
    if (frame.parent === null) {
      end(turn, frame.execution, 'succeeded', undefined, output);
    } else {
      store.saveFrame({ ...frames.rested(frame), status: 'done', output });
      join(turn, frame.parent);
    }
  }

  function goTo(turn: Turn, frame: FrameRow, state: string, output: unknown): void {
    const input = toJson(output, `The output of ${frame.state}`);
    note(turn, frame.execution, 'exited', `${frame.path}${frame.state}`);
    const visits = frames.visitsWith(frame, state);
    makeReady(turn, { ...frame, state, input, visits, attempt: 1, retries: '[]' });
  }

  function makeReady(turn: Turn, frame: FrameRow): void {
    store.saveFrame({ ...frames.rested(frame), status: 'ready' });
    turn.ready.push(frame.id);
  }

  /** Whatever a state throws goes through its Retry, then its Catch, else fails what it is a part of. */
  function guarded(turn: Turn, frame: FrameRow, work: (state: State) => void): void {
    try {
      work(stateOf(frame));
    } catch (thrown) {
      if (isDatabaseError(thrown)) throw thrown;
      fail(turn, frame, thrown instanceof TaskFailed ? thrown : runtimeError(asFailure(thrown).message));
    }
  }

  function fail(turn: Turn, frame: FrameRow, failure: TaskFailed): void {
    const { error, cause } = failure;
    const state = stateOf(frame);
    // Siblings that are under way may finish what they do; nobody waits for them any more.
    if (state.Type === 'Parallel' || state.Type === 'Map') store.deleteFramesBelow(frame.id);
    const retry = nextRetry(state, JSON.parse(frame.retries) as number[], error, random);
    const kind = retry === undefined ? 'failed' : 'retrying';
    note(turn, frame.execution, kind, `${frame.path}${frame.state}`, failure);
    const catcher = findCatcher(state, error);
    if (retry !== undefined) {
      const due = turn.now + retry.delay;
      store.saveFrame({
        ...frames.rested(frame),
        status: 'retrying',
        retries: JSON.stringify(retry.used),
        due,
      });
    } else if (catcher === undefined) {
      failWhole(turn, frame, failure);
    } else {
      try {
        const caught = { Error: error, Cause: cause };
        goTo(turn, frame, catcher.Next, writePath(catcher.ResultPath, JSON.parse(frame.input), caught));
      } catch (thrown) {
        if (!(thrown instanceof TaskFailed)) throw thrown;
        failWhole(turn, frame, thrown);
      }
    }
  }

  function failWhole(turn: Turn, frame: FrameRow, failure: TaskFailed): void {
    if (frame.parent === null) end(turn, frame.execution, 'failed', failure);
    else fail(turn, store.frame(frame.parent)!, failure);
  }

  function keyOf(frame: FrameRow): string {
    return frames.taskKey(frame, store.execution(frame.execution));
  }

  /** Answers the event's number within the execution. */
  function note(turn: Turn, execution: number, kind: string, place: string, failure?: TaskFailed): number {
    turn.notes.push(`${kind} ${place}`);
    return store.addEvent(execution, turn.now, kind, place, failure?.error ?? null, failure?.cause ?? null);
  }

  return { begin, settle, answer, heartbeat, fire, end, callAgain, beatAgain };
}
