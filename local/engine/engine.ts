import { isDeepStrictEqual } from 'node:util';
import { Conflict, InvalidInput, InvalidToken, NotFound } from '../../core/errors.ts';
import type { Engine, EngineOptions, Execution, HistoryEvent } from './api.ts';
import { createCalls, EngineClosed, handlerOf } from './calls.ts';
import { definitionHash, type Machine, resources } from './definition.ts';
import { parseDefinition } from './definition-check.ts';
import { asFailure, TaskFailed, toJson } from './failure.ts';
import { taskKey } from './frame.ts';
import { createInterpreter } from './interpreter.ts';
import { createStore, type ExecutionRow } from './store.ts';
import { createAlarm, systemClock } from './timers.ts';
import type { Effect, Outcome, Turn } from './turn.ts';

/** After a commit or an `onEnd` that failed; ms. */
const TRY_AGAIN = 1000;
const TRY_AGAIN_LONGEST = 60_000;

/** Runs Amazon States Language workflows so that `kill -9` or a power failure at any moment loses nothing. */
export function createEngine(options: EngineOptions): Engine {
  const { db, onEnd, clock = systemClock, onTrouble = () => {} } = options;
  const store = createStore(db);
  const machines = new Map<string, Machine>();
  const hashes = new Map(
    Object.entries(options.workflows).map(([name, json]) => [name, register(name, json)]),
  );
  const interpreter = createInterpreter(store, machineOf);
  const calls = createCalls(options.tasks, ({ frame, key }, outcome) => {
    // What fails because the process goes down is not a failure of the task.
    if (state === 'closing' && 'failure' in outcome) return;
    soon((turn) => interpreter.settle(turn, frame, key, outcome));
  });
  const alarm = createAlarm(clock, fireDue);
  const waiting = new Set<() => void>();
  let queue: ((turn: Turn) => void)[] = [];
  let checkpoints = 0;
  let state: 'new' | 'open' | 'closing' | 'closed' = 'new';

  function register(name: string, json: unknown): string {
    const machine = parseDefinition(name, json);
    for (const resource of resources(machine)) {
      if (handlerOf(options.tasks, resource) === undefined) {
        throw new Error(`Workflow ${name}: there is no handler for ${resource}.`);
      }
    }
    const text = JSON.stringify(json);
    const hash = definitionHash(text);
    store.saveDefinition(hash, text);
    machines.set(hash, machine);
    return hash;
  }

  function machineOf(hash: string): Machine {
    const machine = machines.get(hash) ?? (JSON.parse(store.definition(hash)) as Machine);
    machines.set(hash, machine);
    return machine;
  }

  /** One transaction; what it asks for outside happens after it is on the disk. */
  function commit<Result>(work: (turn: Turn) => Result): Result {
    if (state === 'closed') throw new EngineClosed('The engine is closed.');
    if (db.inTransaction) throw new Error('The engine commits by itself: call it outside of a transaction.');
    const turn: Turn = { now: clock.now(), effects: [], notes: [], ready: [] };
    const result = db.transaction(() => work(turn));
    if (turn.notes.length > 0) {
      checkpoints += 1;
      options.onCheckpoint?.(checkpoints, turn.notes.join(', '));
    }
    for (const effect of turn.effects) perform(effect);
    if (state === 'open') alarm.set(store.nextDue());
    return result;
  }

  function perform(effect: Effect): void {
    if (effect.kind === 'ended') tell(effect.execution);
    else if (effect.kind === 'abort') calls.abort(effect.key, effect.reason);
    // In the same transaction a sibling may have failed. When closing, the next process calls it.
    else if (isOpen() && store.frame(effect.call.frame)?.status === 'running') calls.start(effect.call);
  }

  function isOpen(): boolean {
    return state === 'new' || state === 'open';
  }

  /** What comes at about the same time shares a commit. */
  function soon(work: (turn: Turn) => void): void {
    queue.push(work);
    if (queue.length === 1) setImmediate(flush);
  }

  function flush(): void {
    if (state === 'closed' || queue.length === 0) return;
    const batch = queue;
    queue = [];
    try {
      commit((turn) => {
        for (const work of batch) work(turn);
      });
    } catch (error) {
      queue = [...batch, ...queue];
      again(error, TRY_AGAIN, flush);
    }
  }

  function fireDue(): void {
    if (state !== 'open') return;
    try {
      const due = store.dueFrames(clock.now());
      commit((turn) => {
        for (const id of due) interpreter.fire(turn, id);
      });
    } catch (error) {
      again(error, TRY_AGAIN, fireDue);
    }
  }

  /** The database is busy or the disk is full: nothing was changed, so it is tried until it works. */
  function again(error: unknown, wait: number, work: () => void): void {
    onTrouble(error);
    if (!isOpen()) return;
    const cancel = clock.after(wait, () => {
      waiting.delete(cancel);
      work();
    });
    waiting.add(cancel);
  }

  function tell(id: number, wait = TRY_AGAIN): void {
    if (onEnd === undefined || !isOpen()) return;
    const told = async () => onEnd(publicExecution(store.execution(id)));
    told().then(
      () =>
        soon((turn) => {
          store.markTold(id);
          turn.notes.push('told');
        }),
      (error: unknown) => again(error, wait, () => tell(id, Math.min(wait * 2, TRY_AGAIN_LONGEST))),
    );
  }

  function find(workflow: string, name: string): ExecutionRow {
    const row = store.executionByName(workflow, name);
    if (row === undefined) throw new NotFound(`There is no execution ${name} of workflow ${workflow}.`);
    return row;
  }

  function start(workflow: string, name: string, value: unknown): 'started' | 'exists' {
    const definition = hashes.get(workflow);
    if (definition === undefined) throw new NotFound(`There is no workflow ${workflow}.`);
    if (!/^[\w.-]{1,80}$/.test(name)) {
      throw new InvalidInput(`'${name}' is no execution name: 1 to 80 letters, digits, '_', '-' or '.'.`);
    }
    const input = inputText(value);
    return commit((turn) => {
      const known = store.executionByName(workflow, name);
      if (known === undefined) {
        interpreter.begin(turn, store.addExecution({ workflow, name, definition, input, started: turn.now }));
        return 'started';
      }
      if (isDeepStrictEqual(JSON.parse(known.input), JSON.parse(input))) return 'exists';
      throw new Conflict(`Execution ${name} of workflow ${workflow} was started with other input.`);
    });
  }

  function withToken(work: (turn: Turn) => boolean): void {
    if (commit(work)) return;
    throw new InvalidToken('Nobody waits for this token: it was answered, has timed out or never was.');
  }

  function answer(token: string, outcome: Outcome): void {
    withToken((turn) => interpreter.answer(turn, token, outcome));
  }

  function stop(workflow: string, name: string, cause: string): void {
    const { id, status } = find(workflow, name);
    if (status !== 'running') return;
    const failure = new TaskFailed('States.Aborted', cause);
    commit((turn) => interpreter.end(turn, id, 'stopped', failure));
    calls.abortAll(failure, id);
  }

  function resume(): void {
    state = 'open';
    commit((turn) => {
      interpreter.beatAgain(turn);
      for (const frame of store.runningFrames()) {
        if (!calls.has(taskKey(frame, store.execution(frame.execution)))) interpreter.callAgain(turn, frame);
      }
    });
    if (onEnd !== undefined) for (const id of store.untold()) tell(id);
  }

  async function close(grace = 2000): Promise<void> {
    if (!isOpen()) return;
    state = 'closing';
    alarm.off();
    for (const cancel of waiting) cancel();
    calls.abortAll(new EngineClosed('The process goes down; the task is called again after the restart.'));
    await calls.settled(grace);
    flush();
    state = 'closed';
  }

  return {
    start,
    succeed: (token, output) => answer(token, { output: output ?? null }),
    fail: (token, error, cause) => answer(token, { failure: new TaskFailed(error, cause) }),
    heartbeat: (token) => withToken((turn) => interpreter.heartbeat(turn, token)),
    stop,
    describe(workflow, name) {
      const row = store.executionByName(workflow, name);
      return row === undefined ? null : publicExecution(row);
    },
    list({ workflow = null, status = null, limit = 100 }: Filter = {}) {
      return store.executions(workflow, status, limit).map(publicExecution);
    },
    history(workflow, name) {
      const events = store.events(find(workflow, name).id);
      return events.map((event) => ({
        ...event,
        at: iso(event.at),
        kind: event.kind as HistoryEvent['kind'],
      }));
    },
    resume,
    close,
  };
}

type Filter = { workflow?: string | null; status?: ExecutionRow['status'] | null; limit?: number };

function inputText(input: unknown): string {
  try {
    return toJson(input, 'The input');
  } catch (thrown) {
    throw new InvalidInput(asFailure(thrown).cause, { cause: thrown });
  }
}

function publicExecution(row: ExecutionRow): Execution {
  return {
    workflow: row.workflow,
    name: row.name,
    status: row.status,
    input: JSON.parse(row.input),
    output: row.output === null ? null : JSON.parse(row.output),
    error: row.error,
    cause: row.cause,
    startedAt: iso(row.started),
    endedAt: row.ended === null ? null : iso(row.ended),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
