import type { Ephemeral } from '../../../core/ephemeral/environment.ts';
import type { Ephemerals, Schedules } from '../../../core/ports.ts';
import type { Request } from '../../../core/requests/request.ts';

export interface MemorySchedules extends Schedules {
  /** Takes out what is due, in the order of its time. */
  due(now: Date): Request[];
}

export function memorySchedules(): MemorySchedules {
  const stored = new Map<string, { at: Date; request: Request }>();
  return {
    async put({ name, at, request }) {
      stored.set(name, { at, request: structuredClone(request) });
    },
    async remove(name) {
      stored.delete(name);
    },
    async list() {
      const found = [...stored].map(([name, { at }]) => ({ name, at: at.toISOString() }));
      return found.sort((a, b) => (a.at + a.name < b.at + b.name ? -1 : 1));
    },
    due(now) {
      const ripe = [...stored].filter(([, { at }]) => at <= now);
      ripe.sort(([, a], [, b]) => a.at.getTime() - b.at.getTime());
      for (const [name] of ripe) stored.delete(name);
      return ripe.map(([, { request }]) => request);
    },
  };
}

export function memoryEphemerals(): Ephemerals {
  const stored = new Map<string, Ephemeral>();
  const keyOf = (one: Pick<Ephemeral, 'repository' | 'environment'>) =>
    `${one.repository} ${one.environment}`;
  const of = (repository: string) => [...stored.values()].filter((one) => one.repository === repository);
  return {
    async claim(environment, most) {
      const known = stored.get(keyOf(environment));
      if (known) return known.runId === environment.runId ? 'claimed' : 'exists';
      if (of(environment.repository).length >= most) return 'full';
      stored.set(keyOf(environment), structuredClone({ ...environment, version: 1 }));
      return 'claimed';
    },
    get: async (repository, environment) =>
      structuredClone(stored.get(keyOf({ repository, environment })) ?? null),
    async update(environment) {
      if (stored.get(keyOf(environment))?.version !== environment.version) return false;
      stored.set(keyOf(environment), structuredClone({ ...environment, version: environment.version + 1 }));
      return true;
    },
    async list(repository) {
      const found = structuredClone(of(repository));
      return found.sort((a, b) => (a.environment < b.environment ? -1 : 1));
    },
    async remove(environment) {
      if (stored.get(keyOf(environment))?.version !== environment.version) return false;
      return stored.delete(keyOf(environment));
    },
  };
}
