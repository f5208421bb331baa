import { innerMachine, type State } from './definition.ts';
import { toJson } from './failure.ts';
import { place } from './frame.ts';
import type { FrameRow, Store } from './store.ts';
import type { Turn } from './turn.ts';

/** What Step Functions takes MaxConcurrency 0 for in an inline Map. */
const MAP_CONCURRENCY = 40;

type MakeReady = (turn: Turn, frame: FrameRow) => void;

/** The branches of a Parallel and the items of a Map: a frame each. */
export function createChildren(store: Store, makeReady: MakeReady) {
  function fork(turn: Turn, frame: FrameRow, state: State, inputs: unknown[]): void {
    store.saveFrame({ ...frame, status: 'joining' });
    inputs.forEach((value, idx) => {
      store.addFrame({
        execution: frame.execution,
        parent: frame.id,
        idx,
        path: `${frame.path}${place(frame)}[${idx}]/`,
        state: innerMachine(state, idx).StartAt,
        status: 'pending',
        input: toJson(value, `The input of ${frame.state}[${idx}]`),
      });
    });
    startPending(turn, frame, state, 0);
  }

  function startPending(turn: Turn, frame: FrameRow, state: State, busy: number): void {
    const limit = state.Type === 'Map' ? state.MaxConcurrency || MAP_CONCURRENCY : state.Branches!.length;
    for (const child of store.firstPending(frame.id, Math.max(0, limit - busy))) makeReady(turn, child);
  }

  /** Starts what MaxConcurrency held back; the outputs in their order once all are done, else null. */
  function collect(turn: Turn, frame: FrameRow, state: State): unknown[] | null {
    const { pending, done, total } = store.childCounts(frame.id);
    if (pending > 0) startPending(turn, frame, state, total - pending - done);
    if (done < total) return null;
    const outputs = store.childOutputs(frame.id).map((text) => JSON.parse(text) as unknown);
    store.deleteFramesBelow(frame.id);
    return outputs;
  }

  return { fork, collect };
}
