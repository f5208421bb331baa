import { z } from 'zod';

/** What exists, and what became of what existed: beside the deployments, on the same branch. */
export const EPHEMERAL_INDEX = 'ephemeral/environments.json';
export const EPHEMERAL_HISTORY = 'ephemeral/history.jsonl';
export const EPHEMERAL_PAGE = 'ephemeral/README.md';

/** All that is known of one: from it the registry is restored if it is lost. */
export function ephemeralFile(environment: string): string {
  return `ephemeral/${environment}.json`;
}

const state = z.enum(['launching', 'ready', 'destroying', 'leaked']);

const ephemeralRow = z.object({
  state,
  ref: z.string(),
  commit: z.string().nullable(),
  owner: z.string().nullable(),
  /** ISO 8601, UTC; null: never. */
  endsAt: z.string().nullable(),
  outputs: z.record(z.string(), z.string()),
  /** Of the registry's entry that this was written from. */
  version: z.number().int(),
});

export const ephemeralIndex = z.object({
  version: z.literal(1),
  environments: z.record(z.string(), ephemeralRow),
});

/** One line of the history, oldest first. */
export const ephemeralLine = z.object({
  number: z.number().int().positive(),
  /** ISO 8601, UTC. */
  at: z.string(),
  event: z.enum(['made', 'updated', 'extended', 'destroyed', 'leaked', 'failed', 'ran']),
  environment: z.string(),
  ref: z.string(),
  commit: z.string().nullable(),
  run: z.string(),
  /** Login; null where nobody asked. */
  by: z.string().nullable(),
  endsAt: z.string().nullable(),
  /** What went wrong, in one line. */
  failure: z.string().nullable(),
  /** The terraform command in words, if it was one that changes a state. */
  command: z.string().optional(),
});

export type EphemeralRow = z.infer<typeof ephemeralRow>;
export type EphemeralLine = z.infer<typeof ephemeralLine>;
/** Before it has its place in the history. */
export type EphemeralNews = Omit<EphemeralLine, 'number'>;

/** What stands on the branch at one commit of it. */
export interface EphemeralRecord {
  /** By environment. */
  rows: Record<string, EphemeralRow>;
  history: EphemeralLine[];
}
