import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../adapters/local/database.ts';
import { type Clock, createEngine, type EngineOptions, type Execution } from '../../../local/engine/index.ts';

type Options = Omit<EngineOptions, 'db'>;

/** A folder with a database; engines opened one after the other on it are restarts. */
export function workspace() {
  const folder = mkdtempSync(join(tmpdir(), 'cairn-engine-'));
  const file = join(folder, 'engine.db');
  return {
    file,
    open: (options: Options) => openEngine(file, options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function openEngine(file: string, options: Options) {
  const db = openDatabase(file);
  const ended = new Map<string, Execution>();
  const listeners = new Set<() => void>();
  const engine = createEngine({
    ...options,
    db,
    async onEnd(execution) {
      await options.onEnd?.(execution);
      ended.set(`${execution.workflow}/${execution.name}`, execution);
      for (const listener of listeners) listener();
    },
  });
  return {
    engine,
    db,
    /** The execution once it has ended. */
    end(workflow: string, name: string): Promise<Execution> {
      return new Promise((resolve) => {
        const look = () => {
          const execution = ended.get(`${workflow}/${name}`);
          if (execution === undefined) return;
          listeners.delete(look);
          resolve(execution);
        };
        listeners.add(look);
        look();
      });
    },
    async close(): Promise<void> {
      await engine.close(0);
      db.close();
    },
  };
}

/** One execution of one workflow on a database of its own, from its start to its end. */
export async function runOnce(
  definition: unknown,
  input: unknown,
  tasks: EngineOptions['tasks'],
  options: Partial<Options> = {},
): Promise<Execution> {
  const space = workspace();
  const opened = space.open({ workflows: { test: definition }, tasks, ...options });
  opened.engine.resume();
  try {
    opened.engine.start('test', 'run', input);
    return await opened.end('test', 'run');
  } finally {
    await opened.close();
    space.remove();
  }
}

/** A clock that stands still until it is set. */
export function fakeClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock & { set(time: number): void } {
  let now = start;
  const timers = new Set<{ at: number; work: () => void }>();
  return {
    now: () => now,
    after(milliseconds, work) {
      const timer = { at: now + milliseconds, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    set(time) {
      for (;;) {
        const next = [...timers].sort((a, b) => a.at - b.at)[0];
        if (next === undefined || next.at > time) break;
        timers.delete(next);
        now = next.at;
        next.work();
      }
      now = time;
    },
  };
}
