import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { NotFound } from '../../../core/errors.ts';
import type {
  Approvals,
  Artifacts,
  Keys,
  Lock,
  LockClaim,
  Locks,
  Runs,
  Sent,
  Status,
  WaitingApproval,
} from '../../../core/ports.ts';
import type { StatusEvent } from '../../../core/reports/event.ts';
import { ENDED, type Run } from '../../../core/requests/run.ts';

export function memoryArtifacts(stored = new Map<string, Uint8Array>()): Artifacts {
  return {
    async get(key) {
      const body = stored.get(key);
      if (!body) throw new NotFound(`there is no artifact "${key}"`);
      return body.slice();
    },
    async put(key, body) {
      stored.set(key, bytes(body));
    },
    async putNew(key, body) {
      if (stored.has(key)) return false;
      stored.set(key, bytes(body));
      return true;
    },
    has: async (key) => stored.has(key),
    list: async (prefix) => [...stored.keys()].filter((key) => key.startsWith(prefix)).sort(),
  };
}

export interface MemoryRuns {
  runs: Runs;
  status: Status;
  /** Every event, in the order they were emitted. */
  emitted: StatusEvent[];
}

export function memoryRuns(): MemoryRuns {
  const stored: Run[] = [];
  const emitted: StatusEvent[] = [];
  const find = (id: string) => stored.findIndex((run) => run.id === id);

  const runs: Runs = {
    async claim(asked) {
      const known = stored[find(asked.id)];
      if (known) return { ...known };
      const number = stored.filter((run) => run.repository === asked.repository).length + 1;
      stored.push({ ...asked, number });
      return { ...asked, number };
    },
    get: async (id) => structuredClone(stored[find(id)] ?? null),
    async list({ limit, active, ...equal }) {
      return stored
        .filter((run) => active === undefined || ENDED.includes(run.state) !== active)
        .filter((run) =>
          Object.entries(equal).every(
            ([key, value]) => value === undefined || run[key as keyof typeof equal] === value,
          ),
        )
        .reverse()
        .slice(0, limit)
        .map((run) => ({ ...run }));
    },
    events: async (runId) => structuredClone(emitted.filter((event) => event.runId === runId)),
  };
  const status: Status = {
    async emit(event) {
      const ofRun = emitted.filter((other) => other.runId === event.runId);
      if (ofRun.some((other) => other.id === event.id)) return;
      emitted.push(structuredClone({ ...event, seq: ofRun.length + 1 }));
      const at = find(event.runId);
      const run = stored[at];
      if (run) stored[at] = { ...run, ...event.run };
    },
  };
  return { runs, status, emitted };
}

export function memoryLocks(): Locks {
  const queues = new Map<
    string,
    { repository: string; environment: string; fence: number; queue: LockClaim[] }
  >();
  const view = (key: string): Lock | null => {
    const found = queues.get(key);
    if (!found) return null;
    const { queue, ...rest } = found;
    const [holder, ...waiting] = queue;
    return structuredClone({ ...rest, holder: holder ?? null, waiting });
  };

  /** Changes the queue; a new first one is a hand-over. */
  function change(key: string, queue: LockClaim[]): void {
    const found = queues.get(key);
    if (!found) return;
    const first = queue[0]?.runId;
    if (first !== undefined && first !== found.queue[0]?.runId) found.fence += 1;
    found.queue = queue;
  }

  return {
    async claim(repository, environment, claim) {
      const key = `${repository} ${environment}`;
      if (!queues.has(key)) queues.set(key, { repository, environment, fence: 0, queue: [] });
      const queue = queues.get(key)?.queue ?? [];
      const known = queue.some((one) => one.runId === claim.runId);
      change(key, known ? queue.map((one) => (one.runId === claim.runId ? claim : one)) : [...queue, claim]);
      return view(key) as Lock;
    },
    get: async (repository, environment) => view(`${repository} ${environment}`),
    async release(repository, environment, runId) {
      const key = `${repository} ${environment}`;
      change(key, queues.get(key)?.queue.filter((one) => one.runId !== runId) ?? []);
      return view(key);
    },
    held: async () =>
      [...queues.keys()].map(view).filter((lock): lock is Lock => lock !== null && lock.holder !== null),
  };
}

export function memoryApprovals(): Approvals {
  const stored = new Map<string, WaitingApproval>();
  return {
    async put(wait) {
      stored.set(`${wait.repository} ${wait.environment}`, { ...wait });
    },
    async replace(before, wait) {
      const key = `${wait.repository} ${wait.environment}`;
      if (!isDeepStrictEqual(stored.get(key) ?? null, before)) return false;
      stored.set(key, { ...wait });
      return true;
    },
    get: async (repository, environment) => {
      const found = stored.get(`${repository} ${environment}`);
      return found ? { ...found } : null;
    },
    async remove(repository, environment, runId) {
      const key = `${repository} ${environment}`;
      if (stored.get(key)?.runId === runId) stored.delete(key);
    },
  };
}

export function memorySent(): Sent {
  const stored = new Map<string, { id: string; order: number }>();
  return {
    get: async (key) => stored.get(key) ?? null,
    async put(key, value) {
      const known = stored.get(key);
      if (known && known.order > value.order) return false;
      stored.set(key, { ...value });
      return true;
    },
  };
}

export function memoryKeys(master: string): Keys {
  return { runKey: async (runId) => createHmac('sha256', master).update(runId).digest('hex') };
}

function bytes(body: Uint8Array | string): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body.slice();
}
