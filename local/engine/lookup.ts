import { innerMachine, type Machine, type State } from './definition.ts';
import { contextOf } from './frame.ts';
import { type Scope, selectPath } from './paths.ts';
import type { FrameRow, Store } from './store.ts';

/** What a frame's rows mean in the definition that its execution began with. */
export function createLookup(store: Store, machineOf: (hash: string) => Machine) {
  function machineFor(frame: FrameRow): Machine {
    if (frame.parent === null) return machineOf(store.execution(frame.execution).definition);
    return innerMachine(stateOf(store.frame(frame.parent)!), frame.idx);
  }

  function stateOf(frame: FrameRow): State {
    const state = machineFor(frame).States[frame.state];
    if (state === undefined) throw new Error(`${frame.path}${frame.state} is not in the stored definition.`);
    return state;
  }

  /** The state's effective input (after InputPath) and its context object. */
  function scopeOf(frame: FrameRow, state: State): Scope {
    const data: unknown = JSON.parse(frame.input);
    const context = contextOf(frame, store.execution(frame.execution));
    return { data: selectPath(state.InputPath, { data, context }), context };
  }

  return { stateOf, scopeOf };
}
