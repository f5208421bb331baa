import { z } from 'zod';
import { commitSha, environmentName } from '../requests/request.ts';

/** The branch that Cairn writes; its own, and nobody else's. */
export const RECORD_REF = 'refs/heads/cairn/record';

/** A project as it stands in an environment since it was last applied there. */
const projectRecord = z.object({
  dir: z.string(),
  workspace: z.string(),
  dependsOn: z.array(z.string()),
  /** Commit whose files it was applied with. */
  commit: commitSha,
  /** Number of the deployment that applied it. */
  deployment: z.number().int().positive(),
  /** Digest of its content: its files, modules, lock file, variables. */
  digest: z.string(),
  planDigest: z.string(),
  terraform: z.object({ binary: z.string(), version: z.string() }),
  /** Provider address -> version. */
  providers: z.record(z.string(), z.string()),
  /** Key of the address of its own remote backend; null for state that Cairn keeps. */
  address: z.string().nullable(),
  buildOutputs: z.record(z.string(), z.string()),
  /** Name of the file in `builds/` that holds them, where there is too much of them. */
  buildIn: z.string().optional(),
});

/** `environments/<environment>/state.json` */
export const environmentRecord = z.object({
  version: z.literal(1),
  state: z.enum(['ok', 'frozen', 'rollback', 'broken']),
  /** The last good commit; null while there never was one. */
  commit: commitSha.nullable(),
  /** Good commits, newest first, each once: what a rollback by hand may go back to. */
  good: z.array(commitSha).max(50),
  /** Number of the last deployment. */
  deployment: z.number().int().positive(),
  /** When it ended: ISO 8601, UTC. */
  at: z.string(),
  /** The last deployment, whatever came of it. */
  last: z.object({ commit: commitSha, outcome: z.string(), run: z.string() }),
  projects: z.record(z.string(), projectRecord),
  /** Project -> content digest that failed: refused until it changes. */
  failed: z.record(z.string(), z.string()),
  /** The revert pull request. */
  revert: z.object({ pull: z.number().int().positive(), branch: z.string() }).nullable(),
  /** Why the environment is broken, and the command that helps. */
  broken: z.string().nullable(),
});

/** One line of `environments/<environment>/history.jsonl`, oldest first. */
export const historyLine = z.object({
  number: z.number().int().positive(),
  /** ISO 8601, UTC. */
  at: z.string(),
  outcome: z.enum([
    'deployed',
    'nothing',
    'failed',
    'rejected',
    'expired',
    'refused',
    'rolled-back',
    'broken',
    'destroyed',
    'ran',
  ]),
  /** The terraform command that somebody ran by hand; null for a deployment. */
  command: z.string().nullable().default(null),
  /** The commit that was asked for. */
  commit: commitSha,
  /** The last good commit afterwards. */
  good: commitSha.nullable(),
  run: z.string(),
  /** Projects that were applied. */
  projects: z.array(z.string()),
  planDigest: z.string().nullable(),
  requestedBy: z.string().nullable(),
  approvedBy: z.array(z.string()),
  /** One line, scrubbed. */
  failure: z.string().nullable(),
  /** Reason of the freeze that it went ahead in spite of; null if there was none. */
  despiteFreeze: z.string().nullable().default(null),
  /** Build outputs, for what was built for this deployment; null if nothing was. */
  build: z.record(z.string(), z.string()).nullable(),
  /** Name of the file in `builds/` that holds them, where there is too much of them; `build` is empty then. */
  buildIn: z.string().optional(),
});

/** `environments.json`: every environment, for the table at the top and to know what must be there. */
export const recordIndex = z.object({
  version: z.literal(1),
  /** True since there was an ephemeral environment: `ephemeral/` tells of them. */
  ephemeral: z.literal(true).optional(),
  environments: z.record(
    environmentName,
    z.object({
      state: environmentRecord.shape.state,
      commit: commitSha.nullable(),
      deployment: z.number().int().positive(),
      at: z.string(),
    }),
  ),
  /** Environments that are frozen, also those that were never deployed; one whose `until` has passed is over. */
  freezes: z
    .record(
      environmentName,
      z.object({ by: z.string(), reason: z.string(), at: z.string(), until: z.string().nullable() }),
    )
    .default({}),
  /** Environments that are not as their last good commit says; the whole of it stands in their `drift.json`. */
  drift: z
    .record(
      environmentName,
      z.object({
        /** ISO 8601, UTC. */
        since: z.string(),
        /** For people: `app (1 to change)`. */
        where: z.string(),
        issue: z.object({ number: z.number().int().positive(), url: z.string() }).nullable(),
      }),
    )
    .default({}),
});

export type ProjectRecord = z.infer<typeof projectRecord>;
export type EnvironmentRecord = z.infer<typeof environmentRecord>;

/** An environment's state but for what was built for it. */
export type RecordOutline = Omit<EnvironmentRecord, 'projects'> & {
  projects: Record<string, Omit<EnvironmentRecord['projects'][string], 'buildOutputs' | 'buildIn'>>;
};
export type HistoryLine = z.infer<typeof historyLine>;
export type RecordIndex = z.infer<typeof recordIndex>;
export type RecordFreeze = RecordIndex['freezes'][string];
export type IndexedDrift = RecordIndex['drift'][string];

export const EMPTY_INDEX: RecordIndex = { version: 1, environments: {}, freezes: {}, drift: {} };

export const INDEX_FILE = 'environments.json';

export function stateFile(environment: string): string {
  return `environments/${environment}/state.json`;
}

export function historyFile(environment: string): string {
  return `environments/${environment}/history.jsonl`;
}

/**
 * The ref that keeps an environment's last good commit reachable, whatever people do to their branches. Names
 * that git does not take in a ref have their dots written as `%2E`.
 */
export function goodRef(environment: string): string {
  const isRefPart = !environment.includes('..') && !environment.endsWith('.lock');
  return `refs/cairn/good/${isRefPart ? environment : environment.replaceAll('.', '%2E')}`;
}

/** Whether its time has passed is asked elsewhere. */
export function freezeIn(index: RecordIndex | null, environment: string): RecordFreeze | null {
  const freezes = index?.freezes ?? {};
  return Object.hasOwn(freezes, environment) ? (freezes[environment] ?? null) : null;
}

export function driftIn(index: RecordIndex | null, environment: string): IndexedDrift | null {
  const drift = index?.drift ?? {};
  return Object.hasOwn(drift, environment) ? (drift[environment] ?? null) : null;
}
